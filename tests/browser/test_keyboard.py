import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import Colleague, Customer
from tests.browser.words import LANGUAGES, Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]


def focused(page, selector):
    return page.evaluate("it => document.activeElement.matches(it)", selector)


def sign_in(page, stack):
    page.goto("/accounts/login/?next=/inbox/%3Fqueue%3Dteam")
    expect(page.locator("#id_login")).to_be_focused()
    page.keyboard.type("agent")
    page.keyboard.press("Tab")
    page.keyboard.type(stack.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/?queue=team")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_without_a_mouse(visits, stack, language):  # noqa: PLR0915  # one day
    say = Words(language)
    stack.speak("agent", language)
    number = Customer(visits.open(language=language), say).ask(
        contact="139 2222 0001", subject=f"键盘 {language}"
    )
    page = visits.open(language=language)
    keys = page.keyboard
    li = Colleague(page, say)
    sign_in(page, stack)
    li.stay()

    expect(li.row(number)).to_be_visible()
    keys.press("j")
    assert focused(page, "#rows > li:nth-child(1) .row")
    keys.press("j")
    assert focused(page, "#rows > li:nth-child(2) .row")
    keys.press("k")
    assert focused(page, f".row[data-number='{number}']")
    keys.press("Enter")
    expect(li.conversation).to_have_attribute("data-number", number)
    assert li.stayed()

    keys.press("r")
    expect(page.locator("#reply-body")).to_be_focused()
    # Each of these letters is a command elsewhere.
    keys.type("jkrnaes/? 您好")
    expect(page.locator("#reply-body")).to_have_value("jkrnaes/? 您好")
    expect(page.locator("dialog[open]")).to_have_count(0)
    keys.press("Control+Enter")
    expect(li.thread).to_contain_text("jkrnaes/? 您好")
    expect(page.locator("#reply-body")).to_have_value("")
    keys.press("Escape")

    keys.press("n")
    expect(page.locator("#note-body")).to_be_focused()
    keys.type("内部")
    keys.press("Control+Enter")
    expect(li.thread.locator(".message--note")).to_contain_text("内部")
    keys.press("Escape")

    keys.press("e")
    expect(page.locator("#dialog #id_words")).to_be_focused()
    keys.press("Escape")
    expect(li.dialog).to_be_hidden()

    keys.press("Control+k")
    expect(page.locator("#palette-input")).to_be_focused()
    keys.type(say("Follow-ups"))
    keys.press("Enter")
    page.wait_for_url(re.compile("/follow-ups/"))


def test_the_help_of_keys_opens_and_single_keys_can_be_switched_off(visits, stack):
    page = visits.sign_in("agent2", language="en")
    page.goto("/inbox/?queue=team")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()

    try:
        page.goto("/profile/")
        page.get_by_label("Single-key shortcuts").uncheck()
        page.get_by_role("button", name="Save", exact=True).click()
        page.goto("/inbox/?queue=team")
        page.keyboard.press("?")
        page.keyboard.press("j")
        expect(page.locator("#keys")).to_be_hidden()
        assert focused(page, "body")
    finally:
        stack.ask("UPDATE staff_user SET single_keys = true")
