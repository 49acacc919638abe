"""Tables as files: read what people upload, write what they take away, never on a disk.

Uploads are not trusted: bounded in size before and after unpacking, no formulas, no
links. What is written opens no formula in any spreadsheet program. Reading is
`python-calamine`, writing `XlsxWriter`, both wholly in memory, because temporary files
would hold customers' data in clear.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

MOST_BYTES = 48 * 2**20
MOST_UNPACKED, MOST_PARTS = 512 * 2**20, 2_000
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 500_000, 60, 4_000
MOST_XLSX_ROWS = 20_000
"""An XLSX file is made in memory: about 100 MiB for so many rows of twelve columns."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLACE = re.compile(rb"""\br\s*=\s*["']\$?([A-Z]{1,4})\$?([0-9]{1,10})["']""")
_XLSX = b"PK\x03\x04"


class SheetError(Exception):
    """What is wrong with a file, as a word that a page makes a sentence of."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --- reading ---


def rows_of(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of a CSV or XLSX file as text, without those that are empty.

    Raises SheetError for what is neither, too large, too wide or too long.
    """
    if len(content) > MOST_BYTES:
        raise SheetError("too_large")
    rows = _xlsx_rows(content) if content.startswith(_XLSX) else _csv_rows(content)
    found = 0
    for row in rows:
        while row and not row[-1]:
            row.pop()
        if not row:
            continue
        found += 1
        if found > MOST_ROWS + 1:
            raise SheetError("too_many_rows")
        if len(row) > MOST_COLUMNS:
            raise SheetError("too_wide")
        if any(len(cell) > LONGEST_CELL for cell in row):
            raise SheetError("cell_too_long")
        yield row


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise SheetError("no_table")
    head = text[:20_000].split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    csv.field_size_limit(LONGEST_CELL * 8)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
            yield [_plain(cell) for cell in row]
    except csv.Error as error:
        raise SheetError("no_table") from error


def _decoded(content: bytes) -> str:
    """Read as UTF-8 or UTF-16 where the file says so, else as Chinese programs write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("unknown_encoding")


def _plain(cell: str) -> str:
    """Trim; take off the quote that our own files put before a dangerous sign."""
    cell = cell.strip()
    if cell[:1] == "'" and cell[1:2] in _DANGEROUS:
        return cell[1:].strip()
    return cell


def _xlsx_rows(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            unpacked = sum(each.file_size for each in parts)
            if unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS:
                raise SheetError("too_large")
            _refuse_far_cells(packed)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for row in book.get_sheet_by_index(0).iter_rows():
            yield [_cell(value) for value in row]
    except (zipfile.BadZipFile, CalamineError) as error:
        raise SheetError("no_table") from error


def _refuse_far_cells(packed: zipfile.ZipFile) -> None:
    """Refuse a sheet whose cells lie so far apart that the reader would need all memory.

    The reader makes room for every cell between the first and the last one, so where
    they lie is looked at first, in the file itself. Other formats in the same wrapping
    (ODS, XLSB) are not taken.
    """
    names = packed.namelist()
    if "xl/workbook.xml" not in names:
        raise SheetError("no_table")
    for name in names:
        if not name.endswith(".xml") or "sheet" not in name.lower():
            continue
        kept = b""
        with packed.open(name) as sheet:
            while part := sheet.read(2**20):
                for column, row in _PLACE.findall(kept + part):
                    if int(row) > MOST_ROWS + 1:
                        raise SheetError("too_many_rows")
                    if _number_of(column) > MOST_COLUMNS:
                        raise SheetError("too_wide")
                kept = (kept + part)[-64:]


def _number_of(column: bytes) -> int:
    """Return the number of a column: A is 1, AA is 27."""
    number = 0
    for letter in column:
        number = number * 26 + letter - ord("A") + 1
    return number


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a telephone number that Excel took for one
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return _plain(str(value))


# --- writing ---


def safe(cell: str) -> str:
    """Keep a spreadsheet from taking text for a formula."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the lines of a CSV file that Excel reads in every language."""
    yield b"\xef\xbb\xbf"
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def xlsx_bytes(rows: Iterable[Sequence[str]], *, title: str, mark: str) -> bytes:
    """Return an XLSX file of texts; `mark` stands above, below and in its properties.

    The first row is the head. Raises SheetError for more than `MOST_XLSX_ROWS`.
    """
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": title, "comments": mark, "keywords": mark})
        sheet = book.add_worksheet("1")
        sheet.set_header(f"&C{mark}")
        sheet.set_footer(f"&C{mark}&R&P/&N")
        sheet.write_string(0, 0, mark, book.add_format({"font_color": "#b3261e"}))
        bold = book.add_format({"bold": True})
        for place, row in enumerate(rows, 1):
            if place > MOST_XLSX_ROWS + 1:
                raise SheetError("too_many_rows")
            for column, cell in enumerate(row):
                sheet.write_string(place, column, cell, bold if place == 1 else None)
        sheet.freeze_panes(2, 0)
    return file.getvalue()
