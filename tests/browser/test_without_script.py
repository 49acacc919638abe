import pytest
from playwright.sync_api import expect

from tests.browser.people import Colleague, Customer
from tests.browser.words import LANGUAGES, Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_necessary_works_without_scripts(visits, language):
    say = Words(language)
    customer = Customer(visits.open(language=language, java_script_enabled=False), say)
    number = customer.ask(contact="139 3333 0001", subject=f"无脚本 {language}")
    page = visits.sign_in("agent", language=language, java_script_enabled=False)
    li = Colleague(page, say)

    page.goto("/inbox/?queue=open")
    li.row(number).click()
    page.wait_for_url(f"**/inbox/{number}/**")
    li.take()
    expect(li.head).to_contain_text("李晓")

    page.locator("#reply-body").fill("没有脚本也能回复。")
    page.locator("#panel-reply").get_by_role(
        "button", name=say("Send"), exact=True
    ).click()
    expect(li.thread).to_contain_text("没有脚本也能回复")
    page.locator("#note-body").fill("内部看到")
    page.locator("#panel-note").get_by_role("button", name=say("Add note")).click()
    expect(li.thread.locator(".message--note")).to_contain_text("内部看到")

    li.tool("Resolve").click()
    page.wait_for_url("**/resolve/**")
    for name in ("words", "root_cause", "solution"):
        page.locator(f"#id_{name}").fill(f"已处理 {name}")
    page.locator("#action button[type=submit]").click()
    page.wait_for_url(f"**/inbox/{number}/**")
    li.status("Resolved")

    customer.page.goto(customer.link)
    expect(customer.page.locator("#progress-thread")).to_contain_text(
        "没有脚本也能回复"
    )
    assert "内部看到" not in customer.page.content()
