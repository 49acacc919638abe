"""Periodic work about codes that go to e-mail addresses."""

import time
from typing import Final

from celery import shared_task
from django.db import transaction

from customers.actions import code_letters
from customers.actions.contact_codes import forget_codes
from servicedesk.core.database_time import database_time
from servicedesk.core.post import only_one
from servicedesk.core.sending import send_over_one_line
from servicedesk.core.wake import Broker

BATCH: Final = 200
SECONDS: Final = 30.0
CODE_SENDER: Final = 0x636F646573  # the advisory lock of whoever sends these letters
_broker = Broker()


@shared_task(name="customers.sweep_codes", soft_time_limit=120, time_limit=180)
def sweep_codes() -> int:
    """Send the codes that are due, and forget those that are over."""
    with only_one(CODE_SENDER) as alone:
        if not alone:
            return 0
        now = database_time()
        forget_codes(now=now())
        code_letters.mark_stuck(now=now())
        due = code_letters.due(now=now()).order_by("due_at")
        return send_over_one_line(
            due.values_list("pk", flat=True)[:BATCH],
            send=lambda pk, line: code_letters.send_code(pk=pk, now=now(), line=line),
            put_off=lambda why: code_letters.put_off(now=now(), why=why),
            until=time.monotonic() + SECONDS,
        )


def nudge_codes() -> None:
    """Wake the sender after the commit; if the broker is away the sweep does it."""
    transaction.on_commit(lambda: _broker.tell(sweep_codes), robust=True)
