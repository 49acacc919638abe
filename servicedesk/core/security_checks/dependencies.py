"""The packages that this process runs on, against a list of known vulnerabilities.

`pip-audit` is asked in a process of its own, which gets no secret, no database and a
minute or two. What is asked about is what is installed, not what a lock file says.

A mirror, a proxy or an empty answer looks to pip-audit like "nothing is known", so one
old version that every list knows to be vulnerable is asked about as well: a list that
does not know it is no list, and nothing was checked.
"""

import datetime as dt
import importlib.metadata
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.core.models import Level
from servicedesk.core.security_checks.registry import Found, Said

log = logging.getLogger(__name__)
OFF: Final = "off"
PYPI: Final = "pypi"
LONGEST: Final = 90
"""Seconds for the whole list: as long the portion of the job stays a transaction."""
PATIENCE: Final = 10
"""Seconds for one answer."""
NAMED: Final = 20
KNOWN_BAD: Final = (
    ("pyyaml", "5.3.1"),
    ("jinja2", "2.10"),
    ("pillow", "8.0.0"),
    ("rsa", "4.0"),
)
"""Old versions with well-known vulnerabilities; the first that is not installed is asked."""
# What the other process needs of the environment: a way out, and whom to trust there.
_KEPT: Final = (
    *("PATH", "LANG", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
    *("https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
)

SAID: Final = {
    "vulnerable": Said(
        ngettext_lazy(
            "%(count)d package has a known vulnerability: %(packages)s (%(ids)s).",
            "%(count)d packages have known vulnerabilities: %(packages)s (%(ids)s).",
            "count",
        ),
        _(
            "Raise the version in requirements.in, renew the locks, test and release: "
            "critical ones within 7 days, others within 30."
        ),
    ),
    "unreachable": Said(
        _("The list of vulnerabilities could not be reached."),
        _(
            "Let the worker for jobs reach the list, or name an address inside in "
            "VULNERABILITY_LIST; otherwise run pip-audit where the network is open."
        ),
    ),
    "unknown": Said(
        ngettext_lazy(
            "%(count)d package is not in the list: %(packages)s.",
            "%(count)d packages are not in the list: %(packages)s.",
            "count",
        ),
        _("Find out where they come from."),
    ),
    "off": Said(
        _("Packages are not compared with a list of vulnerabilities: it is off."),
        _("Set VULNERABILITY_LIST, or run pip-audit elsewhere on each release."),
    ),
}


def look(_now: dt.datetime) -> Iterator[Found]:
    """Ask about every installed package."""
    if settings.VULNERABILITY_LIST == OFF:
        yield Found(Level.NOTE, "off")
        return
    answer = _answer(installed())
    if answer is None:
        yield Found(Level.UNCHECKED, "unreachable")
        return
    hit = [each for each in answer if each.get("vulns")]
    skipped = [each for each in answer if "skip_reason" in each]
    if hit:
        ids = [one["id"] for each in hit for one in each["vulns"]]
        numbers = {"packages": _names(hit), "ids": sorted(set(ids))[:NAMED]}
        yield Found(Level.BAD, "vulnerable", len(hit), numbers)
    if skipped:
        numbers = {"packages": _names(skipped)}
        yield Found(Level.NOTE, "unknown", len(skipped), numbers)


def installed() -> dict[str, str]:
    """Return name and version of every package that can be imported here."""
    found = importlib.metadata.distributions()
    return {each.metadata["Name"]: each.version for each in found}


def _answer(packages: dict[str, str]) -> list[dict[str, Any]] | None:
    """Return what the list says of each package; None if it is not to be believed."""
    known = {name.lower() for name in packages}
    bad, version = next(each for each in KNOWN_BAD if each[0] not in known)
    answer = _ask({**packages, bad: version})
    if answer is None:
        return None
    if not any(each["name"] == bad and each.get("vulns") for each in answer):
        log.warning("The list of vulnerabilities does not know %s %s", bad, version)
        return None
    return [each for each in answer if each["name"] != bad]


def _names(packages: list[dict[str, Any]]) -> list[str]:
    named = [f"{each['name']}-{each.get('version', '')}" for each in packages]
    return [name.rstrip("-") for name in sorted(named)][:NAMED]


def _ask(packages: dict[str, str]) -> list[dict[str, Any]] | None:
    """Return what the list says of each package; None if nobody could be asked."""
    with tempfile.TemporaryDirectory(prefix="pip-audit-") as folder:
        wanted = Path(folder, "requirements.txt")
        lines = [f"{name}=={version}\n" for name, version in sorted(packages.items())]
        wanted.write_text("".join(lines))
        try:
            done = subprocess.run(  # noqa: S603  # our own words only
                _command(wanted),
                cwd=folder,
                env=_environment(folder),
                capture_output=True,
                timeout=LONGEST,
                check=False,
                text=True,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("pip-audit: %s", type(error).__name__)
            return None
    try:
        # It ends with 1 both for a vulnerability and for a fault: only the answer tells.
        answer: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = done.stderr.strip().rpartition("\n")[2]
        log.warning("pip-audit gave no list (%d): %.200s", done.returncode, last)
        return None
    return answer


def _command(wanted: Path) -> list[str]:
    command = [
        *(sys.executable, "-I", "-m", "pip_audit", "--requirement", str(wanted)),
        *("--no-deps", "--disable-pip", "--format", "json", "--desc", "off"),
        *("--progress-spinner", "off", "--timeout", str(PATIENCE)),
        *("--cache-dir", str(wanted.parent / "cache")),
    ]
    if settings.VULNERABILITY_LIST == PYPI:
        return command
    return [*command, "--vulnerability-service", "osv",
            "--osv-url", settings.VULNERABILITY_LIST]  # fmt: skip


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": folder}
