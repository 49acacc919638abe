"""The pages about drills: who sees them, what a report says, and what is to be done next."""

import datetime as dt
import io
import re

import pytest
from django.core.management import call_command

from servicedesk.backups.inside import unsaved_keys
from servicedesk.backups.manifest import keys_now
from servicedesk.backups.models import Drill, DrillState
from servicedesk.backups.sealed import make_identity
from servicedesk.core.encryption.status import newest_backup
from tests.backups.drills import LIST, good
from tests.factories import NOW, UserFactory

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def failed(desk):
    return Drill.objects.create(
        backup=good(),
        state=DrillState.FAILED,
        verdict="rows_differ",
        findings=[
            {"code": "rows_differ", "table": "public.x", "rows": 1, "expected": 2},
            {"code": "keys_not_saved", "kind": "field", "version": 1},
            {"code": "schema_older", "number": 3},
        ],
        seconds={"look": 0.5, "database": 61.0, "inspect": 128.9},
        report={"saved": "partly", "recovery_seconds": 190.4, "numbers": {}},
        asked_at=NOW,
        due_at=NOW,
        started_at=NOW,
        ended_at=NOW,
    )


@pytest.mark.parametrize(
    ("role", "sees", "acts"),
    [
        ("administrator", 200, 302),
        ("data_protection_officer", 200, 403),
        ("agent", 404, 404),
        ("supervisor", 404, 404),
    ],
)
def test_who_sees_them_and_who_makes_one(client, failed, role, sees, acts):
    client.force_login(UserFactory(role=role, team="call-centre", is_staff=True))
    assert client.get(LIST).status_code == sees
    assert client.get(f"{LIST}{failed.pk}/").status_code == sees
    assert client.get(f"{LIST}start/").status_code == (200 if acts == 302 else acts)
    assert client.post(f"{LIST}start/").status_code == acts
    assert Drill.objects.filter(state="due").exists() is (acts == 302)


def test_strangers_sign_in_first(client, failed):
    assert client.get(LIST).status_code == 302
    assert client.get(f"{LIST}{failed.pk}/").status_code == 302


def test_a_report_says_in_plain_words_why_not(client, anna, failed):
    client.force_login(anna)
    page = client.get(f"{LIST}{failed.pk}/").content.decode()
    assert "In part" in page
    first = "The first of 2 findings: public.x came back with 1 rows instead of 2."
    assert f"{first}\n" in page or f"{first}<" in page, "nothing is joined to it"
    assert "No backup of keys holds field-1.key" in page
    assert "3 migrations were applied" in page
    assert "3 min 10 s" in page
    assert "In part" in client.get(LIST).content.decode()
    assert client.get(f"{LIST}999/").status_code == 404


def test_what_was_broken_off_has_measured_no_recovery(client, anna, failed):
    client.force_login(anna)
    del failed.seconds["inspect"]
    failed.save()
    assert "3 min 10 s" not in client.get(f"{LIST}{failed.pk}/").content.decode()
    assert "3 min 10 s" not in client.get(LIST).content.decode()


def test_where_the_keys_are_saved_nowhere_the_page_says_the_command_that_helps(
    client, anna, failed, tmp_path
):
    client.force_login(anna)
    page = client.get(f"{LIST}{failed.pk}/").content.decode()
    assert "To do next: four people send their public keys" in page
    [command] = re.findall("<code>manage.py (keys backup .*)</code>", page)
    for name in ("group-one.txt", "group-two.txt"):
        lines = "".join(f"# somebody\n{make_identity()[1]}\n" for _ in range(2))
        (tmp_path / name).write_text(lines)
        command = command.replace(name, str(tmp_path / name))
    wanted = keys_now()
    assert codes_of(unsaved_keys(wanted, newest_backup(), NOW)) == {"keys_not_saved"}
    call_command(
        *command.replace("FOLDER", str(tmp_path)).split(), stdout=io.StringIO()
    )
    assert "keys_not_saved" not in codes_of(unsaved_keys(wanted, newest_backup(), NOW))

    failed.findings = failed.findings[:1]
    failed.save()
    assert "To do next" not in client.get(f"{LIST}{failed.pk}/").content.decode()


def codes_of(findings):
    return {each.code for each in findings}


def test_before_the_first_one_the_page_says_what_that_means(client, anna):
    client.force_login(anna)
    page = client.get(LIST).content.decode()
    assert "nobody knows whether the backups can be restored" in page
    answer = client.post(f"{LIST}start/", follow=True).content.decode()
    assert "no good backup yet" in answer


def test_lists_of_one_and_three_make_the_same_queries(
    client, anna, failed, django_assert_max_num_queries
):
    client.force_login(anna)
    client.get(LIST)
    with django_assert_max_num_queries(15) as one:
        client.get(LIST)
    for number in (2, 3):
        Drill.objects.create(
            backup=failed.backup,
            asked_by=anna,
            state=DrillState.PROVEN,
            verdict="proven",
            asked_at=NOW,
            due_at=NOW,
            ended_at=NOW + number * MINUTE,
        )
    with django_assert_max_num_queries(len(one)):
        client.get(LIST)
