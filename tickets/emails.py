"""Letters to customers, in the customer's language, made at the moment of sending."""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from servicedesk.core.encryption.errors import Unreadable
from tickets import links
from tickets.models import Letter, LetterKind

_TEMPLATES = {
    LetterKind.RECEIVED: "received",
    LetterKind.REPLY: "reply",
    LetterKind.TRANSFER: "reply",
    LetterKind.RESOLVED: "resolved",
}


class CannotComposeError(Exception):
    """The letter's address cannot be read, so there is nobody to send it to."""


def compose(letter: Letter) -> EmailMultiAlternatives:
    """Return the letter, ready to send.

    Its Message-ID is made from the letter's own id, so that a mail server that
    gets it twice can know it. Raises CannotComposeError if the address is unreadable.
    """
    address = letter.contact.value
    if isinstance(address, Unreadable):
        raise CannotComposeError("the address cannot be decrypted")
    ticket = letter.ticket
    name = _TEMPLATES[LetterKind(letter.kind)]
    link = links.issue_link(ticket=ticket, now=letter.taken_at or letter.due_at)
    context = {
        "ticket": ticket,
        "message": letter.message,
        "address": links.address_of(link),
        "site": settings.SITE_NAME,
    }
    with translation.override(ticket.customer.language):
        subject = render_to_string(f"tickets/emails/{name}_subject.txt", context)
        body = render_to_string(f"tickets/emails/{name}.txt", context)
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    return EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        from_email=settings.MAIL_FROM,
        to=[str(address)],
        headers={
            "Message-ID": f"<{letter.pk}.{ticket.number}@{domain}>",
            "References": f"<{ticket.number}@{domain}>",
            "Auto-Submitted": "auto-generated"
            if letter.kind == LetterKind.RECEIVED
            else "no",
            "X-Auto-Response-Suppress": "All",
        },
    )
