"""A ticket as one line of a list. Lists are long, so a line is one format, no template.

With 50 lines, a template of its own for each line took two thirds of the page's time.
"""

import datetime as dt
from collections.abc import Iterable
from typing import cast

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone
from django.utils.translation import pgettext

from servicedesk.core.templatetags.ui import (
    Clock,
    avatar,
    channel_icon,
    clock_chip,
    escaped,
    priority_mark,
    short_number,
    status_chip,
    when,
)
from tickets.queries.rows import Row

register = template.Library()

_LINE = (
    '<a class="row{unread}" href="{url}" data-number="{number}"{live}{selected}>'
    '<span class="row__mark">{channel}</span>'
    '<span class="row__who"><b class="truncate">{customer}</b> '
    '<span class="row__number" title="{number}">{short}</span></span>'
    '<span class="row__when">{dot}{at}</span>'
    '<span class="row__prio">{priority}</span>'
    '<span class="row__what truncate">{subject}</span>'
    '<span class="row__side">{state} {assignee}</span></a>'
)
_DOT = (
    '<span class="dot" aria-hidden="true"></span>'
    ' <span class="sr-only">{unread}</span> '
)
_ASSIGNEE = '<span title="{name}">{avatar}<span class="sr-only">{name}</span></span>'


@register.simple_tag
def ticket_row(row: Row, *, live: bool = False) -> SafeString:
    """Draw one line; `live` opens it in the workspace instead of as a page."""
    zone = get_current_timezone()
    return mark_safe(_line(row, zone, live=live, unread=pgettext("ticket", "unread")))  # noqa: S308  # it is


def _line(row: Row, zone: dt.tzinfo, *, live: bool, unread: str) -> str:
    """Return a line as safe text: each part is escaped."""
    url, number = escaped(row.url), escaped(row.number)
    return _LINE.format(
        unread=" row--unread" if row.unread else "",
        url=url,
        number=number,
        live=f' hx-get="{url}"' if live else "",
        selected=' aria-current="true"' if row.selected else "",
        channel=channel_icon(row.channel, row.channel_label),
        customer=escaped(row.customer),
        short=escaped(short_number(row.number)),
        dot=_DOT.format(unread=escaped(unread)) if row.unread else "",
        at=when(row.at, zone=zone),
        priority=priority_mark(row.priority, row.priority_label),
        subject=escaped(row.subject),
        state=clock_chip(cast("Clock", row.clock), zone=zone)
        if row.clock
        else status_chip(row.status, row.status_label),
        assignee=_assignee(row.assignee),
    )


@register.simple_tag
def ticket_rows(rows: Iterable[Row], *, live: bool = False) -> SafeString:
    """Draw the lines of a list."""
    zone, unread = get_current_timezone(), pgettext("ticket", "unread")
    lines = (f"<li>{_line(row, zone, live=live, unread=unread)}</li>" for row in rows)
    return mark_safe("\n".join(lines))  # noqa: S308  # each line is safe


def _assignee(person: dict[str, str] | None) -> str:
    if person is None:
        return ""
    return _ASSIGNEE.format(
        name=escaped(person["name"]),
        avatar=avatar(person["name"], person["initials"], "20"),
    )
