"""The browser of the tests: how it is started, and what it must not complain of."""

import contextlib
import itertools
import re

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}
_addresses = itertools.count(1)


def launch(playwright, path):
    """Start Chromium without what would look for a network."""
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


class Complaints:
    """What the pages of a test complained of: policy, scripts, requests, errors.

    `allow` names answers that a test provokes on purpose, such as 404.
    """

    def __init__(self):
        self.found = []
        self.allowed = set()

    def allow(self, *codes):
        self.allowed.update(codes)

    def watch(self, page):
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message):
        if message.type not in {"error", "warning"}:
            return
        # htmx calls it an error when it gives up a request for a newer one.
        if re.match(r"htmx:(sendAbort|afterRequest), ", message.text):
            return
        code = re.search(r"status of (\d+)", message.text)
        if code and int(code[1]) in self.allowed:
            return
        self.found.append(f"console {message.type}: {message.text}")

    def _failed(self, request):
        # A page that is left takes its open requests with it: that is no failure.
        if request.failure not in {"net::ERR_ABORTED", None}:
            self.found.append(f"request: {request.failure} {request.url}")

    def _answered(self, response):
        if response.status >= 400 and response.status not in self.allowed:
            self.found.append(f"answer: {response.status} {response.url}")


class Visits:
    """Opens browsers of their own for the people of one test, and watches them."""

    def __init__(self, browser, stack):
        self.browser, self.stack = browser, stack
        self.complaints = Complaints()
        self._contexts = []

    def open(self, *, language="zh-hans", width=1440, height=900, **options):
        """Return a page of a new browser, as of another person at another address."""
        number = next(_addresses)
        context = self.browser.new_context(
            base_url=self.stack.url,
            locale=LOCALES[language],
            viewport={"width": width, "height": height},
            extra_http_headers={
                "X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"
            },
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(15_000)
        context.on("page", self.complaints.watch)
        self._contexts.append(context)
        return context.new_page()

    def sign_in(self, username, *, language=None, **options):
        """Return a page of somebody who is signed in; their language is set first."""
        if language:
            self.stack.speak(username, language)
        page = self.open(language=language or "zh-hans", **options)
        page.goto("/accounts/login/")
        page.locator("#id_login").fill(username)
        page.locator("#id_password").fill(self.stack.password)
        page.locator("form:has(#id_password) button[type=submit]").click()
        page.wait_for_url(re.compile(r"/$"))
        return page

    def photograph(self, folder):
        """Save what every page shows now; return where it is."""
        told = []
        pages = [page for context in self._contexts for page in context.pages]
        for number, page in enumerate(pages):
            file = folder / f"page-{number}.png"
            with contextlib.suppress(Exception):
                page.screenshot(path=file, timeout=3000)
                told.append(f"{page.url}: {file}")
        return told

    def close(self):
        for context in self._contexts:
            with contextlib.suppress(Exception):
                context.close()
