"""A file of customers goes in and an export comes out, in the browser, with real workers."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CONTENT = (
    "姓名,手机,邮箱,城市,备注\n"
    "高圆,13800001111,gao.yuan@example.com,杭州,重点客户\n"
    "高圆,13800001111,,杭州,\n"
    "无名,12,,,\n"
)


def test_a_file_is_named_checked_imported_and_its_bad_row_fetched(visits, tmp_path):
    file = tmp_path / "客户.csv"
    file.write_text(CONTENT)
    page = visits.sign_in("supervisor", language="en")
    page.goto("/customers/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.locator("#id_file").set_input_files(file)
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.locator("#columns-title")).to_be_visible()
    expect(page.locator("#id_column1")).to_have_value("phone")
    expect(page.locator("main")).to_contain_text("138****1111")
    expect(page.locator("main")).not_to_contain_text("13800001111")
    page.locator("#id_team").select_option(label="Call centre")
    page.locator("#id_basis").select_option("contract")
    page.locator("#id_way").select_option("form")
    page.get_by_role("button", name="Check all rows").click()
    expect(page.locator("#result-title")).to_contain_text("nothing is written yet")
    page.get_by_role("button", name="Import now").click()
    expect(page.locator("#result-title")).to_have_text("What came of it")
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Fetch the rejected rows").click()
    text = fetched.value.path().read_text(encoding="utf-8-sig")
    assert "无名,12" in text
    assert "This is no telephone number." in text


def test_an_export_is_approved_by_another_and_carries_its_askers_name(visits):
    mine = visits.sign_in("supervisor", language="en")
    mine.goto("/customers/")
    mine.get_by_role("link", name="Export", exact=True).click()
    mine.get_by_role("link", name="Ask for an export").first.click()
    mine.locator("#id_reason").fill("Call-backs of May")
    mine.locator("#id_format").select_option("csv")
    mine.get_by_role("button", name="Ask for approval").click()
    expect(mine.locator("main")).to_contain_text("Somebody else has to approve")
    theirs = visits.sign_in("dpo", language="en")
    theirs.goto(mine.url)
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.locator(".chip").first).to_have_text("Ready")
    mine.reload()
    with mine.expect_download() as fetched:
        mine.get_by_role("button", name="Fetch the file").click()
    text = fetched.value.path().read_text(encoding="utf-8-sig")
    assert "fetched by" in text
    assert "@" not in text.splitlines()[1]
