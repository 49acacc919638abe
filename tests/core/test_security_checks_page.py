"""The page about security checks, its table, and the command."""

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.core.models import Job, Level, SecurityFinding
from servicedesk.core.security_checks.registry import Found
from tests.core.checking import Doors, check, only
from tests.desk import desk
from tests.factories import DAY, UserFactory

assert desk
PAGE = "/system/security/"


@pytest.fixture
def doors(desk, monkeypatch):
    only(monkeypatch)
    return Doors().register()


def sign_in(client, role):
    user = UserFactory(display_name="Anna", role=role, is_staff=role == "administrator")
    client.force_login(user)
    return user


def look(doors, *found):
    doors.found = list(found)
    return check(timezone.now())


def bad(count=1, **more):
    return Found(Level.BAD, "open", count, {"names": ["north"]}, **more)


def shown(client):
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["agent", "supervisor", "quality_analyst", ""])
def test_it_is_not_there_for_others(client, doors, role):
    client.force_login(UserFactory(role=role, team="call-centre"))
    look(doors, bad())
    row = SecurityFinding.objects.get()
    for address in (PAGE, f"{PAGE}export/", f"{PAGE}{row.pk}/acknowledge/"):
        assert client.get(address).status_code == 404
    assert client.post(f"{PAGE}run/").status_code == 404


def test_strangers_sign_in_first(client, doors):
    assert client.get(PAGE).status_code == 302


def test_before_the_first_check_it_says_what_will_come(client, doors):
    sign_in(client, "administrator")
    text = shown(client)
    assert "Nothing has been checked yet." in text
    assert "No check yet" in text


def test_what_is_bad_stands_first_with_what_to_do_and_where(client, doors):
    user = sign_in(client, "administrator")
    look(doors, Found(Level.NOTE, "dusty"), bad(subjects=[user.pk]))
    text = shown(client)
    assert "1 thing is bad: see to it today." in text
    assert "1 door is open: north." in text
    assert "Close it." in text
    assert f'<a href="/admin/staff/user/{user.pk}/change/">Anna</a>' in text
    assert text.index("1 door is open") < text.index("dusty")


def test_when_all_is_mended_it_says_so(client, doors):
    sign_in(client, "administrator")
    look(doors, bad())
    look(doors)
    text = shown(client)
    assert "Nothing is to be mended." in text
    assert "<li>Doors</li>" in text


def test_what_could_not_be_checked_is_not_called_safe(client, doors):
    sign_in(client, "administrator")
    look(doors, Found(Level.UNCHECKED, "failed"))
    assert "not everything could be checked" in shown(client)


def test_management_reads_and_neither_names_people_nor_acts(client, doors):
    ben = UserFactory(display_name="Ben")
    sign_in(client, "management")
    look(doors, bad(subjects=[ben.pk]))
    text = shown(client)
    assert "1 door is open" in text
    assert "Ben" not in text
    assert "Acknowledge" not in text
    assert "Check now" not in text
    row = SecurityFinding.objects.get()
    assert client.get(f"{PAGE}{row.pk}/acknowledge/").status_code == 403
    assert client.post(f"{PAGE}run/").status_code == 403


def test_check_now_is_a_job_and_a_second_one_waits(client, doors):
    user = sign_in(client, "data_protection_officer")
    answer = client.post(f"{PAGE}run/")
    job = Job.objects.get()
    assert (job.kind, job.by) == ("core.security_check", user)
    assert answer["Location"] == f"/jobs/{job.pk}/"
    answer = client.post(f"{PAGE}run/", follow=True)
    assert "under way already" in answer.content.decode()


def test_a_finding_is_put_aside_with_a_reason_and_a_day(client, doors):
    sign_in(client, "data_protection_officer")
    look(doors, bad())
    row = SecurityFinding.objects.get()
    address = f"{PAGE}{row.pk}/acknowledge/"
    assert "1 door is open" in client.get(address).content.decode()
    day = (timezone.localtime() + 10 * DAY).date()
    answer = client.post(address, {"why": "Lock ordered", "until": day}, follow=True)
    text = answer.content.decode()
    assert "Nothing is to be mended." in text
    assert "Lock ordered" in text
    assert "Put aside for a while" in text


@pytest.mark.parametrize(
    ("days", "said"), [(-1, "over already"), (200, "90 days at most")]
)
def test_a_day_that_will_not_do_is_refused(client, doors, days, said):
    sign_in(client, "administrator")
    look(doors, bad())
    row = SecurityFinding.objects.get()
    day = (timezone.localtime() + days * DAY).date()
    answer = client.post(f"{PAGE}{row.pk}/acknowledge/", {"why": "Later", "until": day})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_table_opens_no_formula_and_names_nobody(client, doors):
    user = sign_in(client, "administrator")
    look(doors, bad(subjects=[user.pk]))
    row = SecurityFinding.objects.get()
    client.post(
        f"{PAGE}{row.pk}/acknowledge/",
        {
            "why": "=HYPERLINK(1)",
            "until": (timezone.localtime() + DAY).date(),
        },
    )
    answer = client.get(f"{PAGE}export/")
    assert "attachment" in answer["Content-Disposition"]
    text = answer.content.decode("utf-8-sig")
    head, line = list(csv.reader(io.StringIO(text)))
    assert head[0] == "Check"
    assert line[:3] == ["Doors", "Bad", "1 door is open: north."]
    assert line[-1] == "'=HYPERLINK(1)"
    assert str(user) not in text


def test_the_page_asks_little_however_much_is_found(client, doors):
    user = sign_in(client, "administrator")
    look(doors, bad(subjects=[user.pk]))
    shown(client)
    with CaptureQueriesContext(connection) as few:
        shown(client)
    who = [user.pk, UserFactory().pk]
    look(doors, *(Found(Level.WARN, f"door-{n}", 2, {}, who) for n in range(30)))
    with CaptureQueriesContext(connection) as many:
        shown(client)
    assert len(few) == len(many) <= 15


def run_command(*options):
    said = io.StringIO()
    call_command("security_check", *options, stdout=said)
    return said.getvalue()


def test_the_command_ends_well_when_nothing_is_bad(doors):
    doors.found = [Found(Level.WARN, "open", 1, {"names": ["north"]})]
    said = run_command()
    assert "1 thing is to be mended." in said
    assert "[To mend] Doors: 1 door is open: north. Close it." in said


def test_the_command_ends_with_one_when_something_is_bad(doors):
    doors.found = [bad()]
    with pytest.raises(SystemExit) as ended:
        run_command()
    assert ended.value.code == 1


def test_the_command_speaks_to_programs(doors):
    doors.found = [Found(Level.NOTE, "open", 3, {"names": ["north"]})]
    said = json.loads(run_command("--json"))
    assert said["findings"][0]["check"] == "test.doors"
    assert said["findings"][0]["count"] == 3


def test_the_real_checks_come_to_an_end(desk, client):
    """All of them, as the apps register them, on this very desk."""
    sign_in(client, "administrator")
    run = check(timezone.now())
    assert "failed" not in SecurityFinding.objects.values_list("code", flat=True)
    assert len(run.levels) >= 18
    assert "Passwords are not hashed with Argon2" in shown(client)
