"""What a customer wrote is found by a colleague within seconds."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.people import Customer
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
PATIENCE = 20


def look_for(page, words, number):
    """Search until it is found: the texts are read every few seconds."""
    deadline = time.monotonic() + PATIENCE
    hit = page.locator(".row--hit", has_text=number)
    while True:
        page.locator("input[type=search]").fill(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**/search/*/")
        page.wait_for_load_state()
        if hit.count() or time.monotonic() > deadline:
            return hit
        page.wait_for_timeout(500)


def test_a_request_is_found_by_two_characters_within_seconds(visits, stack):
    say = Words("en")
    page = visits.sign_in("agent", language="en")
    number = Customer(visits.open(language="zh-hans"), Words("zh-hans")).ask(
        contact="139 2222 7788",
        subject="咖啡机漏水 <b>",
        body="新买的咖啡机漏水，<mark>底座</mark>全湿了。",
    )
    page.goto("/inbox/")
    page.locator("main").press("/")
    page.wait_for_url("**/search/")
    expect(page.locator("input[type=search]")).to_be_focused()

    hit = look_for(page, "漏水", number)
    expect(hit).to_contain_text("咖啡机漏水 <b>")
    expect(hit.locator("mark").first).to_have_text("漏水")
    expect(hit).to_contain_text("<mark>底座</mark>全湿了")
    assert not re.search("%E6|漏水", page.url)

    page.locator("main").press("/")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{number}/")
    page.go_back()
    expect(page.locator(".row--hit", has_text=number)).to_be_visible()
    page.get_by_role("link", name=say("Best match")).click()
    expect(page.locator(".row--hit", has_text=number)).to_be_visible()

    page.keyboard.press("Control+k")
    page.locator("#palette-input").fill(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{number}/")
