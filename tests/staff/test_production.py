import os
import subprocess
import sys

import pytest

from servicedesk.core.encryption.keys import make_key
from servicedesk.embedded.checks import _throwaway
from servicedesk.embedded.environment import ROOT

_SHOW = (
    "from servicedesk.settings import production as p;"
    "print(getattr(p, 'SECURE_PROXY_SSL_HEADER', None))"
)


def start(show=_SHOW, **changes):
    with _throwaway() as environment:
        wanted = {**environment, **changes}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return subprocess.run(
            [sys.executable, "-c", show],
            cwd=ROOT,
            env={**wanted, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.mark.parametrize("proxies", [None, "", "-1", "many"])
def test_production_wants_to_know_how_many_proxies_there_are(proxies):
    refused = start(TRUSTED_PROXIES=proxies)

    assert refused.returncode != 0
    assert "TRUSTED_PROXIES" in refused.stderr


def test_the_word_of_a_proxy_counts_only_where_there_is_one():
    assert start(TRUSTED_PROXIES="0").stdout.strip() == "None"
    assert "HTTP_X_FORWARDED_PROTO" in start(TRUSTED_PROXIES="1").stdout


def test_production_does_not_start_without_the_key_that_is_written(tmp_path):
    for name in ("field-1.key", "index-1.key"):
        (tmp_path / name).write_text(make_key())
    (tmp_path / "primary").write_text("2")

    refused = start(FIELD_KEYS_DIR=str(tmp_path))

    assert refused.returncode != 0
    assert "ImproperlyConfigured: FIELD_KEYS_DIR" in refused.stderr
    assert "field-2.key is missing" in refused.stderr
    (tmp_path / "primary").write_text("1")
    assert "FIELD_KEYS_DIR: " not in start(FIELD_KEYS_DIR=str(tmp_path)).stderr


def test_every_cookie_of_production_belongs_to_its_host_alone():
    """Session, forms, known devices, language, messages, links: __Host-, Secure."""
    names = (
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "KNOWN_DEVICE_COOKIE_NAME",
        "LANGUAGE_COOKIE_NAME",
        "MESSAGE_COOKIE_NAME",
        "LINKS_COOKIE_NAME",
        "DATA_LINKS_COOKIE_NAME",
        "SENT_COOKIE_NAME",
    )
    flags = (
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_SECURE",
        "CSRF_COOKIE_HTTPONLY",
        "LANGUAGE_COOKIE_SECURE",
        "LANGUAGE_COOKIE_HTTPONLY",
    )
    shown = start(
        show="from servicedesk.settings import production as p;"
        f"print(all(getattr(p, n).startswith('__Host-') for n in {names}),"
        f" all(getattr(p, n) for n in {flags}))"
    )
    assert shown.stdout.strip() == "True True", shown.stderr
