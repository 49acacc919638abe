"""Who may decide about an export: whoever answers for all customers that are in it."""

from django.db.models import QuerySet

from customers.models import ExportRequest
from customers.permissions import APPROVE_EXPORT, WATCH
from customers.queries.people import holders
from servicedesk.core.access import may
from servicedesk.staff.models import Membership, User
from servicedesk.staff.queries import led_team_ids


def may_decide(export: ExportRequest, user: User) -> bool:
    """Tell whether the user may approve or refuse an export.

    A data protection officer may, and who leads every team whose customers are in it.
    Never the asker, nor somebody in a team that the asker leads.
    """
    if export.by_id == user.pk or not may(user, APPROVE_EXPORT):
        return False
    if _led_by(export.by_id).filter(user=user).exists():
        return False
    return may(user, WATCH) or _answers_for(export, led_team_ids(user))


def deciders(export: ExportRequest) -> list[int]:
    """Return the ids of those who may decide; in a fixed number of queries."""
    under = set(_led_by(export.by_id).values_list("user", flat=True)) | {export.by_id}
    approving = set(holders(APPROVE_EXPORT).values_list("pk", flat=True)) - under
    officers = set(holders(WATCH).values_list("pk", flat=True))
    led: dict[int, set[int]] = {}
    rows = Membership.objects.filter(
        user__in=approving, team__in=export.teams, team__active=True, lead=True
    )
    for user, team in rows.values_list("user", "team"):
        led.setdefault(user, set()).add(team)
    leads = {user for user, teams in led.items() if _answers_for(export, teams)}
    return sorted(approving & (officers | leads))


def _answers_for(export: ExportRequest, led: "set[int] | frozenset[int]") -> bool:
    return bool(export.teams) and set(export.teams) <= led


def _led_by(user: int) -> QuerySet[Membership]:
    """Return who works in a team that the person leads, and leads it not as well."""
    led = Membership.objects.filter(user=user, lead=True, team__active=True)
    return Membership.objects.filter(team__in=led.values("team"), lead=False)
