"""A value behind its mask is shown once and leaves the page; without a script as well."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def ticket_of_mine(page):
    page.goto("/inbox/?queue=mine")
    page.locator("#rows .row").first.click()
    page.locator("#context .contact a.end").first.wait_for()


def test_the_value_leaves_the_dialog_after_a_minute(visits):
    page = visits.sign_in("agent", language="en")
    ticket_of_mine(page)
    visits.complaints.allow(422)
    page.clock.install()
    page.locator("#context .contact a.end").first.click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("Serving this customer")).to_be_checked()
    dialog.get_by_label("Selling or promotion").check()
    dialog.get_by_role("button", name="Show").click()
    expect(dialog).to_contain_text("never used for selling or promotion")

    dialog.get_by_label("Serving this customer").check()
    dialog.get_by_role("button", name="Show").click()
    value = dialog.locator(".revealed")
    expect(value).to_be_visible()
    clear = value.inner_text()
    page.clock.run_for(30_000)
    expect(dialog.locator("[data-vanish-seconds]")).to_have_text("30")
    assert clear not in page.title() + page.url
    page.clock.run_for(31_000)
    expect(value).to_have_count(0)
    expect(dialog).to_contain_text("No longer shown")
    assert clear not in page.content()


def test_without_a_script_it_is_a_page_that_is_not_kept(visits):
    page = visits.sign_in("agent", language="en", java_script_enabled=False)
    ticket_of_mine(page)
    page.locator("#context .contact a.end").first.click()
    page.get_by_role("button", name="Show").click()
    value = page.locator(".revealed").inner_text()
    assert value
    page.goto("/inbox/")
    assert value not in page.content()
