"""A customer's day and an agent's, in a real browser before the production form."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.chrome import Visits, launch
from tests.browser.mailbox import text_of
from tests.browser.people import Colleague, Customer
from tests.browser.words import Words

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.xdist_group("production"),
]
say = Words("zh-hans")
TLS = {"ignore_https_errors": True}  # the certificate is signed by itself


@pytest.fixture
def visits(chromium_path, production):
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium_path)
        opened = Visits(browser, production)
        yield opened
        opened.close()
        browser.close()
        assert not opened.complaints.found


def test_a_request_is_asked_seen_answered_and_read(visits, production):
    li = Colleague(visits.sign_in("agent", language="zh-hans", **TLS), say)
    li.queue("open")
    customer = Customer(visits.open(**TLS), say)

    number = customer.ask(contact="mei@customer.example", subject="耳机没有声音")

    # Without a reload: the event stream came through the proxy.
    expect(li.row(number)).to_be_visible()
    assert li.stayed()
    li.open(number)
    li.take()
    expect(li.head).to_contain_text("李晓")
    li.write("reply", "您好，请重启耳机。")
    letter = production.mail.wait_for("mei@customer.example", number)
    assert f"{production.url}/r/" in text_of(letter)
    customer.page.goto(customer.link)
    expect(customer.page.locator("#progress-thread")).to_contain_text("请重启耳机")
    cookies = {c["name"]: c for c in li.page.context.cookies()}
    assert {"__Host-session", "__Host-csrf"} <= set(cookies)
    assert all(c["secure"] for n, c in cookies.items() if n.startswith("__Host-"))
