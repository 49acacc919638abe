"""Record onboarding and training; sign the confidentiality agreement.

`record_training` is what the training app calls when somebody passed an exam or a
certificate lapsed early, with `by` None; people record by the page, never their own.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.security import end_streams
from servicedesk.staff.models import (
    AgreementSignature,
    Clearance,
    ConfidentialityAgreement,
    TrainingKind,
    TrainingRecord,
    User,
)
from servicedesk.staff.queries.clearance import newest_agreement


@transaction.atomic
def record_training(
    *,
    user: User,
    kind: TrainingKind,
    passed: bool,
    on: dt.datetime,
    by: User | None,
    now: dt.datetime,
    until: dt.datetime | None = None,
    reference: str = "",
) -> TrainingRecord:
    """Write down that somebody passed their onboarding or security training, or not.

    What was not passed takes back what was recorded before. Raises RuleError for
    one's own, for a time to come, and for security training without an end.
    """
    if by is not None and by.pk == user.pk:
        raise RuleError(_("Nobody records their own training."))
    if on > now:
        raise RuleError(_("What has not happened yet cannot be recorded."))
    if kind == TrainingKind.SECURITY and passed and (until is None or until <= on):
        raise RuleError(_("Say until when the training is valid."))
    made = TrainingRecord.objects.create(
        user=user,
        kind=kind,
        passed=passed,
        on=on,
        until=until if passed else None,
        by=by,
        recorded_at=now,
        reference=reference,
    )
    _count(made)
    if not passed:
        end_streams(users=[user])
    return made


def _count(made: TrainingRecord) -> None:
    """Have the clearance follow from the record that was made."""
    held = Clearance.objects.select_for_update()
    clearance, _new = held.get_or_create(user=made.user)
    if made.kind == TrainingKind.ONBOARDING:
        clearance.onboarded_at = made.on if made.passed else None
    else:
        clearance.training_until = made.until
        clearance.reminded = None
    clearance.save()


@transaction.atomic
def sign(
    *,
    agreement: ConfidentialityAgreement,
    user: User,
    typed_name: str,
    language: str,
    address: str | None,
    now: dt.datetime,
) -> AgreementSignature:
    """Sign the newest version, for oneself; a second time is the first signature.

    Raises RuleError for a version that is not the newest published one, and for a
    name that is not the one on record.
    """
    newest = newest_agreement()
    if newest is None or newest.pk != agreement.pk:
        raise RuleError(_("There is a newer version. Please read and sign that one."))
    if typed_name.strip() != str(user).strip():
        raise RuleError(
            _("Type your name exactly as it stands here: %(name)s") % {"name": user}
        )
    try:
        with transaction.atomic():
            return AgreementSignature.objects.create(
                user=user,
                agreement=newest,
                typed_name=typed_name.strip(),
                at=now,
                address=address,
                language=language,
                digest=newest.digest,
            )
    except IntegrityError as error:
        if "one_signature_per_version" not in str(error):
            raise
    return AgreementSignature.objects.get(user=user, agreement=newest)
