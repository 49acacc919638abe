"""What a customer and a member of staff do with the pages, as steps of a journey."""

import re
import time
from urllib.parse import urljoin

from playwright.sync_api import expect

SOONEST = 2.2
"""Seconds: the form takes nothing that was filled in faster."""


class Customer:
    """Somebody who writes to us; `page` is their browser."""

    def __init__(self, page, say):
        self.page, self.say = page, say
        self.number = self.link = ""

    def ask(
        self,
        *,
        contact,
        subject,
        category="question",
        file=None,
        body="",
        name="林晓梅",
    ):
        """Send the form and open the page of one's own; return the number."""
        self.page.goto("/help/")
        self.page.get_by_role("link", name=self.say("Send a request")).click()
        self.page.wait_for_url("**/help/request/")
        opened = time.monotonic()
        self.page.locator("#id_name").fill(name)
        self.page.locator("#id_contact").fill(contact)
        self.page.locator("#id_category").select_option(label=self._category(category))
        self.page.locator("#id_subject").fill(subject)
        self.page.locator("#id_body").fill(body or f"{subject} …")
        if file:
            self.page.locator("#id_attachments").set_input_files(file)
        self.page.wait_for_timeout(max(0, SOONEST - time.monotonic() + opened) * 1000)
        self.page.locator("form.card button[type=submit]").click()
        self.number = self.page.locator(".number").inner_text()
        link = self.page.get_by_role("link", name=self.say("Open my page"))
        # As a letter would carry it; the page itself has an address that opens nothing.
        self.link = urljoin(self.page.url, link.get_attribute("href"))
        link.click()
        self.page.wait_for_url("**/r/**")
        assert self.page.url != self.link
        return self.number

    def write(self, words):
        """Add a message on one's own page."""
        self.page.goto(self.link)
        self.page.locator("form.card #id_body").fill(words)
        self.page.locator("form.card button[type=submit]").click()
        expect(self.page.locator("#progress-thread")).to_contain_text(words)

    def answer(self, words, *, solved):
        """Click one of the two buttons of "is everything solved?"."""
        if words:
            self.page.locator(".ask #id_words").fill(words)
        name = "Yes, solved" if solved else "No, not solved"
        self.page.get_by_role("button", name=self.say(name)).click()

    def _category(self, slug):
        named = {
            "question": ("产品咨询", "Question about a product"),
            "technical": ("技术问题", "Technical problem"),
        }
        return named[slug][self.say.language == "en"]


class Colleague:
    """Somebody of the staff, signed in; `page` is their browser."""

    def __init__(self, page, say):
        self.page, self.say = page, say
        self.conversation = page.locator("#conversation")
        self.thread = page.locator("#thread")
        self.head = page.locator("#conversation-head")
        self.dialog = page.locator("#dialog")

    def queue(self, key):
        """Open a queue, and notice from now on if the page is loaded again."""
        self.page.goto(f"/inbox/?queue={key}")
        self.stay()

    def stay(self):
        """Notice from now on if the page is loaded again."""
        self.page.evaluate("window.stayed = true")

    def stayed(self):
        """Whether the page was never loaded again since `stay`."""
        return bool(self.page.evaluate("window.stayed === true"))

    def row(self, number):
        return self.page.locator(f"#list .row[data-number='{number}']")

    def open(self, number):
        """Choose a ticket from the list that is shown."""
        self.row(number).click()
        expect(self.conversation).to_have_attribute("data-number", number)

    def go(self, number):
        """Open a ticket by its address."""
        self.page.goto(f"/inbox/{number}/?queue=team")
        expect(self.conversation).to_have_attribute("data-number", number)
        self.stay()

    def take(self):
        self.page.locator(".toolbar form button").click()

    def write(self, kind, words):
        """Send a reply or a note."""
        self.page.locator(f"#tab-{kind}").click()
        self.page.locator(f"#{kind}-body").fill(words)
        self.page.locator(f"#panel-{kind} .button--primary").click()
        expect(self.thread).to_contain_text(words)
        expect(self.page.locator(".message--pending")).to_have_count(0)

    def act(self, name, **fields):
        """Open an action of the toolbar in its dialog, fill it in and send it."""
        self.tool(name).click()
        form = self.dialog.locator("form[hx-post]")
        expect(form).to_be_visible()
        for field, value in fields.items():
            control = form.locator(f"[name={field}]")
            if control.evaluate("it => it.tagName") == "SELECT":
                control.select_option(value=str(value))
            else:
                control.fill(value)
        form.locator("button[type=submit]").click()
        expect(self.dialog).to_be_hidden()

    def tool(self, name):
        return self.page.locator(".toolbar").get_by_role(
            "link", name=self.say(name), exact=True
        )

    def resolve(self):
        self.act(
            "Resolve",
            words="已为您更换固件。",
            root_cause="固件 2.4.1 的缺陷",
            solution="回退到 2.4.0",
        )

    def toast(self, words):
        return self.page.locator("[data-toast]", has_text=words)

    def undo(self):
        self.page.locator("[data-toast] form button").last.click()

    def status(self, name):
        """Expect the open ticket to stand here."""
        shown = self.head.locator(".conversation__facts > :first-child")
        expect(shown).to_contain_text(self.say(name, "ticket status"))


def number_in(address):
    """Return the ticket's number that an address names."""
    return re.search(r"SD-\d+-\d+", address)[0]
