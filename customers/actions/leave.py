"""What ends and what is free again when somebody leaves: grants, requests, care."""

import datetime as dt

from django.db import transaction

from customers.actions.grants import end_all_grants
from customers.models import OPEN_RIGHTS, CareContact, RightsRequest
from servicedesk.audit.batch import together
from servicedesk.staff.models import User


@transaction.atomic
@together()
def let_go(*, user: User, by: User | None, now: dt.datetime) -> None:
    """End the person's grants, and give what they worked on back to the lists of all.

    A request or a care contact of nobody stands first in the list of everybody who may
    do it, with its limit; nothing waits for somebody who is gone.
    """
    end_all_grants(user=user, by=by, now=now)
    for request in RightsRequest.objects.select_for_update().filter(
        handler=user, state__in=OPEN_RIGHTS
    ):
        request.handler = None
        request.save(update_fields=["handler"])
    for contact in CareContact.objects.select_for_update().due().filter(owner=user):
        contact.owner = None
        contact.save(update_fields=["owner"])
