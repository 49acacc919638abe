"""`desk.py check`: everything that can be known without running a server."""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicedesk.embedded.environment import ROOT, manage

TEMPLATES = "templates"
PYTHON = sys.executable


def _tools() -> list[tuple[str, list[str], str]]:
    """Name, command and settings module of each check."""
    here, production = "servicedesk.settings.check", "servicedesk.settings.production"

    def tool(name: str, *words: str) -> list[str]:
        return [str(Path(PYTHON).parent / name), *words]

    return [
        ("lint", tool("ruff", "check", "."), here),
        ("format", tool("ruff", "format", "--check", "."), here),
        ("types", tool("mypy", "."), here),
        ("architecture", tool("lint-imports", "--no-cache"), here),
        ("template lint", tool("djlint", "--lint", "--quiet", TEMPLATES), here),
        (
            "deployment",
            manage("check", "--deploy", "--fail-level", "WARNING"),
            production,
        ),
        (
            "migrations",
            # Without a server Django warns that it cannot compare histories.
            [
                PYTHON,
                "-W",
                "ignore::RuntimeWarning",
                *manage("makemigrations", "--check", "--dry-run")[1:],
            ],
            here,
        ),
        ("translations", manage("translations", "--check"), here),
    ]


@contextmanager
def _throwaway() -> Iterator[dict[str, str]]:
    """Yield an environment that production accepts, with secrets that nobody keeps."""
    with tempfile.TemporaryDirectory(prefix="servicedesk-check-") as name:
        folder = Path(name)
        for kind in ("field", "index", "seal"):
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            path = folder / f"{kind}-1.key"
            path.touch(mode=0o600)
            path.write_text(key, encoding="ascii")
        yield dict(os.environ) | {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "FIELD_KEYS_DIR": name,
            "DATA_DIR": name,
            "DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/none",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "BASE_URL": "https://desk.example.com",
            "ALLOWED_HOSTS": "desk.example.com",
            "TRUSTED_PROXIES": "1",
            "SMTP_URL": "smtp://user:password@mail.example.com:587",
            "MAIL_FROM": "Service <service@example.com>",
        }


def check() -> int:
    """Run every check, name each, and sum up; 0 when all are clean."""
    results: list[tuple[str, bool, float]] = []
    with _throwaway() as environment:
        for name, command, settings in _tools():
            print(f"--- {name}", flush=True)
            began = time.monotonic()
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment | {"DJANGO_SETTINGS_MODULE": settings},
                stdin=subprocess.DEVNULL,
                check=False,
            )
            results.append((name, not done.returncode, time.monotonic() - began))
    print("\n=== summary")
    for name, clean, seconds in results:
        print(f"{'ok    ' if clean else 'FAILED'}  {name:<16} {seconds:5.1f} s")
    return 0 if all(clean for _, clean, _ in results) else 1
