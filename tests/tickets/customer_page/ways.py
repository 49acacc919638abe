"""Ways to look at the customer's page, and what may change there."""

import datetime as dt
import re
import uuid

from django.core.files.base import ContentFile
from django.test import Client

from tickets import links
from tickets.actions.reply import note, reply
from tickets.models import (
    Attachment,
    FollowUp,
    Message,
    Ticket,
    TicketEvent,
)

HOUR = dt.timedelta(hours=1)
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}


def address(ticket, now):
    return f"/r/{links.token_of(links.issue_link(ticket=ticket, now=now))}/"


def opened(client, ticket, now):
    """Open the link of a letter in this browser; return the address of the page."""
    return page_behind(address(ticket, now), client)


def page_behind(link, client=None):
    """Return the address that a link leads to; this browser may look at it then."""
    answer = (client or Client()).get(link)
    assert answer.status_code == 302
    return answer.url


def state():
    """Return how much there is of everything that a visit could change."""
    kinds = (Ticket, Message, TicketEvent, FollowUp, Attachment)
    rows = [list(kind.objects.order_by("pk").values()) for kind in kinds]
    return repr(rows)


def words(**changes):
    return {"body": "One more thing.", "client_key": str(uuid.uuid4()), **changes}


def file_of(ticket, now, name="photo.png", content=b"\x89PNG", kind=None, by=None):
    files = [ContentFile(content, name=name)]
    if kind is note:
        message = note(ticket=ticket, body="x", by=by, now=now, files=files)
    else:
        message = reply(ticket=ticket, body="x", by=by, now=now, files=files)
    return message.attachments.get()


def seen_by(told):
    return re.search(r'hx-get="([^"]+)"', told).group(1).replace("&amp;", "&")
