"""Two sweeps of notifications, and what comes while one is at work."""

import datetime as dt

from django.core import mail as outbox

from servicedesk.core.models import Notification, QuietHours
from servicedesk.core.notifications import mail
from servicedesk.core.tasks import send_notifications
from tests.core.test_notifications import kinds, send, tell
from tests.desk import at_once, committed
from tests.factories import NOW, UserFactory

__all__ = ["committed", "kinds"]


def test_two_sweeps_at_once_send_one_letter(committed, kinds):
    anna = UserFactory(display_name="Anna")
    tell(anna)
    at_once(*(lambda: send(),) * 2)  # noqa: PLW0108
    assert len(outbox.outbox) == 1


def test_what_comes_while_a_sweep_runs_is_sent_by_it(committed, kinds, monkeypatch):
    """Its wake-up finds the sweep at work and does nothing, so the sweep looks again."""
    anna, ben = (UserFactory(display_name=name) for name in ("Anna", "Ben"))
    for each in (anna, ben):  # the sweep goes by the clock on the wall, also at night
        QuietHours.objects.create(user=each, begin=dt.time(), end=dt.time())
    real, came = mail.send_to, []

    def meanwhile():
        tell(ben)
        Notification.objects.update(mail_due_at=NOW)
        return send_notifications.apply().get()

    def send_to(**given):
        if not came:
            came.extend(at_once(meanwhile))
        return real(**given)

    monkeypatch.setattr(mail, "send_to", send_to)
    tell(anna)
    assert send_notifications.apply().get() == 2
    assert came == [0]
