"""Which rows of the audit log are about a ticket that somebody names."""

from collections.abc import Iterable

from django.db.models import Model

from tickets.models import Attachment, FollowUp, Message, Ticket

_AT_MOST = 500


def rows_about(typed: str) -> Iterable[tuple[type[Model], list[str]]]:
    """Yield the ticket with this number, and what hangs on it."""
    pk = (
        Ticket.objects.filter(number__iexact=typed).values_list("pk", flat=True).first()
    )
    if pk is None:
        return
    yield Ticket, [str(pk)]
    for rows in (
        Message.objects.filter(ticket=pk),
        Attachment.objects.filter(message__ticket=pk),
        FollowUp.objects.filter(ticket=pk),
    ):
        keys = rows.order_by("pk").values_list("pk", flat=True)[:_AT_MOST]
        yield rows.model, [str(key) for key in keys]
