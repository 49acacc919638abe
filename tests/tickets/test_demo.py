"""The demonstration: loaded once, alive on every page, and nobody gets a letter."""

import stat
from io import StringIO

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db.models import Count

from customers.models import ContactPoint, Customer
from servicedesk.staff.models import RoleKey, User
from tests.factories import ensure_defaults
from tickets.models import FollowUp, Letter, ServiceClock, Ticket
from tickets.tasks import sweep_letters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_fresh_desk(db, settings, tmp_path):
    cache.clear()
    ensure_defaults()
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


def load(*options):
    told = StringIO()
    call_command("load_demo", *options, stdout=told)
    return told.getvalue()


def spread(model, field):
    counted = model.objects.order_by().values_list(field).annotate(Count("pk"))
    return dict(counted)


@pytest.mark.slow
def test_the_demonstration_is_alive_and_a_second_load_does_nothing(client, tmp_path):
    told = load()

    assert "60 requests" in told
    # One of them is on record twice, to be merged.
    assert Customer.objects.count() == 46
    assert set(spread(Ticket, "channel")) == {"web", "email", "phone", "chat"}
    assert {"new", "open", "waiting_customer", "resolved", "closed"} <= set(
        spread(Ticket, "status")
    )
    assert set(spread(FollowUp, "stage")) == {"scheduled", "asked", "call", "done"}
    assert FollowUp.objects.filter(missed_at__isnull=False).exists()
    assert {"running", "paused", "met", "breached"} <= set(
        spread(ServiceClock, "state")
    )
    assert Ticket.objects.filter(level=2).exists()
    _nobody_gets_a_letter()
    _everybody_gets_in(client, told, tmp_path)
    _twice_is_once()


def _nobody_gets_a_letter():
    sweep_letters()
    assert mail.outbox == []
    assert set(spread(Letter, "state")) == {"sent", "failed"}
    for point in ContactPoint.objects.all():
        value = str(point.value)
        assert value.endswith("example.com") or value.startswith(
            ("+861390000", "+1202555", "wx_demo_")
        )


def _everybody_gets_in(client, told, tmp_path):
    file = tmp_path / "demo-password"
    password = file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(password) >= 12
    roles = set(User.objects.values_list("groups__role__key", flat=True))
    assert {key.value for key in RoleKey} <= roles
    for user in User.objects.all():
        assert user.check_password(password)
        assert f"{user.username} " in told
        assert not user.is_superuser
    assert list(User.objects.filter(is_staff=True).values_list("username")) == [
        ("admin",)
    ]
    assert User.objects.get(username="emma").language == "en"
    assert password in told
    client.post("/accounts/login/", {"login": "agent", "password": password})
    assert "_auth_user_id" in client.session


def _twice_is_once():
    before = (User.objects.count(), Ticket.objects.count(), Letter.objects.count())
    assert "nothing to load" in load()
    assert before == (
        User.objects.count(),
        Ticket.objects.count(),
        Letter.objects.count(),
    )


def test_logins_are_printed_without_creating_anything(tmp_path):
    assert "no demonstration logins" in load("--print-logins")
    assert not User.objects.exists()
    assert not (tmp_path / "demo-password").exists()


def test_production_refuses(settings):
    settings.SECURE_SSL_REDIRECT = True

    with pytest.raises(CommandError, match="--force"):
        load()
    assert not User.objects.exists()
