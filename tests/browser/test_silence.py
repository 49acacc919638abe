import pytest
from playwright.sync_api import expect

from tests.browser.people import Colleague, Customer
from tests.browser.words import LANGUAGES, Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
CALL, MISSED = 30_000, 45_000
"""Milliseconds: a day of this desk takes 20 s, and it looks every 5 s."""


def test_silence_becomes_a_call_then_missed_and_goes_to_the_supervisor(visits, stack):
    say = Words("zh-hans")
    address = "silent@customer.example"
    customer = Customer(visits.open(), say)
    number = customer.ask(contact=address, subject="没有回音的请求")
    li = Colleague(visits.sign_in("agent", language="zh-hans"), say)
    liu = Colleague(visits.sign_in("supervisor", language="zh-hans"), say)
    liu.page.goto("/follow-ups/?tab=missed")
    liu.stay()
    li.go(number)
    li.take()
    li.resolve()
    stack.mail.wait_for(
        address, say("Is your request %(number)s solved?", number=number)
    )

    li.page.goto("/follow-ups/")
    li.stay()
    mine = li.page.locator("tr", has_text=number)
    expect(mine).to_contain_text(say("Call due", "follow-up stage"), timeout=CALL)
    assert li.stayed()

    missed = liu.page.locator("tr", has_text=number)
    expect(missed).to_contain_text(say("missed", "follow-up"), timeout=MISSED)
    expect(missed).to_contain_text("刘芳")
    assert liu.stayed()
    _the_desk_shows_it(liu, number)
    _the_supervisor_calls(liu, number)
    customer.page.reload()
    closed = say("Closed", "for the customer")
    expect(customer.page.locator("#progress-head")).to_contain_text(closed)


def _the_desk_shows_it(liu, number):
    liu.page.goto("/desk/")
    due = liu.page.locator("section[aria-labelledby=due-title]")
    expect(due.locator("tbody tr").first).to_be_visible()
    due.locator("a.end").click()
    expect(liu.page.locator("tr", has_text=number)).to_be_visible()


def _the_supervisor_calls(liu, number):
    liu.page.goto("/follow-ups/?tab=missed")
    liu.stay()
    row = liu.page.locator("tr", has_text=number)
    row.get_by_role("link", name=liu.say("Record the call")).click()
    liu.dialog.get_by_label(
        liu.say("Satisfied", "follow-up outcome"), exact=True
    ).check()
    liu.dialog.locator("button[type=submit]").last.click()
    expect(row).to_have_count(0)
    stage = liu.say("%(number)s is solved and closed.", number=number)
    expect(liu.toast(stage)).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_supervisor_sees_queue_people_risks_and_follow_ups(visits, stack, language):
    say = Words(language)
    page = visits.sign_in("supervisor", language=language)
    page.goto("/desk/")

    figures = page.locator("#desk .figures")
    for label in ("Open now", "Received today", "Resolved today", "Unassigned"):
        expect(figures.first).to_contain_text(say(label))
    for title in ("About to breach", "Breached", "Follow-ups due"):
        expect(page.get_by_role("heading", name=say(title), exact=True)).to_be_visible()
    team = page.get_by_role(
        "region", name={"en": "Call centre"}.get(language, "呼叫中心")
    )
    expect(team).to_contain_text("李晓")
    expect(team).to_contain_text("王敏")
    kept = page.get_by_text(say("Follow-ups kept within 48 h"))
    expect(kept.first).to_be_visible()

    page.locator("#desk .figures a.figure").first.click()
    page.wait_for_url("**/desk/*/")
    expect(page.locator("main .row").first).to_be_visible()
