import os
import subprocess
import sys

import pytest

from servicedesk.embedded.checks import _throwaway
from servicedesk.embedded.environment import ROOT

_SHOW = (
    "from servicedesk.settings import production as p;"
    "print(getattr(p, 'SECURE_PROXY_SSL_HEADER', None))"
)


def start(**changes):
    with _throwaway() as environment:
        wanted = {**environment, **changes}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return subprocess.run(
            [sys.executable, "-c", _SHOW],
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
