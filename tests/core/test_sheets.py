"""Tables that people upload and take away: bounded, exact, and no formulas."""

import io
import zipfile

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from servicedesk.core import sheets
from servicedesk.core.sheets import SheetError, csv_lines, rows_of, safe, xlsx_bytes

NAMES = [["姓名", "电话"], ["张伟", "13812345678"]]


def xlsx(rows):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_file_is_read_as_chinese_programs_write_it(encoding, mark):
    text = "\r\n".join(mark.join(row) for row in NAMES)
    assert list(rows_of(text.encode(encoding))) == NAMES


def test_quotes_and_line_breaks_stay_in_their_cell():
    content = '姓名,备注\n"王, 芳","两行\n""引号"""\n'.encode()
    assert list(rows_of(content)) == [["姓名", "备注"], ["王, 芳", '两行\n"引号"']]


def test_an_excel_file_gives_its_numbers_as_they_were_meant():
    rows = list(rows_of(xlsx([["电话", "金额"], [13812345678, 12.5], ["", ""]])))
    assert rows == [["电话", "金额"], ["13812345678", "12.5"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 not a book", "no_table"),
        (b"\x00\x01\x02", "no_table"),
        (b"\xff\xff\xff\xff", "unknown_encoding"),
        (",".join("x" * 61).encode(), "too_wide"),
        (b"x" * 4_001, "cell_too_long"),
    ],
)
def test_what_is_no_table_says_why(content, code):
    with pytest.raises(SheetError) as refused:
        list(rows_of(content))
    assert refused.value.code == code


def test_a_file_that_unpacks_to_far_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_UNPACKED", 1_000_000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    with pytest.raises(SheetError, match="too_large"):
        list(rows_of(bomb.getvalue()))


def test_a_file_of_very_many_parts_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_PARTS", 20)
    crowd = io.BytesIO()
    with zipfile.ZipFile(crowd, "w") as packed:
        for number in range(21):
            packed.writestr(f"xl/{number}.xml", b"")
    with pytest.raises(SheetError, match="too_large"):
        list(rows_of(crowd.getvalue()))


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    assert len(list(rows_of(b"a\nb\nc\nd\n"))) == 4
    with pytest.raises(SheetError, match="too_many_rows"):
        list(rows_of(b"a\nb\nc\nd\ne\n"))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "＝", "＋"])
def test_no_cell_is_a_formula_and_reading_it_again_gives_the_same(sign):
    cell = f"{sign}cmd|' /C calc'!A0"
    assert safe(cell).startswith("'")
    content = b"".join(csv_lines([["name"], [cell]]))
    assert list(rows_of(content))[1] == [cell.strip()]


def test_an_excel_file_holds_texts_only_and_its_mark():
    content = xlsx_bytes([["name"], ["=1+1"], ["0138"]], title="t", mark="E-1 · Zhao")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    assert rows.to_python() == [["E-1 · Zhao"], ["name"], ["=1+1"], ["0138"]]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "E-1 · Zhao" in sheet
        assert "E-1 · Zhao" in packed.read("docProps/core.xml").decode()


def test_nothing_of_it_touches_the_disk(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    content = xlsx_bytes([["name"], ["张伟"]], title="t", mark="m")
    assert ["张伟"] in list(rows_of(content))


@pytest.mark.parametrize("place", ["XFD1", "A1048576", "XFD1048576"])
def test_cells_far_apart_are_refused_before_room_is_made_for_them(place):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_string("A1", "name")
        sheet.write_string(place, "x")
    with pytest.raises(SheetError, match="too_"):
        list(rows_of(content.getvalue()))
