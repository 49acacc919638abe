"""The desk is closed for a while: what everybody reads, who may pass, and how it ends."""

import datetime as dt
import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from servicedesk.core.actions.maintenance import (
    Closing,
    begin_maintenance,
    end_maintenance,
)
from servicedesk.core.models import Maintenance
from servicedesk.core.operations import maintenance
from tests.desk import ticket, wang
from tests.factories import HOUR, NOW, UserFactory
from tests.tickets.customer_page.ways import address
from tests.tickets.test_request_form import filled
from tickets.models import Letter, Ticket
from tickets.tasks import sweep_letters

assert all([ticket, wang])  # fixtures
PAGE = "/system/maintenance/"
SOON = "We will be back soon"


@pytest.fixture
def admin(desk):
    return UserFactory(
        display_name="Admin", role="administrator", is_staff=True, language="en"
    )


@pytest.fixture
def closed(desk):
    """The desk is closed for an hour, and this process knows it."""
    now = timezone.now()
    closing = Closing("PostgreSQL 19", now + HOUR, "系统升级，今晚十点恢复。", "")
    row = begin_maintenance(closing=closing, by=None, now=now)
    maintenance.look_again()
    yield row
    maintenance._look.rest(3600)


def browser(user=None, language="en"):
    found = Client(headers={"Accept-Language": language})
    if user:
        found.force_login(user)
    return found


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("place", ["/help/", "/help/request/", "/no/such/page/", "/"])
def test_strangers_read_calm_words_in_both_languages(place):
    answer = browser().get(place)
    told = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Cache-Control"] == "no-store"
    assert 3400 <= int(answer["Retry-After"]) <= 3600
    assert f"<h1>{SOON}</h1>" in told
    assert "系统升级，今晚十点恢复。" in told
    assert 'lang="zh-Hans"' in told
    assert "PostgreSQL 19" not in told, "the reason is for colleagues"


@pytest.mark.usefixtures("closed")
def test_nothing_that_is_sent_is_taken_and_the_page_says_so(ticket):
    place = address(ticket, timezone.now())
    form = {"body": "还是不行", "client_key": str(uuid.uuid4())}
    for where, given in ((f"{place}reply/", form), ("/help/request/", filled())):
        answer = browser().post(where, given)
        assert answer.status_code == 503
        assert "was not taken" in answer.content.decode()
    assert browser().get(place).status_code == 503
    assert ticket.messages.count() == 1
    assert Ticket.objects.count() == 1


@pytest.mark.usefixtures("closed")
def test_colleagues_wait_and_administrators_work_on(wang, admin):
    assert browser(wang).get("/inbox/").status_code == 503
    answer = browser(admin).get("/system/health/")
    assert answer.status_code == 200
    assert "The desk is closed for maintenance" in answer.content.decode()


@pytest.mark.usefixtures("closed")
def test_the_way_in_and_the_health_stay_open():
    assert browser().get("/accounts/login/").status_code == 200
    assert browser().get("/healthz").status_code == 200


@pytest.mark.usefixtures("closed")
def test_what_is_due_goes_on(ticket):
    assert Letter.objects.get().state == "due"
    sweep_letters()
    assert Letter.objects.get().state == "sent"


def test_an_administrator_closes_and_opens_it(admin, wang):
    chief, colleague = browser(admin), browser(wang)
    text = chief.get(PAGE).content.decode()
    assert "Close the desk for a while" in text
    answer = chief.post(PAGE, {"reason": "Disks", "message_en": "Back at <ten>."})
    assert answer.status_code == 302
    assert "Disks" in chief.get(PAGE).content.decode()
    assert "Back at &lt;ten&gt;." in colleague.get("/inbox/").content.decode()

    chief.post(f"{PAGE}end/")
    assert colleague.get("/inbox/").status_code == 200
    text = chief.get(PAGE).content.decode()
    assert "Earlier times" in text
    row = Maintenance.objects.get()
    assert (row.begun_by, row.ended_by) == (admin, admin)
    about = LogEntry.objects.filter(object_pk=str(row.pk), actor=admin)
    assert [entry.action for entry in about.order_by("id")] == [0, 1]


def test_the_form_says_what_is_wrong(admin):
    chief = browser(admin)
    passed = {"reason": "Disks", "until": "2020-01-01T10:00"}
    for given, words in (({}, "required"), (passed, "has passed already")):
        answer = chief.post(PAGE, given)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Maintenance.objects.exists()


def test_twice_is_refused_in_words(admin, closed):
    answer = browser(admin).post(PAGE, {"reason": "Once more"})
    assert "closed for maintenance already" in answer.content.decode()
    assert Maintenance.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Maintenance.objects.create(begun_at=NOW, reason="past the action")


def test_to_open_an_open_desk_is_refused_in_words(admin):
    answer = browser(admin).post(f"{PAGE}end/", follow=True)
    assert "The desk is not closed." in answer.content.decode()


@pytest.mark.parametrize("role", ["agent", "supervisor", "data_protection_officer"])
def test_only_administrators_close_it(desk, role):
    user = UserFactory(role=role, team="call-centre")
    for place in (PAGE, f"{PAGE}end/"):
        assert browser(user).post(place, {"reason": "x"}).status_code == 404
    assert not Maintenance.objects.exists()


def test_the_command_closes_tells_and_opens(desk):
    def said(*words):
        out = io.StringIO()
        call_command("maintenance", *words, stdout=out)
        return out.getvalue()

    assert said("status") == "The desk is open.\n"
    with pytest.raises(CommandError, match="Say why"):
        said("on")
    assert "Disks" in said(
        "on", "--reason", "Disks", "--minutes", "30", "--en", "At 10"
    )
    row = Maintenance.objects.get()
    assert row.until - row.begun_at < dt.timedelta(minutes=31)
    with pytest.raises(CommandError, match="already"):
        said("on", "--reason", "Again")
    assert said("off") == "The desk is open.\n"
    with pytest.raises(CommandError, match="not closed"):
        said("off")


def test_it_ends_after_it_began_on_whatever_machine(desk):
    begin_maintenance(closing=Closing("x"), by=None, now=NOW + HOUR)
    assert end_maintenance(by=None, now=NOW).ended_at == NOW + HOUR


def test_pages_pay_one_look_in_two_seconds_and_no_more(wang):
    colleague = browser(wang)
    colleague.get("/profile/")
    counts = []
    maintenance.look_again()
    try:
        for _ in range(2):
            with CaptureQueriesContext(connection) as asked:
                colleague.get("/profile/")
            counts.append(sum("core_maintenance" in one["sql"] for one in asked))
    finally:
        maintenance._look.rest(3600)
    assert counts in ([1, 0], [1, 1]), "two seconds may pass between two pages"


def test_without_the_database_the_last_answer_stands(closed, monkeypatch):
    assert browser().get("/help/").status_code == 503

    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(maintenance, "_ask", away)
    maintenance._look._until = 0.0
    assert SOON in browser().get("/help/").content.decode()


def test_it_is_reached_from_system_health(admin):
    told = browser(admin).get("/system/health/").content.decode()
    assert f'href="{reverse("operations:maintenance")}"' in told
