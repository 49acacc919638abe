"""What the frame of every page shows: the rail, the person, the palette, the stream."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.core.access import may
from servicedesk.core.live.views import live_page
from servicedesk.staff.models import PresenceState, User
from servicedesk.staff.queries import channels_of, presence_of

# address name, icon, permission ("" is for everybody who is logged in)
_NAV = (
    ("tickets:home", "home", ""),
    ("tickets:inbox", "inbox", "tickets.view_ticket"),
    ("tickets:follow-ups", "phone", "tickets.view_followup"),
    ("tickets:desk", "chart", "tickets.supervise_ticket"),
    ("admin:index", "settings", "staff.view_user"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for base.html; for visitors only what public pages need."""
    languages = settings.LANGUAGES
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"shell": {"languages": languages}}
    member = cast("User", user)
    nav = _nav(request, member)
    fetched = getattr(request, "live_channels", [])
    live = live_page(request, [], granted=[*channels_of(member), *fetched])
    return {
        "shell": {
            "nav": nav,
            "user": {
                "display_name": str(member),
                "initials": member.initials,
                "language": member.language,
                "theme": member.theme,
                "presence": presence_of(member),
                "single_keys": member.single_keys,
            },
            "presence_choices": PresenceState.choices,
            "palette": _palette(member, nav),
            "live": live | {"token_url": reverse("live-token")},
            "languages": languages,
        }
    }


def _labels() -> dict[str, str]:
    return {
        "tickets:home": _("What to do now"),
        "tickets:inbox": _("Inbox"),
        "tickets:follow-ups": _("Follow-ups"),
        "tickets:desk": _("The desk today"),
        "admin:index": _("Settings"),
    }


def _nav(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    labels = _labels()
    here = request.path
    found = []
    for name, icon, permission in _NAV:
        if permission and not may(user, permission):
            continue
        if name.startswith("admin:") and not user.is_staff:
            continue
        url = reverse(name)
        found.append(
            {
                "key": name,
                "label": labels[name],
                "url": url,
                "icon": icon,
                "current": here == url or (url != "/" and here.startswith(url)),
                "count": "",
            }
        )
    return found


def _palette(user: User, nav: list[dict[str, Any]]) -> list[dict[str, str]]:
    pages = _("Pages")
    entries = [
        {"label": item["label"], "url": item["url"], "keys": "", "group": pages}
        for item in nav
    ]
    entries.append(
        {
            "label": _("Profile"),
            "url": reverse("staff:profile"),
            "keys": "",
            "group": pages,
        }
    )
    if may(user, "tickets.view_ticket"):
        queues = _("Queues")
        inbox = reverse("tickets:inbox")
        for key, label in _queue_names():
            entries.append(
                {
                    "label": label,
                    "url": f"{inbox}?queue={key}",
                    "keys": "",
                    "group": queues,
                }
            )
    if may(user, "tickets.add_ticket"):
        entries.append(
            {
                "label": _("New ticket"),
                "url": reverse("tickets:new"),
                "keys": "",
                "group": _("Actions"),
            }
        )
    return entries


def _queue_names() -> list[tuple[str, str]]:
    return [
        ("mine", _("Mine")),
        ("open", _("Unassigned")),
        ("team", _("My teams")),
        ("late", _("Overdue")),
        ("second", _("Second level")),
        ("waiting", _("Waiting")),
        ("all", _("All")),
    ]
