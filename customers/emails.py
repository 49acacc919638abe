"""Letters about requests of the person, in their language, made as they are sent."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from customers import links
from customers.models import (
    ContactCode,
    RightsLetter,
    RightsLetterKind,
    RightsLink,
    RightsLinkPurpose,
)
from customers.queries.kept import reasons_of
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.post import message_id

_PURPOSES = {
    RightsLetterKind.IDENTITY: RightsLinkPurpose.IDENTITY,
    RightsLetterKind.ANSWER: RightsLinkPurpose.ANSWER,
    RightsLetterKind.PACKAGE: RightsLinkPurpose.PACKAGE,
}


class CannotComposeError(Exception):
    """There is no address, or it cannot be read; nobody to send it to."""


def compose(letter: RightsLetter, link: RightsLink | None) -> EmailMultiAlternatives:
    """Return the letter, ready to send. Raises CannotComposeError."""
    asked = letter.request
    context = {
        "asked": asked,
        "address": links.address_of(link) if link else "",
        "site": settings.SITE_NAME,
        "password": _password(letter),
    }
    with translation.override(asked.customer.language):
        context["kept"] = reasons_of(asked.kept)
        name = f"customers/emails/{letter.kind}"
        subject = render_to_string(f"{name}_subject.txt", context)
        body = render_to_string(f"{name}.txt", context)
    return _mail(subject, body, _address(letter), str(letter.pk))


def compose_code(code: ContactCode) -> EmailMultiAlternatives:
    """Return the letter with a code; it names nobody. Raises CannotComposeError."""
    to, digits = code.contact.value, code.code
    if not isinstance(to, str) or not isinstance(digits, str):
        raise CannotComposeError("the address or the code is gone or cannot be read")
    half = len(digits) // 2
    context = {"code": f"{digits[:half]} {digits[half:]}", "site": settings.SITE_NAME}
    with translation.override(code.contact.customer.language):
        subject = render_to_string("customers/emails/code_subject.txt", context)
        body = render_to_string("customers/emails/code.txt", context)
    return _mail(subject, body, to, str(code.pk))


def _mail(subject: str, body: str, to: str, name: str) -> EmailMultiAlternatives:
    return EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        from_email=settings.MAIL_FROM,
        to=[to],
        headers={
            "Message-ID": message_id(name),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )


def purpose_of(letter: RightsLetter) -> RightsLinkPurpose | None:
    """Return what the link in such a letter opens; None for a letter without one."""
    return _PURPOSES.get(RightsLetterKind(letter.kind))


def _address(letter: RightsLetter) -> str:
    held: Any = letter.address or (letter.contact and letter.contact.value)
    if not held or isinstance(held, Unreadable):
        raise CannotComposeError("the address is gone or cannot be decrypted")
    return str(held)


def _password(letter: RightsLetter) -> str:
    if letter.kind != RightsLetterKind.PASSWORD:
        return ""
    package = letter.request.packages.filter(state="ready").first()
    if package is None or not isinstance(package.password, str):
        raise CannotComposeError("there is no password to tell")
    return package.password
