"""An administrator has the desk look at itself, and takes a finding upon them."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
PAGE = "/system/security/"
PATIENCE = 120


def wrong_with(page):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:120]}"
        for rule in found["violations"]
    ]


def test_a_check_is_started_read_and_a_finding_put_aside(visits):
    page = visits.sign_in("admin", language="en", bypass_csp=True)
    page.goto(PAGE)
    page.get_by_role("button", name="Check now").click()
    page.wait_for_url("**/jobs/**")
    until = time.monotonic() + PATIENCE
    page.goto(PAGE)
    while not page.get_by_text("Last checked").count():
        assert time.monotonic() < until, "the check never came to its end"
        page.wait_for_timeout(1000)
        page.goto(PAGE)
    row = page.get_by_role("row").filter(has_text="signs in with the password alone")
    if not row.count():
        row = page.get_by_role("row").filter(has_text="sign in with the password alone")
    assert row.count() >= 1
    assert wrong_with(page) == []

    row.first.get_by_role("link", name="Acknowledge").click()
    assert wrong_with(page) == []
    page.get_by_label("Why it can wait").fill("Phones are ordered")
    page.get_by_label("Until").fill(
        page.evaluate("new Date(Date.now() + 9 * 864e5).toISOString().slice(0, 10)")
    )
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("heading", name="Put aside for a while").wait_for()
    assert page.get_by_text("Phones are ordered").is_visible()
