"""What happens elsewhere shows at the bell, at once, in every open page."""

import pytest
from playwright.sync_api import expect

# Told to the administrator, who has no tickets of which the sweeps could tell.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTIFY = """
from django.db import transaction
from django.utils.timezone import now
from servicedesk.core.notifications.notify import notify
from servicedesk.staff.models import User
with transaction.atomic():
    notify(users=[User.objects.get(username="admin")], kind="core.job_done",
        ref="01a21664-ed78-74d0-a632-60edc643bdbf", key="{key}", now=now(),
        data={{"job": "encryption.count"}})
"""


def test_the_bell_rings_and_the_list_is_read(visits, stack):
    stack.ask("DELETE FROM core_notification")
    page = visits.sign_in("admin", language="en")
    expect(page.locator("#bell .rail__count")).to_have_count(0)

    stack.manage("shell", "-c", NOTIFY.format(key="first"))

    expect(page.locator("#bell .rail__count")).to_have_text("1")
    expect(page.locator("#toasts")).to_contain_text("Done: Count the values")

    page.locator("#bell").click()
    page.wait_for_url("**/notifications/")
    expect(page.locator("main")).to_contain_text("Done: Count the values")
    stack.manage("shell", "-c", NOTIFY.format(key="second"))
    expect(page.locator(".notices__line")).to_have_count(2)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("#bell .rail__count")).to_have_count(0)


def test_without_a_script_the_bell_is_a_link(visits, stack):
    stack.ask("DELETE FROM core_notification")
    stack.manage("shell", "-c", NOTIFY.format(key="third"))
    page = visits.sign_in("admin", language="en", java_script_enabled=False)
    expect(page.locator("#bell .rail__count")).to_have_text("1")
    page.locator("#bell").click()
    page.locator(".notices__line button").click()
    expect(page.locator("#bell .rail__count")).to_have_count(0)
