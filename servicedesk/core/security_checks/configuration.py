"""How the system is set up: Django's own questions for a deployment, and ours."""

import datetime as dt
import ipaddress
import os
import stat
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from servicedesk.core.models import Level
from servicedesk.core.outgoing import ANY
from servicedesk.core.security_checks.registry import Found, Said

SHORTEST_SECRET: Final = 50
LONGEST_SESSION: Final = 12 * 60 * 60
_WORLD: Final = stat.S_IRWXO
_ENV: Final = _("See docs/operations.md, and start all processes again.")

DEPLOY_SAID: Final = {
    "django": Said(
        ngettext_lazy(
            "Django's check for a deployment objects to %(count)d thing: %(ids)s.",
            "Django's check for a deployment objects to %(count)d things: %(ids)s.",
            "count",
        ),
        _("Run manage.py check --deploy: it says what each of them means."),
    ),
}
SAID: Final = {
    "debug": Said(_("Error pages show the program's inside: DEBUG is on."), _ENV),
    "secret": Said(_("SECRET_KEY is too short or too simple."), _ENV),
    "hosts": Said(_("Any host name is answered: ALLOWED_HOSTS holds *."), _ENV),
    "no_tls": Said(
        _("The desk is reached without TLS: BASE_URL does not begin with https://."),
        _("Use the production form: docs/operations.md says how."),
    ),
    "alone": Said(
        _("Reached without TLS, from this machine only."),
        _("Right for a trial. For work, use the production form."),
    ),
    "cookies": Said(_("Cookies are sent without TLS, or are open to scripts."), _ENV),
    "csp": Said(
        _("The content security policy lets more in than our own files: %(names)s."),
        _("Put CONTENT_SECURITY_POLICY back as it was delivered."),
    ),
    "proxies": Said(
        _("The caller's own word for TLS and address is believed: no proxy is set."),
        _("Say in TRUSTED_PROXIES how many proxies of yours stand in front."),
    ),
    "mail": Said(
        _("Letters go to the mail server without TLS."),
        _("Set tls=starttls or tls=implicit in SMTP_URL."),
    ),
    "database": Said(
        _("The database is on another machine and the connection may be plain."),
        _("Add sslmode=verify-full and sslrootcert to DATABASE_URL."),
    ),
    "hashing": Said(_("Passwords are not hashed with Argon2."), _ENV),
    "sessions": Said(_("Sessions may last longer than 12 hours."), _ENV),
    "folders": Said(
        ngettext_lazy(
            "%(count)d folder of data is open to everybody on the machine: %(names)s.",
            "%(count)d folders of data are open to everybody on the machine: %(names)s.",
            "count",
        ),
        _("Take the rights of others away: chmod o= and the folder's name."),
    ),
    "demo": Said(
        _("The clock of follow-ups runs faster: this is a demonstration."),
        _("Take DEMO_FOLLOW_UP_SPEED away."),
    ),
    "scanner": Said(
        _("Nobody looks for harmful programs in files that customers send."),
        _("Name a scanner in UPLOAD_SCANNER: docs/operations.md says how."),
    ),
    "known_passwords": Said(
        _("New passwords are compared with the 20,000 commonest alone."),
        _("Name a list of stolen ones in KNOWN_PASSWORDS_LIST: docs/operations.md."),
    ),
    "no_list": Said(
        _("The list of stolen passwords cannot be read."),
        _("Put the file of KNOWN_PASSWORDS_LIST back, for its reader."),
    ),
    "anywhere": Said(
        _("The desk may speak to any server: OUTGOING_HOSTS holds *."),
        _("Name the servers that are meant."),
    ),
    "contact": Said(
        _("Nobody is named whom a finder of a weakness can write to."),
        _("Set SECURITY_CONTACT: /.well-known/security.txt then tells it."),
    ),
}


def is_local() -> bool:
    """Tell whether the desk is for this machine only, as `desk.py up` makes it."""
    url = urllib.parse.urlsplit(settings.BASE_URL)
    return url.scheme != "https" and _is_loopback(url.hostname or "")


def grave() -> Level:
    """Return how much it matters what only a desk in production must have."""
    return Level.NOTE if is_local() else Level.BAD


def look_at_deployment(_now: dt.datetime) -> Iterator[Found]:
    """Ask Django's own checks, those for a deployment included."""
    found = checks.run_checks(include_deployment_checks=True)
    said = [
        each
        for each in found
        if each.is_serious(checks.WARNING) and not each.is_silenced()
    ]
    if said:
        ids = sorted({str(each.id) for each in said})
        yield Found(grave(), "django", len(ids), {"ids": ids[:20]})


def look_at_settings(_now: dt.datetime) -> Iterator[Found]:
    """Ask what Django does not know to ask."""
    secret, known = settings.SECRET_KEY, settings.KNOWN_PASSWORDS_LIST
    wrong: list[tuple[str, Any, Level]] = [
        ("debug", settings.DEBUG, Level.BAD),
        ("secret", len(secret) < SHORTEST_SECRET or len(set(secret)) < 10, Level.BAD),  # noqa: PLR2004
        ("hosts", "*" in settings.ALLOWED_HOSTS, Level.BAD),
        ("no_tls", not _is_tls() and not is_local(), Level.BAD),
        ("alone", is_local(), Level.NOTE),
        ("cookies", _open_cookies(), Level.BAD),
        ("proxies", _believes_anybody(), Level.BAD),
        ("mail", _plain_mail(), Level.WARN),
        ("database", _plain_database(), Level.NOTE),
        ("hashing", "Argon2" not in settings.PASSWORD_HASHERS[0], Level.BAD),
        ("sessions", settings.SESSION_COOKIE_AGE > LONGEST_SESSION, Level.WARN),
        ("demo", settings.FOLLOW_UP_SPEED != 1, Level.NOTE),
        ("scanner", not settings.UPLOAD_SCANNER and not is_local(), Level.WARN),
        ("known_passwords", not known and not is_local(), Level.NOTE),
        ("no_list", bool(known) and not os.access(known, os.R_OK), Level.WARN),
        ("anywhere", ANY in settings.OUTGOING_HOSTS, Level.WARN),
        ("contact", not settings.SECURITY_CONTACT and not is_local(), Level.NOTE),
    ]
    yield from (Found(level, code) for code, is_so, level in wrong if is_so)
    if loose := loose_sources():
        yield Found(Level.BAD, "csp", len(loose), {"names": loose})
    if folders := _open_folders():
        yield Found(Level.WARN, "folders", len(folders), {"names": folders})


def loose_sources() -> list[str]:
    """Return the directives of the policy that let more in than our own files."""
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    loose = [name for name in ("script-src", "style-src", "connect-src", "form-action")
             if list(policy.get(name, [])) != ["'self'"]]  # fmt: skip
    closed = ("default-src", "base-uri", "object-src", "frame-ancestors")
    return loose + [name for name in closed if list(policy.get(name, [])) != ["'none'"]]


def _is_tls() -> bool:
    return str(settings.BASE_URL).startswith("https://")


def _open_cookies() -> bool:
    secure = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
    closed = settings.SESSION_COOKIE_HTTPONLY and settings.CSRF_COOKIE_HTTPONLY
    return not closed or (_is_tls() and not secure)


def _believes_anybody() -> bool:
    return bool(settings.SECURE_PROXY_SSL_HEADER) and settings.TRUSTED_PROXIES == 0


def _plain_mail() -> bool:
    sends = settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
    safe = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    return sends and not safe and not _is_loopback(settings.EMAIL_HOST)


def _plain_database() -> bool:
    wanted = settings.DATABASES["default"]
    host = str(wanted.get("HOST", ""))
    if not host or host.startswith("/") or _is_loopback(host):
        return False
    mode = wanted.get("OPTIONS", {}).get("sslmode", "prefer")
    return mode not in {"require", "verify-ca", "verify-full"}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _open_folders() -> list[str]:
    named = {
        "MEDIA_ROOT": settings.MEDIA_ROOT,
        "FIELD_KEYS_DIR": settings.FIELD_KEYS_DIR,
        "AUDIT_SEALS_DIR": settings.AUDIT_SEALS_DIR,
        "ERASURES_DIR": settings.ERASURES_DIR,
    }
    return [name for name, folder in named.items() if _is_open(Path(folder))]


def _is_open(folder: Path) -> bool:
    """Tell whether others may look in; a folder above that is closed closes it too."""
    for each in (folder, *folder.parents):
        try:
            if not each.stat().st_mode & _WORLD:
                return False
        except OSError:
            return False
    return True
