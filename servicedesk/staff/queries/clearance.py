"""Questions about clearance: what to sign, whom to ask, who lacks what."""

import datetime as dt
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from servicedesk.core.access import may
from servicedesk.staff.clearance import Lack, lacks
from servicedesk.staff.models import (
    AgreementSignature,
    ConfidentialityAgreement,
    Membership,
    User,
)
from servicedesk.staff.queries import team_ids

SOON: Final = dt.timedelta(days=30)
NAMED: Final = 5
RECORD: Final = "record_clearance"
EVERY: Final = "staff.view_every_clearance"


def newest_agreement() -> ConfidentialityAgreement | None:
    """Return the newest published version: the one that everybody is asked to sign."""
    return ConfidentialityAgreement.objects.published().order_by("-number").first()


def signature_of(
    user: User, agreement: ConfidentialityAgreement
) -> AgreementSignature | None:
    """Return the user's signature of a version."""
    return AgreementSignature.objects.filter(user=user, agreement=agreement).first()


def signatures_of(user: User) -> QuerySet[AgreementSignature]:
    """Return what the user signed, newest version first."""
    mine = AgreementSignature.objects.filter(user=user).select_related("agreement")
    return mine.order_by("-agreement__number")


def recorders(user: User) -> list[User]:
    """Return a few people whom the user may ask for onboarding and training.

    Those of the user's own teams first.
    """
    near = User.objects.filter(
        pk=OuterRef("pk"), memberships__team__memberships__user=user
    )
    return list(
        User.objects.filter(
            groups__permissions__codename=RECORD,
            groups__permissions__content_type__app_label="staff",
            is_active=True,
        )
        .exclude(pk=user.pk)
        .annotate(near=Exists(near))
        .distinct()
        .order_by("-near", "display_name", "pk")[:NAMED]
    )


def people() -> QuerySet[Any]:
    """Return all active people with what they lack, and until when they are trained."""
    signed = AgreementSignature.objects.filter(user=OuterRef("pk"))
    newest = signed.order_by("-agreement__number").values("agreement__number")[:1]
    return (
        User.objects.filter(is_active=True)
        .select_related("clearance")
        .annotate(lacks=lacks(), signed_number=Subquery(newest))
        .order_by("display_name", "pk")
    )


def seen_people(user: User) -> QuerySet[Any]:
    """Return those of `people` whose clearance the user may see.

    Supervisors see the people of their teams, and themselves; trainers, data protection
    officers and administrators everybody.
    """
    found = people()
    if may(user, EVERY):
        return found
    near = Membership.objects.filter(user=OuterRef("pk"), team__in=team_ids(user))
    return found.filter(Q(pk=user.pk) | Exists(near))


def narrow(
    found: QuerySet[Any], wanted: str, *, now: dt.datetime, team: int | None = None
) -> QuerySet[Any]:
    """Narrow people to a state: cleared, lacking (anything, or one thing), lapsing."""
    if team is not None:
        found = found.filter(memberships__team=team)
    if wanted == "cleared":
        return found.filter(lacks=[])
    if wanted == "lacking":
        return found.exclude(lacks=[])
    if wanted in Lack.values:
        return found.filter(lacks__contains=[wanted])
    if wanted == "lapsing":
        return found.filter(
            Q(clearance__training_until__gt=now)
            & Q(clearance__training_until__lte=now + SOON)
        )
    return found


def counts(
    seen: QuerySet[Any], *, now: dt.datetime, team: int | None = None
) -> dict[str, int]:
    """Count people by state, of those who are seen, in one query."""
    rows = narrow(seen, "", now=now, team=team)
    found = rows.values_list("lacks", "clearance__training_until")
    counted = dict.fromkeys(("all", "cleared", "lacking", "lapsing", *Lack.values), 0)
    for lacking, until in found.order_by():
        counted["all"] += 1
        counted["lacking" if lacking else "cleared"] += 1
        counted["lapsing"] += bool(until and now < until <= now + SOON)
        for each in lacking:
            counted[each] += 1
    return counted


def trained_people_due(*, now: dt.datetime, days: int) -> QuerySet[User]:
    """Return whose training lapses within so many days and who was not told of it."""
    return User.objects.filter(
        Q(clearance__reminded__isnull=True) | Q(clearance__reminded__gt=days),
        clearance__training_until__lte=now + dt.timedelta(days=days),
        is_active=True,
    ).order_by("pk")


def unsigned_people() -> QuerySet[User]:
    """Return the active people who have not signed the newest version."""
    newest = RawSQL(  # no value of anybody's
        "(SELECT max(number) FROM staff_confidentialityagreement"
        " WHERE published_at IS NOT NULL)",
        (),
    )
    signed = AgreementSignature.objects.filter(
        user=OuterRef("pk"), agreement__number=newest
    )
    return User.objects.filter(~Exists(signed), is_active=True).order_by("pk")
