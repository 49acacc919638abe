"""What the frame of every page shows: the rail, the person, the palette, the stream."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from servicedesk.core.access import may
from servicedesk.core.live.views import live_page
from servicedesk.core.operations.maintenance import closed_now
from servicedesk.staff.clearance import Lack
from servicedesk.staff.middleware import OWN_PASSWORD, SECOND_FACTOR, set_up_first
from servicedesk.staff.models import PresenceState, User
from servicedesk.staff.queries import (
    asked_from,
    channels_of,
    missing,
    presence_of,
    unread_of,
    withheld,
)
from servicedesk.staff.queries.second_factor import demanded_from

# address name, icon, permission (one of several; "" is for everybody), group in the
# rail ("" stands there by itself). A group is where its first page stands.
_NAV = (
    ("tickets:home", "home", "", ""),
    ("tickets:inbox", "inbox", "tickets.view_ticket", ""),
    ("tickets:search", "search", "tickets.view_ticket", ""),
    ("tickets:follow-ups", "phone", "tickets.view_followup", ""),
    ("tickets:desk", "chart", "tickets.supervise_ticket", ""),
    ("customers:list", "users", "customers.view_customer", "customers"),
    ("customers:care", "star", "customers.care_customer", "customers"),
    ("customers:analysis", "list", "customers.analyse_customer", "customers"),
    ("customers:imports", "folder", "customers.import_customer", "customers"),
    ("customers:exports", "download", "customers.approve_export", "customers"),
    ("staff:cleared", "users", "staff.view_clearance", "protection"),
    ("staff:powers", "check", "staff.confirm_access", "protection"),
    ("customers:grants", "user-plus", "customers.view_accessgrant", "protection"),
    ("customers:alarms", "alert", "customers.watch_access", "protection"),
    ("customers:masks", "eye", "customers.change_maskrule", "protection"),
    ("customers:rights", "user", "customers.handle_rights", "protection"),
    ("customers:retention", "hourglass",
     "customers.manage_retention customers.approve_erasure", "protection"),
    ("customers:possible-doubles", "users", "customers.watch_access", "protection"),
    ("customers:documents", "book", "customers.view_privacydocument", "protection"),
    ("audit:log", "shield", "audit.view_logentry", "protection"),
    ("operations:health", "monitor", "core.view_heartbeat", "system"),
    ("backups:page", "download", "backups.view_backup", "system"),
    ("security:page", "check-circle", "core.view_securityfinding", "system"),
    ("jobs:jobs", "hourglass", "core.view_job", "system"),
    ("keys:page", "lock", "core.view_keyrun", "system"),
    ("admin:index", "settings", "staff.view_user", "system"),
)  # fmt: skip
_GROUP_ICONS = {"customers": "users", "protection": "shield", "system": "settings"}

_KEPT = 256
# The addresses of pages do not change while the process lives.
_address = cache(reverse)

# address name, permission: what the palette offers to do
_ACTS = (
    ("tickets:new", "tickets.add_ticket"),
    ("customers:search", "customers.view_customer"),
    ("customers:new", "customers.add_customer"),
)


@dataclass(frozen=True)
class Place:
    """A page that is always at hand; `current` if the reader is on it or within it."""

    key: str
    label: str
    url: str
    icon: str
    group: str
    current: bool


@dataclass(frozen=True)
class Stop:
    """What the rail shows: one page, or the group that begins with it.

    `current` says what is marked: "page" for the page itself, "true" for its group.
    """

    key: str
    label: str
    url: str
    icon: str
    current: str


class Command(NamedTuple):
    """A line of the palette."""

    label: str
    url: str
    group: str
    keys: str = ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for base.html; for visitors only what public pages need."""
    languages = settings.LANGUAGES
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"shell": {"languages": languages}}
    member = cast("User", user)
    nav = _nav(request, member)
    return {
        "shell": {
            "nav": _rail(nav),
            "section": _section(request.path, nav),
            "user": {
                "display_name": str(member),
                "initials": member.initials,
                "language": member.language,
                "theme": member.theme,
                "presence": presence_of(member),
                "single_keys": member.single_keys,
            },
            "unread": unread_of(member),
            "closed": closed_now() is not None,
            "clearance": _clearance(request, member),
            "second_factor": _second_factor(request, member),
            "given_password": set_up_first(request) == OWN_PASSWORD,
            "presence_choices": PresenceState.choices,
            "palette": _palette(member, nav),
            "search_url": next(
                (item.url for item in nav if item.key == "tickets:search"), ""
            ),
            # Made when it is shown: a part of a page does not show it.
            "live": SimpleLazyObject(lambda: _live(request, member)),
            "languages": languages,
        }
    }


def _clearance(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what every page says of clearance: closed, or that a signature is asked."""
    told = getattr(request, "clearance_told", False)
    if told or request.path.startswith(reverse("staff:clearance")):
        return {}
    found = missing(user)
    asked = asked_from(user)
    if found and withheld(user):
        return {"closed": True}
    return {"asked": asked} if asked and Lack.AGREEMENT not in found else {}


def _second_factor(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return what every page says of a second factor that is demanded and missing."""
    begins = demanded_from(user)
    if not begins:
        return {}
    return {"begins": begins, "over": set_up_first(request) == SECOND_FACTOR}


def _live(request: HttpRequest, user: User) -> dict[str, str]:
    if set_up_first(request):
        return {}
    fetched = getattr(request, "live_channels", [])
    live = live_page(request, [], granted=[*channels_of(user), *fetched])
    return live | {"token_url": _address("live-token")}


def _labels() -> dict[str, str]:
    return {
        "tickets:home": _("What to do now"),
        "tickets:inbox": _("Inbox"),
        "tickets:search": _("Search"),
        "customers:list": _("Customers"),
        "customers:imports": _("Imports"),
        "customers:exports": _("Exports"),
        "tickets:follow-ups": _("Follow-ups"),
        "tickets:desk": _("The desk today"),
        "staff:cleared": _("Clearance"),
        "staff:powers": _("Roles by two people"),
        "customers:grants": _("Access grants"),
        "customers:alarms": _("Access alarms"),
        "customers:masks": _("Mask matrix"),
        "customers:care": _("Customer care"),
        "customers:analysis": _("Who our customers are"),
        "customers:rights": _("Requests of the person"),
        "customers:retention": _("How long data are kept"),
        "customers:possible-doubles": _("Possible duplicates"),
        "customers:documents": _("Records and assessments"),
        "jobs:jobs": _("Jobs"),
        "keys:page": _("Keys"),
        "backups:page": _("Backups"),
        "operations:health": _("System health"),
        "security:page": _("Security checks"),
        "audit:log": _("Audit log"),
        "admin:index": _("Settings"),
    }


def _nav(request: HttpRequest, user: User) -> tuple[Place, ...]:
    labels = _labels()
    here = request.path
    found = []
    for name, icon, permission, group in _NAV:
        if name.startswith("admin:") and not user.is_staff:
            continue
        if not permission or any(may(user, each) for each in permission.split()):
            found.append((name, icon, group, _address(name)))
    # Of places within each other the innermost is where the reader is.
    within = [url for *_rest, url in found if here == url or here.startswith(url)]
    current = max(
        (url for url in within if url != "/" or here == "/"), key=len, default=""
    )
    return tuple(
        Place(name, labels[name], url, icon, group, url == current)
        for name, icon, group, url in found
    )


def _rail(nav: tuple[Place, ...]) -> tuple[Stop, ...]:
    """Return what the rail shows: of each group one stop, which leads to its first page.

    A group of which the reader may see one page only is that page.
    """
    groups = {"customers": _("Customers"), "protection": _("Data protection")}
    groups["system"] = _("System")
    found: dict[str, Stop] = {}
    for place in nav:
        mates = [each for each in nav if each.group == place.group and place.group]
        if len(mates) <= 1:
            mark = "page" if place.current else ""
            found[place.key] = Stop(place.key, place.label, place.url, place.icon, mark)
        elif place.group not in found:
            mark = "page" if place.current else ""
            if any(each.current for each in mates[1:]):
                mark = "true"
            icon = _GROUP_ICONS[place.group]
            found[place.group] = Stop(
                place.group, groups[place.group], place.url, icon, mark
            )
    return tuple(found.values())


def _section(path: str, nav: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the pages of the group whose page this is; nothing on pages within one."""
    here = next((place for place in nav if place.current and place.group), None)
    if here is None or path != here.url:
        return ()
    mates = tuple(place for place in nav if place.group == here.group)
    return mates if len(mates) > 1 else ()


def _palette(user: User, nav: tuple[Place, ...]) -> tuple[Command, ...]:
    places = tuple((place.label, place.url) for place in nav)
    acts = tuple(name for name, permission in _ACTS if may(user, permission))
    queues = may(user, "tickets.view_ticket")
    return _commands(get_language(), places, acts, queues=queues)


@lru_cache(maxsize=_KEPT)
def _commands(
    _language: str | None,
    places: tuple[tuple[str, str], ...],
    acts: tuple[str, ...],
    *,
    queues: bool,
) -> tuple[Command, ...]:
    """Return the lines for all who have the same rights, and the same language."""
    pages = _("Pages")
    found = [Command(label, url, pages) for label, url in places]
    found.append(Command(_("Profile"), _address("staff:profile"), pages))
    if queues:
        inbox, group = _address("tickets:inbox"), _("Queues")
        found += [
            Command(label, f"{inbox}?queue={key}", group)
            for key, label in _queue_names()
        ]
    labels = {
        "tickets:new": _("New ticket"),
        "customers:search": _("Search for a customer"),
        "customers:new": _("New customer"),
    }
    found += [Command(labels[name], _address(name), _("Actions")) for name in acts]
    return tuple(found)


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
