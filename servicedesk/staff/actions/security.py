"""Give an account back to a person who lost the second factor."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from servicedesk.staff.models import User


@transaction.atomic
def remove_second_factors(*, user: User) -> int:
    """Remove app, passkeys and recovery codes; the password is then enough.

    Returns how many were removed. Deletes one by one, so that each is audited.
    """
    mine = list(Authenticator.objects.filter(user=user))
    for each in mine:
        each.delete()
    return len(mine)
