"""A customer's record in the browser: found, read, changed, merged and apart again."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]


def record(page, name="张*"):
    """Open a record from the list."""
    page.goto("/customers/")
    page.locator(".table__main a", has_text=name).first.click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))


def test_a_customer_is_found_and_the_words_stand_in_no_address(visits, stack):
    page = visits.sign_in("agent", language="en")
    page.goto("/customers/")
    page.locator("#id_words").fill("139 0000 0101")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    assert "139" not in page.url
    expect(page.locator(".record-head")).to_contain_text("张*")
    expect(page.locator("#timeline")).to_contain_text("Consent: Customer service")

    page.goto("/customers/search/")
    page.locator("#id_words").fill("没有此人")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/search/*-*/")
    expect(page.locator(".empty")).to_contain_text("Nothing found that you may see")


def test_the_timeline_is_narrowed_and_a_contact_added(visits, stack):
    page = visits.sign_in("agent", language="en")
    record(page)
    page.locator(".timeline__kinds a", has_text="Consents given").click()
    expect(page.locator(".timeline__entry").first).to_contain_text("Consent:")
    expect(page.locator(".timeline__entry", has_text="Record made")).to_have_count(0)

    page.locator(".card", has=page.locator("#contacts-title")).get_by_role(
        "link", name="Add"
    ).click()
    field = page.locator("#dialog #id_value")
    expect(page.locator("#dialog")).to_be_visible()
    field.fill("139 7777 1234")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    expect(page.locator("#toasts")).to_contain_text("Contact added.")
    expect(page.locator(".contact-list").first).to_contain_text("139****1234")


def test_two_records_are_merged_and_come_apart(visits, stack):
    page = visits.sign_in("supervisor", language="en")
    page.goto("/customers/duplicates/")
    page.get_by_role("link", name=re.compile("Compare")).first.click()
    page.wait_for_url("**/merge/**")
    page.locator("main").get_by_role("button", name="Merge").click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    expect(page.locator("#merges-title")).to_be_visible()
    page.locator(".card", has=page.locator("#merges-title")).get_by_role("link").click()
    page.locator("#dialog #action button[type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text("a record of its own again")
    expect(page.locator("#merges-title")).to_have_count(0)


def test_the_record_works_without_a_script(visits, stack):
    visits.complaints.allow(422)
    page = visits.sign_in("agent", language="en")
    page.goto("/customers/")
    link = page.locator(".table__main a").first.get_attribute("href")
    plain = visits.sign_in("agent", language="en", java_script_enabled=False)
    plain.goto(link)
    plain.get_by_role("link", name="Show the timeline").click()
    expect(plain.locator(".timeline__entry").first).to_be_visible()
    plain.locator(".tabs a", has_text="Consents").first.click()
    expect(plain.locator("h1")).to_contain_text("C-")
    plain.goto(f"{link}contacts/add/")
    plain.locator("#id_value").fill("nonsense")
    plain.locator("button[type=submit]", has_text="Add").click()
    expect(plain.locator("[aria-invalid=true]")).to_be_visible()


def test_on_a_phone_nothing_sticks_out(visits, stack):
    page = visits.sign_in("agent", language="zh-hans", width=390, height=844)
    page.goto("/customers/")
    link = page.locator(".table__main a").first.get_attribute("href")
    for path in ("/customers/", link, f"{link}purchases/", f"{link}edit/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
