"""The staff of the demonstration: of each role one or two, and one who came today."""

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from servicedesk.staff.actions.clearance import record_training, sign
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.actions.team import add_member
from servicedesk.staff.models import Role, RoleKey, Team, TrainingKind, User
from servicedesk.staff.queries.clearance import newest_agreement


@dataclass(frozen=True)
class Person:
    """Who somebody is, and in which teams; a team in `leads` is theirs to lead."""

    username: str
    name: str
    role: RoleKey
    member: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    language: str = "zh-hans"
    # So many days of the security training are left; None is who came today.
    trained: int | None = 300


R = RoleKey
PEOPLE = (
    Person("agent", "李晓", R.AGENT, ("call-centre",)),
    Person("agent2", "王敏", R.AGENT, ("call-centre", "logistics"), (), "zh-hans", 21),
    Person("emma", "Emma Clarke", R.AGENT, ("technical", "call-centre"), (), "en"),
    Person("senior", "陈志强", R.SENIOR_AGENT, (), ("technical", "logistics")),
    Person(
        "supervisor",
        "刘芳",
        R.SUPERVISOR,
        ("technical", "logistics"),
        ("call-centre",),
    ),
    Person("complaints", "赵倩", R.COMPLAINT_OFFICER, (), ("complaints",)),
    Person("quality", "孙悦", R.QUALITY_ANALYST, (), ("quality",)),
    Person("trainer", "周凯", R.TRAINER, ("quality",)),
    Person("knowledge", "吴婷", R.KNOWLEDGE_EDITOR, ("quality",)),
    Person("dpo", "郑洁", R.DATA_PROTECTION_OFFICER, ("management",)),
    Person("manager", "冯建国", R.MANAGEMENT, (), ("management",)),
    Person("admin", "何磊", R.ADMINISTRATOR),
    Person("newcomer", "马超", R.AGENT, ("call-centre",), (), "zh-hans", None),
)
TRAINER: Final = "trainer"
YEAR: Final = dt.timedelta(days=365)


@transaction.atomic
def create_people(*, password: str, now: dt.datetime) -> list[User]:
    """Create the accounts that are missing, and return those; others are left alone."""
    known = set(User.objects.values_list("username", flat=True))
    missing = [each for each in PEOPLE if each.username not in known]
    if not missing:
        return []
    # Hashing is slow on purpose, and this password is the same for all of them.
    hashed = make_password(password)
    groups = {role.key: role.group for role in Role.objects.select_related("group")}
    teams = {team.slug: team for team in Team.objects.select_related("group")}
    made = []
    for person in missing:
        user = User.objects.create(
            username=person.username,
            email=f"{person.username}@example.com",
            display_name=person.name,
            language=person.language,
            password=hashed,
        )
        for slug in (*person.leads, *person.member):
            if slug in teams:
                add_member(team=teams[slug], user=user, lead=slug in person.leads)
        made.append(set_roles(user=user, groups=[groups[person.role]]))
    for user, person in zip(made, missing, strict=True):
        if person.trained is not None:
            _clear(user, dt.timedelta(days=person.trained), now)
    return made


def _clear(user: User, left: dt.timedelta, now: dt.datetime) -> None:
    """Play what happened before the demonstration: they passed, and signed."""
    trainer = User.objects.filter(username=TRAINER).exclude(pk=user.pk).first()
    on = now + left - YEAR
    record = partial(
        record_training, user=user, passed=True, on=on, by=trainer, now=now
    )
    record(kind=TrainingKind.ONBOARDING)
    record(kind=TrainingKind.SECURITY, until=now + left)
    agreement = newest_agreement()
    if agreement is not None:
        sign(
            agreement=agreement,
            user=user,
            typed_name=str(user),
            language=user.language,
            address=None,
            now=now,
        )
