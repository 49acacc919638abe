"""Somebody comes and somebody leaves, in real browsers."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import Customer
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
# Mu Qing takes the ticket that is named, and is about to leave.
LEAVER = """
from django.utils.timezone import now
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import Role, Team, User
from tests.factories import clear
from tickets.actions.take import take
from tickets.models import Ticket
mu = User.objects.create_user(username="mu", display_name="Mu Qing", language="en")
clear(mu)
set_roles(user=mu, groups=[Role.objects.get(key="agent").group])
add_member(team=Team.objects.get(slug="call-centre"), user=mu)
take(ticket=Ticket.objects.get(number="{number}"), by=mu, now=now())
print("KEY", mu.pk)
"""


def test_a_newcomer_signs_is_recorded_and_begins(visits, stack):
    visits.complaints.allow(403)
    page = visits.sign_in("newcomer", language="en")
    expect(page.get_by_text("Customer data is closed to you")).to_be_visible()
    page.goto("/inbox/")
    expect(page.get_by_role("heading", name="Clearance is missing")).to_be_visible()

    page.get_by_role("link", name="Read and sign").click()
    page.wait_for_url("**/clearance/agreement/")
    page.get_by_label("I have read the whole agreement").check()
    page.get_by_label("Your name").fill("马超")
    page.get_by_role("button", name="Sign").click()
    page.locator("#id_password").fill(stack.password)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(r"/clearance/$"))
    expect(page.get_by_text("Confidentiality agreement, version 1")).to_be_visible()
    expect(page.locator(".lacking__line")).to_have_count(2)

    trainer = visits.sign_in("trainer", language="en")
    trainer.goto("/clearance/people/?show=lacking")
    trainer.get_by_role("link", name="马超").click()
    for kind in ("onboarding", "security"):
        trainer.locator("#id_kind").select_option(kind)
        trainer.get_by_role("button", name="Record").click()
        expect(trainer.locator("[data-toast]", has_text="Recorded.")).to_be_visible()
    expect(trainer.locator(".bar")).to_contain_text("Cleared")

    page.goto("/inbox/?queue=open")
    expect(page.locator("#list")).to_be_visible()


def test_somebody_leaves_and_the_ticket_goes_to_the_colleague(visits, stack):
    customer = Customer(visits.open(language="en"), Words("en"))
    number = customer.ask(contact="139 7777 0001", subject="Whose is it now?")
    told = stack.manage("shell", "-c", LEAVER.format(number=number))
    page = visits.sign_in("supervisor", language="en")

    page.goto(f"/leaving/{re.search(r'KEY (.+)', told)[1]}/")
    expect(page.locator("main")).to_contain_text("Mu Qing leaves")
    page.locator("select[name^=team-]").select_option(label="李晓")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Is this what you mean?")).to_be_visible()
    page.get_by_role("button", name="Close the account and hand over").click()
    page.wait_for_url("**/leaving/*/")

    handed = page.get_by_role("heading", name="Who took over how much")
    for _try in range(30):
        if handed.is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(handed).to_be_visible()
    expect(page.locator(".bar")).to_contain_text("Done")
    page.goto(f"/inbox/{number}/?queue=team")
    expect(page.locator("#conversation-head")).to_contain_text("李晓")
