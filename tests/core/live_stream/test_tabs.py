"""static/js/live.js in Chromium: two tabs, one stream, through a restart."""

import contextlib
import json
import signal
import time
from pathlib import Path

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect, sync_playwright

from servicedesk.core.live.tokens import session_ref, stream_token
from tests.core.live_stream.ways import MEI, Server, sign_out, tell

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db]
SCRIPT = Path(__file__).resolve().parents[3] / "static/js/live.js"

PAGE = """<!doctype html><title>Live</title>
<body data-live-token-url="/live/token/"{extra}
 data-live-session="{session}" data-live-since="{since}">
<div id="connection-banner" hidden>lost</div>
<div id="outer" data-live-on="team:9"><p id="part" data-live-on="team:1 user:7">0</p></div>
<ol id="log"></ol>
<script type="module" src="/live.js"></script>
<script type="module" src="/page.js"></script>"""
COUNTING = """
const note = (text) => document.getElementById("log").append(
  Object.assign(document.createElement("li"), {textContent: text}));
for (const part of document.querySelectorAll("[data-live-on]")) {
  part.addEventListener("live", () => note(`${part.id} refreshed`));
}
document.addEventListener("live:event", ({detail}) => note(detail.ref));
document.addEventListener("live:reset", () => note("reset"));
document.addEventListener("live:signed-out", () => note("signed out"));
"""


@pytest.fixture
def server(_leave_nothing):
    server = Server()
    server.start()
    yield server
    if server.process.poll() is None:
        server.end(signal.SIGKILL)


class Desk:
    """A browser in which Mei is logged in, with pages that only listen."""

    def __init__(self, context, server):
        self.context = context
        self.origin = f"http://127.0.0.1:{server.port}"
        self.signed_in = True
        self.streams = []
        self.fetched = 0
        self.extra = """ data-live-channels='["team:1"]'"""
        cookie = {"name": "sessionid", "value": MEI["session_key"]}
        context.add_cookies([{**cookie, "url": self.origin}])
        context.route("**/live.js", lambda route: route.fulfill(path=SCRIPT))
        context.route(
            "**/page.js",
            lambda route: route.fulfill(body=COUNTING, content_type="text/javascript"),
        )
        context.route("**/desk", self._page)
        context.route("**/live/token/**", self._token)
        context.on("request", self._count)

    def _page(self, route):
        session = session_ref(MEI["session_key"])
        since = int(now().timestamp())
        body = PAGE.format(session=session, since=since, extra=self.extra)
        route.fulfill(body=body, content_type="text/html")

    def _token(self, route):
        self.fetched += 1
        if not self.signed_in:
            route.fulfill(status=401, body="{}")
            return
        channels = ["team:1", "team:9", "user:7"]
        token = stream_token(channels=channels, now=now(), **MEI)
        route.fulfill(body=json.dumps({"token": token, "expires_in": 600}))

    def _count(self, request):
        if "/events/" in request.url:
            self.streams.append(request)

    def tab(self):
        page = self.context.new_page()
        page.goto(f"{self.origin}/desk")
        return page

    def leading_tab(self):
        """Open a tab and return it when it has its stream, which the next ones share."""
        with self.context.expect_event("request", lambda it: "/events/" in it.url):
            return self.tab()


@pytest.fixture
def desk(server, chromium_path):
    options = {"executable_path": chromium_path, "args": ["--no-sandbox"]}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        with contextlib.closing(browser.new_context()) as context:
            yield Desk(context, server)
        browser.close()


def lines(page):
    return page.locator("#log li")


def test_tabs_share_a_stream_and_each_refreshes_its_parts(desk):
    first, second = desk.leading_tab(), desk.tab()

    tell("team:1", "41")

    for page in (first, second):
        expect(lines(page)).to_have_text(["41", "part refreshed"], timeout=10_000)
    assert len(desk.streams) == 1


def test_the_token_of_the_page_is_used_first(desk):
    token = stream_token(channels=["team:1", "team:9", "user:7"], now=now(), **MEI)
    desk.extra = (
        f" data-live-token='{token}'"
        """ data-live-channels='["team:1", "team:9", "user:7"]'"""
    )
    page = desk.tab()

    tell("team:1", "41")

    expect(lines(page)).to_have_count(2, timeout=10_000)
    assert (desk.fetched, len(desk.streams)) == (0, 1)


def test_the_next_tab_takes_over_and_misses_nothing(desk):
    first, second = desk.tab(), desk.tab()
    tell("team:1", "41")
    expect(lines(second)).to_have_count(2, timeout=10_000)

    first.close()
    tell("team:1", "42")

    expect(lines(second)).to_have_text(
        ["41", "part refreshed", "42", "part refreshed"], timeout=10_000
    )


def test_a_lost_line_is_shown_and_made_good(desk, server):
    page = desk.tab()
    tell("team:1", "41")
    expect(lines(page)).to_have_count(2, timeout=10_000)
    banner = page.locator("#connection-banner")

    server.end(signal.SIGKILL)
    tell("team:1", "42")
    expect(banner).to_be_visible(timeout=10_000)
    server.start()

    expect(banner).to_be_hidden(timeout=40_000)
    expect(lines(page)).to_have_text(["41", "part refreshed", "42", "part refreshed"])


def test_signing_out_ends_it(desk):
    page = desk.tab()
    tell("team:1", "41")
    expect(lines(page)).to_have_count(2, timeout=10_000)

    desk.signed_in = False
    sign_out(user_id=7, session_key=MEI["session_key"])

    expect(lines(page).last).to_have_text("signed out", timeout=10_000)
    opened = len(desk.streams)
    time.sleep(2)
    assert len(desk.streams) == opened
