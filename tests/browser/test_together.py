import pytest
from playwright.sync_api import expect

from tests.browser.people import Colleague, Customer
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
say = Words("zh-hans")


@pytest.fixture
def customer(visits):
    return Customer(visits.open(), say)


@pytest.fixture
def li(visits):
    return Colleague(visits.sign_in("agent", language="zh-hans"), say)


def test_of_two_who_take_one_ticket_at_once_one_is_told_who_was_first(
    visits, li, customer
):
    wang = Colleague(visits.sign_in("agent2", language="zh-hans"), say)
    number = customer.ask(contact="139 1111 0001", subject="谁先领取")
    li.go(number)
    wang.go(number)

    for one in (li, wang):
        # Without waiting for the answer: both are on their way at the same time.
        one.page.evaluate(
            "setTimeout(() => document.querySelector('.toolbar form button').click())"
        )

    for one in (li, wang):
        expect(one.page.locator("[data-toast]").first).to_be_visible()
    told = [one.page.locator("#toasts").inner_text() for one in (li, wang)]
    mine = say("%(number)s is yours.", number=number)
    assert sum(mine in words for words in told) == 1
    first = "李晓" if mine in told[0] else "王敏"
    late = told[1] if mine in told[0] else told[0]
    assert say("%(name)s has taken this ticket already.", name=first) in late
    for one in (li, wang):
        expect(one.head).to_contain_text(first)


def test_a_reply_waits_when_the_customer_wrote_what_nobody_saw(visits, li, customer):
    number = customer.ask(
        contact="139 1111 0002",
        subject="地址改了",
        body="\n".join("一二三四五六七八九十" * 3),
    )
    # On this low screen the conversation is longer than its pane, and is read from the top.
    li.page.set_viewport_size({"width": 1440, "height": 560})
    li.go(number)
    li.page.locator("#reply-body").fill("好的，仍寄原地址。")
    li.thread.evaluate("it => it.scrollTop = 0")
    customer.write("请改寄到新地址！")
    expect(li.thread).to_contain_text("请改寄到新地址")

    visits.complaints.allow(422)
    li.page.locator("#panel-reply .button--primary").click()

    expect(
        li.page.locator("#panel-reply [role=alert], #panel-reply .errorlist")
    ).to_contain_text("客户")
    expect(li.page.locator("#reply-body")).to_have_value("好的，仍寄原地址。")
    assert "仍寄原地址" not in li.thread.inner_text()
    customer.page.reload()
    assert "仍寄原地址" not in customer.page.content()

    li.page.locator("#reply-body").fill("好的，改寄新地址。")
    li.page.locator("#panel-reply .button--primary").click()
    expect(li.thread).to_contain_text("改寄新地址。")


def test_a_double_click_sends_one_message(li, customer):
    number = customer.ask(contact="139 1111 0003", subject="双击")
    li.go(number)
    li.page.locator("#reply-body").fill("只发一次。")

    li.page.locator("#panel-reply .button--primary").dblclick()

    expect(li.thread).to_contain_text("只发一次。")
    expect(li.page.locator(".message--pending")).to_have_count(0)
    customer.page.reload()
    sent = customer.page.locator("#progress-thread .bubble", has_text="只发一次。")
    expect(sent).to_have_count(1)
    expect(li.thread.locator(".bubble", has_text="只发一次。")).to_have_count(1)


def test_taking_and_resolving_can_be_undone(stack, li, customer):
    number = customer.ask(contact="139 1111 0004", subject="撤销")
    li.go(number)
    li.take()
    expect(li.head).to_contain_text("李晓")
    li.undo()
    expect(li.head).to_contain_text(say("Nobody yet", "assignee"))
    li.status("New")

    li.take()
    expect(li.head).to_contain_text("李晓")
    # With the clock at this speed the customer is asked at once, which ends the undo.
    with stack.paused("beat"):
        li.resolve()
        li.status("Resolved")
        expect(li.thread).to_contain_text("已为您更换固件")
        li.undo()
        li.status("Open")
    expect(li.thread).not_to_contain_text("已为您更换固件")
    assert li.stayed()


def test_a_press_counts_though_the_conversation_is_drawn_anew_meanwhile(li, customer):
    number = customer.ask(contact="139 1111 0005", subject="按下时有新消息")
    li.go(number)
    li.take()
    expect(li.head).to_contain_text("李晓")
    li.tool("Resolve").hover()
    old = li.tool("Resolve").element_handle()

    li.page.mouse.down()
    customer.write("还有一件事。")
    expect(li.thread).to_contain_text("还有一件事。")
    li.page.wait_for_function("it => !it.isConnected", arg=old)
    li.page.mouse.up()

    expect(li.dialog.locator("form[hx-post]")).to_be_visible()
    assert li.stayed()
