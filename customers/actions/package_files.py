"""The package of a person's data: an encrypted ZIP, made in memory and never in clear.

AES-256 in the form that 7-Zip, WinZip and Keka read (AE-2). The name of a file and its
length can be told without the password; what is in it cannot.
"""

import datetime as dt
import io
import json
import os
import secrets
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyzipper
import xlsxwriter
from django.conf import settings
from django.utils.translation import gettext as _

from customers.queries.package import Section
from servicedesk.core.errors import RuleError

LARGEST: Final = 64 * 1024 * 1024
"""So many bytes in clear are held in memory at most."""
FOLDER: Final = "packages"
# No 0 O 1 l I: it is told at the telephone. 20 of 31 characters are 99 bits; the ZIP
# format stretches a password by little, so its strength has to be its own.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 5, 4
_SHEET_NAME: Final = 31
_CELL: Final = 32_000


def new_password() -> str:
    """Return a password that nobody guesses and anybody can read out."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _each in range(_GROUP))
        for _group in range(_GROUPS)
    )
    return "-".join(groups)


def encrypted_zip(
    sections: Sequence[Section], *, password: str, now: dt.datetime
) -> bytes:
    """Return the whole package. Raises RuleError for more than memory should hold."""
    files = {
        "data.json": as_json(sections, now=now),
        "data.xlsx": as_xlsx(sections),
        "README.txt": _readme(now).encode(),
    }
    out = io.BytesIO()
    with pyzipper.AESZipFile(
        out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def as_json(sections: Sequence[Section], *, now: dt.datetime) -> bytes:
    """Return the sections for programs: a list of objects each, keys in English."""
    out, size = ["{"], 0
    out.append(f'"made_at": {json.dumps(now.isoformat())}')
    for section in sections:
        out.append(f", {json.dumps(section.key)}: [")
        for number, row in enumerate(section.rows):
            written = json.dumps(
                dict(zip(section.columns, row, strict=True)),
                ensure_ascii=False,
                default=_plain,
            )
            size += len(written)
            if size > LARGEST:
                raise RuleError(_("There is more data than one package can hold."))
            out.append(f"{', ' if number else ''}\n{written}")
        out.append("]")
    out.append("}")
    return "".join(out).encode()


def as_xlsx(sections: Sequence[Section]) -> bytes:
    """Return the sections for people: a sheet each. A text never becomes a formula."""
    out = io.BytesIO()
    # In memory, because the library's other ways write clear text to a temporary file.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        for number, section in enumerate(sections, start=1):
            sheet = book.add_worksheet(_sheet_name(number, section.title))
            sheet.freeze_panes(1, 0)
            for column, label in enumerate(section.columns.values()):
                sheet.write_string(0, column, str(label), bold)
                sheet.set_column(column, column, 22)
            for line, row in enumerate(section.rows, start=1):
                for column, value in enumerate(row):
                    sheet.write_string(line, column, _cell(value))
    return out.getvalue()


def path_of(key: object) -> Path:
    """Return where the file of a package lies, by the package's key."""
    return Path(settings.MEDIA_ROOT) / FOLDER / f"{key}.zip"


def store(key: object, content: bytes) -> None:
    """Write an encrypted package; a half-written one never bears its name."""
    path = path_of(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def destroy(key: object) -> None:
    """Remove the file; without its password it was unreadable already."""
    path_of(key).unlink(missing_ok=True)
    path_of(key).with_suffix(".half").unlink(missing_ok=True)


def _readme(now: dt.datetime) -> str:
    words = _(
        "This is everything that we hold on you, as of %(date)s. data.xlsx opens in Excel, WPS or LibreOffice; data.json is for programs. The files that you sent us are listed by name; ask us for those that you need. What our staff noted for each other is not in it: ask, and we explain it."
    )
    return words % {"date": now.date().isoformat()} + "\n"


def _sheet_name(number: int, title: str) -> str:
    plain = "".join(char for char in title if char not in "[]:*?/\\'")
    return f"{number} {plain}"[:_SHEET_NAME]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    return str(value)[:_CELL]


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a package")
