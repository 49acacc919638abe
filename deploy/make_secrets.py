#!/usr/bin/env python3
"""Make every secret of the production form once, each file for the one who reads it.

Uses the standard library only. Nothing that exists is overwritten: keys that sealed
data cannot be made again. Run it as root, so that the files can be given to the users
of the containers; without root they stay yours (`--keep-owner`, for systemd).
"""

import argparse
import base64
import os
import secrets
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

DESK = 10001  # the user of the image, see Dockerfile
SERVERS = 999  # the user of the images of PostgreSQL and Valkey
PROXY = 101  # the user of nginx's image
EXAMPLE_SMTP = "smtp://user:password@example.invalid:587?tls=starttls"


class Refusal(Exception):  # noqa: N818 - a sentence for a person
    """What a person has to put right first."""


@dataclass(frozen=True)
class Secret:
    """A file below the folder: who reads it, and what is in it."""

    name: str
    owner: int
    text: str


def key() -> str:
    """Return a fresh key of 32 bytes as its file holds it."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def all_secrets(options: argparse.Namespace) -> list[Secret]:
    """Return everything that the production form wants to have."""
    database, owner, broker = (secrets.token_urlsafe(32) for _ in range(3))
    place = f"{options.database}/desk"
    return [
        Secret("secret_key", DESK, secrets.token_urlsafe(64)),
        Secret("database_url", DESK, f"postgres://desk_app:{database}@{place}"),
        # Of the owner of the tables, for `migrate` alone.
        Secret("database_owner_url", DESK, f"postgres://desk:{owner}@{place}"),
        Secret("redis_url", DESK, f"redis://:{broker}@{options.broker}/0"),
        Secret("smtp_url", DESK, options.smtp),
        # With this word Prometheus reads /metrics.
        Secret("metrics_token", DESK, secrets.token_urlsafe(32)),
        # Whoever keeps backups in S3 writes the two words of that storage into these.
        Secret("backup_s3_access_key", DESK, options.s3[0]),
        Secret("backup_s3_secret_key", DESK, options.s3[1]),
        Secret("database_password", SERVERS, database),
        Secret("database_owner_password", SERVERS, owner),
        Secret("postgres_password", SERVERS, secrets.token_urlsafe(32)),
        Secret("broker_password", SERVERS, broker),
        Secret("broker.conf", SERVERS, f"requirepass {broker}"),
        Secret("keys/field-1.key", DESK, key()),
        Secret("keys/index-1.key", DESK, key()),
        # Signs the seals of the audit log (Ed25519).
        Secret("keys/seal-1.key", DESK, key()),
    ]


def write(folder: Path, wanted: list[Secret], *, keep_owner: bool) -> None:
    """Write all files or none: one that is there already is a refusal."""
    there = [each.name for each in wanted if (folder / each.name).exists()]
    if there:
        raise Refusal(
            f"{folder} already holds {', '.join(there)}. Nothing was changed: what was "
            "sealed with these keys could never be opened again. To begin anew, move "
            "the folder away yourself."
        )
    rooms = {folder: None, folder / "keys": DESK, folder / "tls": PROXY}
    for room, owner in rooms.items():
        room.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Docker itself is root; the users inside see only the files handed to them.
        room.chmod(0o700)
        if owner is not None and not keep_owner:
            os.chown(room, owner, owner)
    for each in wanted:
        path = folder / each.name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(path, flags, 0o400)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{each.text}\n" if each.text else "")
            file.flush()
            os.fsync(file.fileno())
            if not keep_owner:
                os.fchown(file.fileno(), each.owner, each.owner)


def smtp_address(given: str | None) -> str:
    """Return the address of the mail server: given, asked for, or the example."""
    text = given or ""
    if not text and sys.stdin.isatty():
        print(f"The address of your mail server, such as {EXAMPLE_SMTP}")
        text = input("(empty: write it into smtp_url yourself) ").strip()
    if not text:
        return EXAMPLE_SMTP
    try:
        url = urllib.parse.urlsplit(text)
        fit = url.scheme == "smtp" and bool(url.hostname) and (url.port or 25) > 0
    except ValueError:
        fit = False
    if not fit:
        raise Refusal(f"The address of a mail server looks like {EXAMPLE_SMTP}")
    return text


def check_owner(*, keep_owner: bool) -> None:
    """Refuse to make files that their readers could not read."""
    if os.geteuid() != 0 and not keep_owner:
        raise Refusal(
            "Run this as root, so that each file can be given to the user who reads "
            "it; or with --keep-owner, where all of it runs as you."
        )


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options; the environment gives what no command line should show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="secrets", type=Path)
    parser.add_argument("--database", default="postgres", help="host[:port]")
    parser.add_argument("--broker", default="valkey", help="host[:port]")
    parser.add_argument(
        "--keep-owner", action="store_true", help="leave all files to who runs this"
    )
    options = parser.parse_args(arguments)
    options.smtp = os.environ.get("SMTP_URL")
    words = ("BACKUP_S3_ACCESS_KEY", "BACKUP_S3_SECRET_KEY")
    options.s3 = tuple(os.environ.get(word, "").strip() for word in words)
    return options


def main(arguments: list[str]) -> int:
    """Make the secrets and say what is left to do; the exit code."""
    options = parse(arguments)
    try:
        check_owner(keep_owner=options.keep_owner)
        options.smtp = smtp_address(options.smtp)
        wanted = all_secrets(options)
        write(options.folder, wanted, keep_owner=options.keep_owner)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"Made {len(wanted)} secrets in {options.folder}.")
    if options.smtp == EXAMPLE_SMTP:
        print("Write the address of your mail server into smtp_url.")
    if not all(options.s3):
        print("For backups in S3, fill backup_s3_access_key and backup_s3_secret_key.")
    print("Put the certificate into tls/fullchain.pem and tls/privkey.pem.")
    print("Copy keys/ to a place apart from the backups of the database, now.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
