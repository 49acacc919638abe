"""Write a new version of the confidentiality agreement, and publish it for good."""

import datetime as dt

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.reminders import tell_to_sign
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import ConfidentialityAgreement, User
from servicedesk.staff.queries.clearance import unsigned_people


@transaction.atomic
def save_draft(
    *,
    text_zh: str,
    text_en: str,
    changes_zh: str,
    changes_en: str,
    now: dt.datetime,
) -> ConfidentialityAgreement:
    """Save the draft of the next version; there is one draft at most."""
    rows = ConfidentialityAgreement.objects.select_for_update()
    draft = rows.filter(published_at__isnull=True).first()
    if draft is None:
        last = ConfidentialityAgreement.objects.aggregate(last=Max("number"))["last"]
        draft = ConfidentialityAgreement(number=(last or 0) + 1)
    draft.text_zh, draft.text_en = text_zh, text_en
    draft.changes_zh, draft.changes_en = changes_zh, changes_en
    draft.edited_at = now
    draft.save()
    return draft


@transaction.atomic
def discard_draft() -> None:
    """Delete the draft, if there is one; published versions stay."""
    for draft in ConfidentialityAgreement.objects.filter(published_at__isnull=True):
        draft.delete()


@transaction.atomic
def publish(
    *, effective_from: dt.datetime, by: User, now: dt.datetime
) -> ConfidentialityAgreement:
    """Publish the draft: everybody is asked to sign, and must have from the date on.

    A date that has passed is now. Raises RuleError where there is no draft.
    """
    rows = ConfidentialityAgreement.objects.select_for_update()
    draft = rows.filter(published_at__isnull=True).first()
    if draft is None:
        raise RuleError(_("There is no draft to publish."))
    draft.published_at = now
    draft.published_by = by
    draft.effective_from = max(effective_from, now)
    draft.save()
    tell_to_sign(agreement=draft, now=now)
    if draft.effective_from <= now:
        end_streams(users=unsigned_people())
    return draft
