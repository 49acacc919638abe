"""Forms that were posted: known for a month, then forgotten."""

import uuid

from servicedesk.celery import app
from servicedesk.core.database_time import database_time
from tests.factories import DAY, TicketFactory
from tickets import tasks
from tickets.models import Intake, Ticket
from tickets.tasks import forget_old_forms


def posted(moment):
    key = uuid.uuid4()
    return key, TicketFactory(client_key=key, now=moment)


def test_a_form_is_forgotten_after_a_month_and_its_ticket_stays(desk):
    now = database_time()()
    old, first = posted(now - 31 * DAY)
    young, second = posted(now - 29 * DAY)
    assert forget_old_forms.apply().get() == 1
    assert set(Intake.objects.values_list("key", flat=True)) == {young}
    assert set(Ticket.objects.all()) == {first, second}
    assert TicketFactory(client_key=young) == second
    assert TicketFactory(client_key=old) != first


def test_all_that_are_old_go_portion_by_portion(desk, monkeypatch):
    now = database_time()()
    for _ in range(5):
        posted(now - 40 * DAY)
    monkeypatch.setattr(tasks, "BATCH", 2)
    monkeypatch.setattr(tasks, "FORM_SECONDS", 0.0)
    assert forget_old_forms.apply().get() == 0, "its time was up"
    monkeypatch.setattr(tasks, "FORM_SECONDS", 30.0)
    assert forget_old_forms.apply().get() == 5
    assert not Intake.objects.exists()


def test_it_is_in_the_timetable():
    assert "tickets.forget_forms" in {
        entry["task"] for entry in app.conf.beat_schedule.values()
    }
