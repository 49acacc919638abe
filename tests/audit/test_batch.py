"""The entries of one act are written by one insert, or not at all."""

import contextlib

import pytest
from auditlog import get_logentry_model
from auditlog.context import set_actor
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction

from servicedesk.audit.batch import together
from servicedesk.staff.models import Team

LogEntry = get_logentry_model()


@pytest.fixture
def since(desk):
    """Return what was logged since the test began."""
    before = set(LogEntry.objects.values_list("pk", flat=True))
    return lambda: list(LogEntry.objects.exclude(pk__in=before).order_by("pk"))


def rename(slug, name):
    team = Team.objects.get(slug=slug)
    team.name_en = name
    team.save()


def rename_and_fail():
    with together():
        rename("call-centre", "Voices")
        raise RuntimeError


def test_three_changes_are_one_insert(since, django_assert_num_queries, wang):
    teams = list(Team.objects.order_by("pk")[:3])
    since_wang = len(since())
    ContentType.objects.get_for_model(Team)  # remembered from here on
    # Each: what it was, the update. Then one insert for all three.
    with (
        set_actor(wang, remote_addr="192.0.2.7"),
        django_assert_num_queries(7),
        together(),
    ):
        for team in teams:
            team.name_en += " new"
            team.save()
    entries = since()[since_wang:]
    assert [e.object_pk for e in entries] == [str(team.pk) for team in teams]
    assert {(e.actor, e.remote_addr) for e in entries} == {(wang, "192.0.2.7")}


def test_an_exception_drops_them(since):
    with pytest.raises(RuntimeError), transaction.atomic():
        rename_and_fail()
    assert since() == []
    rename("call-centre", "Voices")
    assert len(since()) == 1


def test_the_outer_one_writes(since):
    with together():
        with together():
            rename("call-centre", "Voices")
        assert since() == []
        rename("technical", "Engineers")
    assert len(since()) == 2


def test_what_a_savepoint_took_back_is_not_logged(since):
    with together():
        rename("call-centre", "Voices")
        with contextlib.suppress(IntegrityError), transaction.atomic():
            rename("technical", "Engineers")
            Team.objects.create(slug="call-centre")
        with transaction.atomic():
            rename("complaints", "Listeners")
    changed = [e.changes["name_en"][1] for e in since()]
    assert changed == ["Voices", "Listeners"]


def test_without_a_transaction_it_begins_one(committed):
    before = LogEntry.objects.count()
    with pytest.raises(RuntimeError):
        rename_and_fail()
    assert LogEntry.objects.count() == before
    assert Team.objects.get(slug="call-centre").name_en != "Voices"


def test_nothing_to_write_asks_nothing(desk, django_assert_num_queries):
    with django_assert_num_queries(0), transaction.atomic(savepoint=False), together():
        pass
