"""Ways to have texts read, and to search as a person does."""

from django.urls import reverse
from django.utils.timezone import now

from servicedesk.core.search.asked import read
from tests.desk import fresh
from tickets.actions.texts import read_due
from tickets.models import Ticket
from tickets.queries.search import find


def have_read():
    """Let the sweep do what is due."""
    while read_due(now=now()).rows:
        pass


def found(words, user, *narrow, **more):
    """Return the tickets on the first page, in order."""
    page = find(read(words), fresh(user), *narrow, **more)
    tickets = Ticket.objects.in_bulk(page.keys)
    return [tickets[key] for key in page.keys]


def search(client, words, **filters):
    """Type into the form and go where it leads."""
    posted = {"words": words} | filters
    return client.post(reverse("tickets:search"), posted, follow=True)
