"""Fixtures of the browser's tests: one desk for all of them, one browser a module."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.chrome import Visits, launch
from tests.browser.stack import Stack

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def stack():
    """A complete desk with demonstration data; started once."""
    with Stack() as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path):
    """A Chromium. It ends with the module: Playwright's loop stays in this thread, and
    Django's database refuses threads with a loop."""
    with sync_playwright() as playwright:
        running = launch(playwright, chromium_path)
        yield running
        running.close()


@pytest.fixture
def visits(browser, stack, request, tmp_path):
    """Browsers for the people of one test; the test fails if a page complained."""
    opened = Visits(browser, stack)
    yield opened
    if getattr(request.node, "call_failed", False):
        # pytest shows what is printed with the failure.
        print(stack.told(), *opened.photograph(tmp_path), sep="\n")  # noqa: T201
    opened.close()
    assert not opened.complaints.found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.call_failed = report.failed
    return report
