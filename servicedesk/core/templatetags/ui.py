"""The small marks of the interface: icons, chips, times, people, offered everywhere.

They stand in long lists, so each is one format and no query. What a mark means is always
also written in words: in the label that it carries, or in its title.
"""

import html
import json
import re
from collections.abc import Hashable
from datetime import datetime, tzinfo
from functools import cache, lru_cache
from typing import Protocol
from zlib import crc32

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

AVATAR_TINTS = 6
# Marks whose words are ours alone are the same for ever: each is put together once.
_REMEMBERED = 1024
# A path of our own: a second slash would name another host.
UNDO = re.compile(r"undo:/(?!/)\S*")
CHANNEL_ICONS = {
    "phone": "phone",
    "email": "mail",
    "chat": "chat",
    "web": "globe",
    "social": "share",
    "in_person": "store",
    "api": "plug",
    "wechat": "chat",
}
STATUS_ICONS = {
    "new": "status-new",
    "open": "status-open",
    "waiting": "status-waiting",
    "resolved": "status-resolved",
    "closed": "status-closed",
    "merged": "merge",
    "spam": "ban",
}
CLOCK_ICONS = {
    "ok": "clock",
    "warn": "hourglass",
    "breached": "alert",
    "paused": "pause",
    "met": "check",
}
TOAST_ICONS = {"success": "check-circle", "warning": "alert", "error": "alert"}
# strftime is far cheaper than Django's date filter, and lists hold many times.
WRITTEN_TIMES = {"date": "%Y-%m-%d", "clock": "%H:%M", "relative": "%m-%d %H:%M"}


class Clock(Protocol):
    """What a service-level chip needs to know."""

    state: str
    due: datetime | None
    label: str


@register.simple_tag
def kept(template_name: str, shown: Hashable = None) -> SafeString:
    """Draw a part that depends on `shown` and the language alone, each only once.

    For what most pages have in common; the template knows `shown` by this name, and
    nothing else: no request, no person, no token.
    """
    return _kept(template_name, shown, get_language())


@lru_cache(maxsize=_REMEMBERED)
def _kept(template_name: str, shown: Hashable, _language: str | None) -> SafeString:
    return render_to_string(template_name, {"shown": shown})


@cache
def _sprite() -> str:
    # The name cannot change while the process lives, and a list asks hundreds of times.
    return static("img/icons.svg")


@register.simple_tag
def sprite_url() -> str:
    """Give the address of the sprite, for a drawing that is no stroke icon."""
    return _sprite()


@register.simple_tag
@lru_cache(maxsize=_REMEMBERED)
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """Draw a stroke icon of the sprite; without a label it is decoration."""
    classes = f"icon icon--{size}" if size else "icon"
    if label:
        return format_html(
            '<svg class="{}" viewBox="0 0 24 24" role="img" aria-label="{}">'
            '<use href="{}#{}"></use></svg>',
            classes,
            label,
            _sprite(),
            name,
        )
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">'
        '<use href="{}#{}"></use></svg>',
        classes,
        _sprite(),
        name,
    )


@register.simple_tag
def avatar(name: str, initials: str = "", size: str = "") -> SafeString:
    """Draw a person's initials; the same name always has the same tint.

    It is decoration: the name must stand beside it, or in the title of what holds it.
    """
    name = str(name or "")
    tint = crc32(name.encode()) % AVATAR_TINTS
    letters = initials or name[:1].upper() or "?"
    return mark_safe(  # noqa: S308  # what comes from outside is escaped
        f'<span class="avatar avatar--{tint} avatar--{escaped(size) or 28}" '
        f'aria-hidden="true">{escaped(letters)}</span>'
    )


def escaped(value: object) -> str:
    """Escape for text and attributes; quicker than Django's, which heeds lazy texts."""
    text = str(value)
    return text if hasattr(value, "__html__") else html.escape(text)


def _written(value: datetime, style: str, zone: tzinfo | None) -> str:
    zone = zone or timezone.get_current_timezone()
    local = value.astimezone(zone) if timezone.is_aware(value) else value
    return local.strftime(WRITTEN_TIMES.get(style, "%Y-%m-%d %H:%M"))


@register.simple_tag
def when(
    value: datetime | None, style: str = "relative", zone: tzinfo | None = None
) -> SafeString | str:
    """Write a moment plainly; a script then says it in the reader's language.

    A list asks for the reader's time zone once, and gives it. Styles: relative ("5 min ago", then the day), clock (hours and minutes), date, full.
    """
    if value is None:
        return ""
    moment = value.isoformat(timespec="seconds")
    written = _written(value, style, zone)
    return mark_safe(  # noqa: S308  # digits, and a style that a template names
        f'<time datetime="{moment}" data-format="{escaped(style)}">{written}</time>'
    )


@register.simple_tag
@lru_cache(maxsize=_REMEMBERED)
def status_chip(status: str, label: str) -> SafeString:
    """Show the state of a ticket: a shape of its own, and the word."""
    kind = status if status in STATUS_ICONS else status.split("_", maxsplit=1)[0]
    return format_html(
        '<span class="status status--{}">{}<span class="truncate">{}</span></span>',
        kind,
        icon(STATUS_ICONS.get(kind, "status-new")),
        label,
    )


@register.simple_tag
@lru_cache(maxsize=_REMEMBERED)
def priority_mark(priority: int, label: str, *, words: bool = False) -> SafeString:
    """Show priority 1 (urgent) to 4 (low) as bars, with the word beside or behind."""
    return format_html(
        '<span class="priority priority--{}" title="{}">{}<span class="{}">{}</span></span>',
        priority,
        label,
        icon(f"priority-{priority}"),
        "" if words else "sr-only",
        label,
    )


def _part(clock: "Clock | dict[str, object]", name: str) -> object:
    return clock.get(name) if isinstance(clock, dict) else getattr(clock, name, None)


@register.simple_tag
def clock_chip(
    clock: "Clock | dict[str, object] | None",
    *,
    words: bool = False,
    zone: tzinfo | None = None,
) -> SafeString | str:
    """Show a service-level clock; while it runs a script writes the time left.

    `words` puts the name of the clock before the time; otherwise it is the title.
    """
    if not clock:
        return ""
    state, label = str(_part(clock, "state")), escaped(_part(clock, "label"))
    due = _part(clock, "due")
    running = isinstance(due, datetime) and state in {"ok", "warn", "breached"}
    kind = "chip__text" if words or not running else "sr-only"
    left = ""
    if running and isinstance(due, datetime):
        left = _countdown(due, state, zone)
    return mark_safe(  # noqa: S308  # what comes from outside is escaped
        f'<span class="chip clock--{escaped(state)}" title="{label}">'
        f"{icon(CLOCK_ICONS.get(state, 'clock'))}"
        f'<span class="{kind}">{label}</span>{left}</span>'
    )


def _countdown(due: datetime, state: str, zone: tzinfo | None) -> SafeString:
    moment = due.isoformat(timespec="seconds")
    written = _written(due, "relative", zone)
    return mark_safe(  # noqa: S308  # digits, and one of three states
        f' <time datetime="{moment}" data-due="{state}">{written}</time>'
    )


@register.simple_tag
def due_chip(due: datetime | None, state: str = "ok") -> SafeString | str:
    """Show how long until something is due; past it, how long ago it was."""
    return clock_chip({"state": state, "due": due, "label": ""}) if due else ""


@register.simple_tag
@lru_cache(maxsize=_REMEMBERED)
def channel_icon(channel: str, label: str = "") -> SafeString:
    """Show through which channel something came."""
    return icon(CHANNEL_ICONS.get(channel, "inbox"), label=label)


@register.simple_tag
def presence_dot(presence: str) -> SafeString:
    """Show presence as a dot whose shape differs by state; the word stands beside it."""
    return format_html(
        '<span class="presence presence--{}" aria-hidden="true"></span>', presence
    )


@register.simple_tag
def language_tag() -> str:
    """Name the page's language as browsers write it: zh-Hans, en."""
    language, _, script = (get_language() or "en").partition("-")
    return f"{language}-{script.title()}" if script else language


@register.filter
def undo_url(message: object) -> str:
    """Read where a message's undo is posted: its extra tags begin with `undo:`."""
    tags = getattr(message, "extra_tags", "") or ""
    marks = [tag for tag in tags.split() if UNDO.fullmatch(tag)]
    return marks[0].removeprefix("undo:") if marks else ""


@register.filter
def as_json(value: object) -> str:
    """Write a value for a data attribute; what is already written stays as it is."""
    if isinstance(value, str):
        return value
    return json.dumps(value or [], ensure_ascii=False)


@register.filter
def short_number(number: str) -> str:
    """Shorten a human number to what tells tickets of one year apart: SD-2026-000123, #123."""
    tail = str(number).rpartition("-")[2].lstrip("0")
    return f"#{tail}" if tail else str(number)


@register.filter
def toast_icon(level: str) -> str:
    """Choose the icon of a message by its level tag."""
    return TOAST_ICONS.get(level, "info")


@register.filter
def is_check(bound_field: object) -> bool:
    """Tell whether a form field is one checkbox, whose label follows it."""
    widget = getattr(getattr(bound_field, "field", None), "widget", None)
    return getattr(widget, "input_type", "") == "checkbox" and not getattr(
        bound_field, "use_fieldset", False
    )
