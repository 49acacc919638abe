"""The staff of a generated desk: sixty people in the teams, and who is measured."""

import datetime as dt

from servicedesk.staff.actions.clearance import record_training, sign
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import Role, Team, TrainingKind, User
from servicedesk.staff.queries.clearance import newest_agreement

STAFF = 60
MEASURED = "bench0"
"""Leads the largest team and belongs to two others; has 80 tickets at every size."""
# Of twenty people so many are in each team, the largest first.
SHARES = (
    "call-centre", "call-centre", "logistics", "call-centre", "technical", "complaints",
    "call-centre", "logistics", "call-centre", "technical", "quality", "call-centre",
    "logistics", "call-centre", "technical", "call-centre", "management", "call-centre",
    "technical", "complaints",
)  # fmt: skip
ALSO = ("technical", "complaints")
EASTMOST = 14
AFTERNOON = 17
YEAR = dt.timedelta(days=365)


def hire(*, now: dt.datetime) -> None:
    """Make the staff. They live where it is late afternoon: today is nearly whole."""
    teams = {team.slug: team for team in Team.objects.all()}
    roles = {role.key: role for role in Role.objects.all()}
    for number in range(STAFF):
        user, created = User.objects.get_or_create(
            username=f"bench{number}",
            defaults={
                "display_name": f"Bench {number:02}",
                "email": f"bench{number}@desk.example",
                "time_zone": zone_of(now),
                "language": "zh-hans",
            },
        )
        if created:
            key = "supervisor" if number == 0 else "agent"
            set_roles(user=user, groups=[roles[key].group])
            slug = SHARES[number % len(SHARES)]
            add_member(team=teams[slug], user=user, lead=number == 0)
            if number == 0:
                for also in ALSO:
                    add_member(team=teams[also], user=user)
            clear(user, now)


def clear(user: User, now: dt.datetime) -> None:
    """Let them have passed and signed what clearance asks: who lacks it sees nothing."""
    about = {"user": user, "passed": True, "on": now, "by": None, "now": now}
    record_training(kind=TrainingKind.ONBOARDING, **about)
    record_training(kind=TrainingKind.SECURITY, until=now + YEAR, **about)
    sign(
        agreement=newest_agreement(),
        user=user,
        typed_name=str(user),
        language=user.language,
        address=None,
        now=now,
    )


def zone_of(now: dt.datetime) -> str:
    """Return a zone in which it is five in the afternoon now."""
    ahead = AFTERNOON - now.astimezone(dt.UTC).hour
    if ahead > EASTMOST:
        ahead -= 24
    # The names count westward: Etc/GMT-8 is eight hours ahead.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
