"""Close what is open to a person, and give an account back to who lost the key."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from servicedesk.core.live.publish import publish_signed_out
from servicedesk.staff.models import User


@transaction.atomic
def end_sessions(*, user: User) -> int:
    """Sign the person out everywhere; returns how many sessions were known.

    For closing an account. Live streams end at once, pages at their next request.
    """
    sessions = list(UserSession.objects.filter(user=user))
    for each in sessions:
        each.end()
    publish_signed_out(user_id=user.pk)
    return len(sessions)


@transaction.atomic
def remove_second_factors(*, user: User) -> int:
    """Remove app, passkeys and recovery codes; the password is then enough.

    Returns how many were removed. Deletes one by one, so that each is audited.
    """
    mine = list(Authenticator.objects.filter(user=user))
    for each in mine:
        each.delete()
    return len(mine)
