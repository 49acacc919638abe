import os
import re

import pytest
from django.conf import settings as project
from django.db import connections
from django.test import TransactionTestCase
from django.urls import reverse
from playwright.sync_api import expect, sync_playwright

from servicedesk.staff.models import User
from tests.desk import _empty
from tests.staff.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module", autouse=True)
def _emptied_by_our_own_means():
    """Django would truncate every table; the audit log refuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _empty())
        yield


@pytest.fixture
def page(chromium_path, monkeypatch):
    """Give a page whose device holds a key, and see that the policy was kept."""
    # Playwright runs a loop in this thread; the database is asked between its steps.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox"]
        )
        page = browser.new_page(locale="en-GB")
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        said = []
        page.on("console", lambda message: said.append(message.text))
        yield page
        browser.close()
        # What was asked while the loop ran has a connection of its own.
        connections.close_all()
        assert not [text for text in said if "Content Security Policy" in text]


@pytest.fixture
def zheng(db):
    return User.objects.create_user(
        username="zheng.he",
        email="zheng.he@example.com",
        password=PASSWORD,
        display_name="Zheng He",
        language="en",
    )


def test_a_passkey_is_added_and_signs_in_alone(page, live_server, zheng, settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    start = live_server.url.replace("127.0.0.1", "localhost")
    settings.ALLOWED_HOSTS = [*project.ALLOWED_HOSTS, "localhost"]

    page.goto(start + reverse("mfa_add_webauthn"))
    page.get_by_label("User name or e-mail").fill("zheng.he")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    page.goto(start + reverse("account_logout"))
    page.get_by_role("button", name="Sign out").first.click()
    page.goto(start + reverse("account_login") + "?next=/profile/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile(r"/profile/$"))
    expect(page.get_by_label("Name", exact=True)).to_have_value("Zheng He")


def test_a_device_without_the_key_says_so_in_words(page, live_server):
    start = live_server.url.replace("127.0.0.1", "localhost")
    page.goto(start + reverse("account_login"))

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("That did not work")
