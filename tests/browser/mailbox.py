"""A mail server on the loopback address that keeps what it gets."""

import email
import email.policy
import logging
import re
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from servicedesk.embedded.ports import free_port

PATIENCE = 20


class Mailbox:
    """An SMTP server for the length of a `with` block; letters in order of arrival.

    `delay` is how many seconds each letter takes before it is accepted.
    """

    def __init__(self, *, delay=0.0):
        self.port = free_port()
        self.letters = []
        self.delay = delay
        self._arrived = threading.Condition()
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_details):
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session, envelope):  # noqa: N802
        """Keep a letter; called by aiosmtpd."""
        if self.delay:
            import asyncio  # noqa: PLC0415

            await asyncio.sleep(self.delay)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self._arrived:
            self.letters.append(letter)
            self._arrived.notify_all()
        return "250 kept"

    def to(self, address, words=""):
        """Return the letters to this address whose subject holds the words."""
        return [
            letter
            for letter in list(self.letters)
            if address in letter["To"] and words in letter["Subject"]
        ]

    def wait_for(self, address, words="", *, count=1, seconds=PATIENCE):
        """Wait until so many letters have come, and return the newest."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while len(found := self.to(address, words)) < count:
                if not self._arrived.wait(max(0.0, deadline - time.monotonic())):
                    seen = [(one["To"], one["Subject"]) for one in self.letters[-5:]]
                    raise AssertionError(
                        f"No letter to {address} about {words!r}; the last: {seen}"
                    )
        return found[-1]


def text_of(letter):
    """Return what a person reads in the letter."""
    return letter.get_body(("plain",)).get_content()


def link_in(letter):
    """Return the address of the customer's page that the letter carries."""
    found = re.search(r"http://\S+/r/\S+", text_of(letter))
    assert found, f"no link in: {text_of(letter)}"
    return found[0]
