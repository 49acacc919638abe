"""What tickets hold on a customer, for the package that the person asked for."""

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.queries.package import Section, functions_of
from tickets.models import (
    Attachment,
    FollowUp,
    Message,
    MessageKind,
    Ticket,
    TicketStatus,
)


def sections_of(customer: Customer) -> list[Section]:
    """Return tickets, what was said, the files by name, and follow-ups.

    Internal notes are what colleagues tell each other; they are explained on request.
    """
    return [
        _tickets(customer),
        _messages(customer),
        _files(customer),
        _follow_ups(customer),
    ]


def reasons_against(customer: Customer) -> list[str]:
    """Return a sentence for each matter that is not over: the person is needed for it."""
    found = Ticket.objects.filter(customer=customer).exclude(
        status__in=[TicketStatus.CLOSED, TicketStatus.SPAM, TicketStatus.MERGED]
    )
    return [
        _("Ticket %(number)s is not closed yet.") % {"number": number}
        for number in found.order_by("number").values_list("number", flat=True)[:5]
    ]


def _tickets(customer: Customer) -> Section:
    columns = {
        "number": _("number"),
        "given_name": _("name given"),
        "channel": _("channel"),
        "kind": _("kind"),
        "category": _("category"),
        "subject": _("subject"),
        "status": _("status"),
        "created_at": _("received"),
        "resolved_at": _("resolved"),
        "root_cause": _("root cause"),
        "solution": _("solution"),
    }
    found = customer.tickets.select_related("category").order_by("created_at")
    rows = [
        (
            each.number, str(each.given_name or ""), each.get_channel_display(),
            each.get_kind_display(), each.category.label, each.subject,
            each.get_status_display(), each.created_at, each.resolved_at,
            each.root_cause, each.solution,
        )
        for each in found
    ]  # fmt: skip
    return Section("tickets", _("Tickets"), columns, rows)


def _messages(customer: Customer) -> Section:
    columns = {
        "ticket": _("ticket"),
        "at": _("when"),
        "from": _("from"),
        "by": _("by"),
        "text": _("text"),
    }
    found = list(
        Message.objects.filter(ticket__customer=customer)
        .exclude(kind=MessageKind.NOTE)
        .select_related("ticket")
        .order_by("ticket__created_at", "ticket", "seq")
    )
    who = functions_of(each.author_id for each in found)
    rows = [
        (
            each.ticket.number, each.created_at, each.get_kind_display(),
            who.get(each.author_id, "") if each.author_id else "", each.body,
        )
        for each in found
    ]  # fmt: skip
    return Section("messages", _("Messages"), columns, rows)


def _files(customer: Customer) -> Section:
    columns = {
        "ticket": _("ticket"),
        "name": _("file name"),
        "size": _("size (bytes)"),
        "at": _("when"),
    }
    found = (
        Attachment.objects.filter(message__ticket__customer=customer)
        .exclude(message__kind=MessageKind.NOTE)
        .select_related("message__ticket")
        .order_by("created_at")
    )
    rows = [
        (each.message.ticket.number, each.name, each.size, each.created_at)
        for each in found
    ]
    return Section("files", _("Files"), columns, rows)


def _follow_ups(customer: Customer) -> Section:
    columns = {
        "ticket": _("ticket"),
        "due_at": _("due"),
        "done_at": _("done"),
        "outcome": _("outcome"),
        "words": _("what the customer said"),
    }
    found = (
        FollowUp.objects.filter(ticket__customer=customer)
        .select_related("ticket")
        .order_by("due_at")
    )
    rows = [
        (
            each.ticket.number, each.due_at, each.done_at, each.get_outcome_display(),
            each.words,
        )
        for each in found
    ]  # fmt: skip
    return Section("follow_ups", _("Follow-ups"), columns, rows)
