"""Say to the event stream which tickets a person may follow."""

from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from servicedesk.core.live.channels import register_channels
from tickets.models import Ticket


def connect() -> None:
    """Answer for the live channels "ticket:<id>"."""
    register_channels("ticket", readable_tickets)


def readable_tickets(user: AbstractBaseUser, wanted: list[str]) -> Iterable[str]:
    """Return the channels of those tickets that the user may see; one query."""
    keys = [channel.partition(":")[2] for channel in wanted]
    try:
        found = Ticket.objects.visible_to(user).filter(pk__in=keys)
        return [f"ticket:{pk}" for pk in found.values_list("pk", flat=True)]
    except ValidationError:
        return []
