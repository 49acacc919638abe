"""The pages about backups: who sees them, who acts, and what they say."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from servicedesk.backups import errors
from servicedesk.backups.models import (
    Backup,
    BackupPlan,
    BackupState,
    Generation,
    Recipient,
)
from servicedesk.backups.plan import current_plan
from servicedesk.backups.sealed import make_identity
from servicedesk.core.models import Notification
from tests.factories import HOUR, UserFactory

PAGE = "/system/backups/"
EVERY = [
    ("get", PAGE, "backups.view_backup"),
    ("get", f"{PAGE}start/", "backups.add_backup"),
    ("post", f"{PAGE}start/", "backups.add_backup"),
    ("get", f"{PAGE}plan/", "backups.change_backupplan"),
    ("post", f"{PAGE}plan/", "backups.change_backupplan"),
    ("get", f"{PAGE}recipients/add/", "backups.add_recipient"),
    ("post", f"{PAGE}recipients/add/", "backups.add_recipient"),
    ("get", PAGE + "recipients/{recipient}/", "backups.change_recipient"),
    ("post", PAGE + "recipients/{recipient}/", "backups.change_recipient"),
    ("get", PAGE + "{backup}/", "backups.view_backup"),
    ("get", PAGE + "{backup}/cancel/", "backups.add_backup"),
    ("post", PAGE + "{backup}/cancel/", "backups.add_backup"),
]


@pytest.fixture
def good(desk):
    """A backup that was made an hour ago."""
    moment = timezone.now() - HOUR
    return Backup.objects.create(
        name="20260304T020000Z-1",
        state=BackupState.GOOD,
        generation=Generation.DAILY,
        destination="folder",
        asked_at=moment,
        due_at=moment,
        started_at=moment,
        ended_at=moment,
        size=5_000_000,
        digest="0" * 64,
        manifest={
            "app": "0.2.0",
            "postgres": "18.6",
            "checked": "digest",
            "tables": {"public.tickets_ticket": {"rows": 12345, "hash": "1"}},
            "parts": [{"name": "database.dump.age", "size": 5, "sha256": "ab" * 32}],
            "files": {"count": 3, "bytes": 30},
            "keys": [{"kind": "field", "version": 1, "mark": "abcd"}],
        },
    )


def shown(client, url=PAGE):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def status(client, method, url, good):
    named = {"backup": good.pk, "recipient": Recipient.objects.first().pk}
    return getattr(client, method)(url.format(**named)).status_code


@pytest.mark.parametrize(("method", "url", "permission"), EVERY)
def test_who_may_come_where(client, good, keyholders, method, url, permission):
    assert status(client, method, url, good) == 302, "nobody is asked to sign in"
    client.force_login(UserFactory(role="agent", team="call-centre"))
    assert status(client, method, url, good) == 404, "a stranger finds nothing"
    client.force_login(UserFactory(role="data_protection_officer"))
    reader = 200 if permission == "backups.view_backup" else 403
    assert status(client, method, url, good) == reader
    client.force_login(UserFactory(role="administrator"))
    assert status(client, method, url, good) in {200, 302, 422}


@pytest.fixture
def admin(client, desk):
    user = UserFactory(display_name="Anna", role="administrator")
    client.force_login(user)
    return user


def test_an_empty_page_says_how_to_begin(client, admin):
    text = shown(client)
    assert "No backup can be made yet" in text
    assert "age-keygen -o backup-key.txt" in text
    assert "Back up now" not in text
    assert client.post(f"{PAGE}start/", {"destination": "folder"}).status_code == 302
    assert not Backup.objects.exists()


@pytest.mark.parametrize(
    ("named", "on", "says", "leads_to"),
    [
        (0, True, "As soon as two recipients are named", "recipients/add/"),
        (2, True, "The first one is made at 02:30", "start/"),
        (2, False, "the plan is switched off", "start/"),
    ],
)
def test_an_empty_list_says_why_and_what_to_do(
    client, admin, named, on, says, leads_to
):
    for name in ("Anna", "Bo")[:named]:
        _private, public = make_identity()
        client.post(f"{PAGE}recipients/add/", {"name": name, "key": public})
    current_plan(now=timezone.now())
    BackupPlan.objects.update(on=on)
    text = shown(client)
    empty = text[text.index('class="empty"') :]
    empty = empty[: empty.index("</div>")]
    assert says in empty
    assert f'href="{PAGE}{leads_to}"' in empty
    assert ("As soon as two" in empty) is (named == 0)

    client.force_login(UserFactory(role="data_protection_officer"))
    text = shown(client)
    empty = text[text.index('class="empty"') :]
    assert says in empty
    assert "<a " not in empty[: empty.index("</div>")], (
        "who only reads has nothing to do"
    )


def test_recipients_are_added_and_the_others_are_told(client, admin):
    officer = UserFactory(role="data_protection_officer")
    for name in ("Anna", "Bo"):
        _private, public = make_identity()
        client.post(f"{PAGE}recipients/add/", {"name": name, "key": f" {public} "})
    assert list(Recipient.objects.values_list("name", flat=True)) == ["Anna", "Bo"]
    assert "Back up now" in shown(client)
    told = Notification.objects.filter(kind="backups.recipients")
    assert set(told.values_list("user", flat=True)) == {officer.pk}
    logged = LogEntry.objects.filter(content_type__model="recipient")
    assert logged.count() == 2


@pytest.mark.parametrize("key", ["age1nonsense", "AGE-SECRET-KEY-1ABC", ""])
def test_only_a_public_key_is_taken(client, admin, key):
    answer = client.post(f"{PAGE}recipients/add/", {"name": "Anna", "key": key})
    assert answer.status_code == 422
    assert not Recipient.objects.exists()


def test_two_recipients_stay_whatever_is_clicked(client, admin, keyholders):
    bo = Recipient.objects.get(name="Bo")
    answer = client.post(f"{PAGE}recipients/{bo.pk}/", {"active": "0"}, follow=True)
    assert "At least two recipients have to stay" in answer.content.decode()
    assert Recipient.objects.active().count() == 2


def test_a_backup_is_asked_for_once(client, admin, keyholders):
    url = f"{PAGE}start/"
    assert "Everybody can work on meanwhile" in shown(client, url)
    said = {"destination": "folder", "note": "before the upgrade"}
    made = client.post(url, said, follow=True).content.decode()
    assert "before the upgrade" in made
    again = client.post(url, said, follow=True).content.decode()
    assert "A backup is under way already" in again
    row = Backup.objects.get()
    assert (row.asked_by, row.generation) == (admin, Generation.MANUAL)

    stopped = client.post(f"{PAGE}{row.pk}/cancel/", follow=True).content.decode()
    assert "Somebody stopped it" in stopped
    again = client.post(f"{PAGE}{row.pk}/cancel/", follow=True).content.decode()
    assert "This backup is over already" in again


def test_the_page_of_one_says_what_it_holds(client, admin, good):
    text = shown(client, f"{PAGE}{good.pk}/")
    assert "12,345" in text
    assert "by size and digest" in text
    assert "field-1 abcd" in text


def test_what_failed_says_why_in_words(client, admin, good):
    moment = timezone.now()
    row = Backup.objects.create(
        state=BackupState.FAILED,
        generation=Generation.DAILY,
        destination="folder",
        asked_at=moment,
        due_at=moment,
        started_at=moment,
        ended_at=moment,
        error=errors.FULL,
    )
    assert "There was no room left" in shown(client, f"{PAGE}{row.pk}/")
    assert "There was no room left" in shown(client)


def test_the_plan_is_kept_and_past_times_are_not_made_up_for(client, admin, good):
    said = {
        "on": "on",
        "at": "03:15",
        "destination": "folder",
        "keep_daily": 7,
        "keep_weekly": 4,
        "keep_monthly": 6,
        "keep_manual": 3,
        "late_after_hours": 30,
        "drill_weekday": 5,
        "drill_at": "05:00",
        "drill_late_after_days": 10,
    }
    assert client.post(f"{PAGE}plan/", said | {"keep_daily": 1}).status_code == 422
    before = timezone.now()
    assert client.post(f"{PAGE}plan/", said).status_code == 302
    plan = BackupPlan.objects.get()
    assert (plan.at, plan.keep_daily, plan.drill_on) == (dt.time(3, 15), 7, False)
    assert plan.since >= before
    assert "7 daily, 4 weekly, 6 monthly, 3 by hand" in shown(client)


def test_old_ones_are_a_page_further(client, admin, good):
    moment = timezone.now()
    Backup.objects.bulk_create(
        Backup(
            state=BackupState.FAILED,
            generation=Generation.DAILY,
            destination="folder",
            asked_at=moment,
            due_at=moment,
            ended_at=moment,
            error=errors.LOST,
        )
        for _ in range(30)
    )
    shown(client)
    with CaptureQueriesContext(connection) as asked:
        text = shown(client)
    assert len(asked) <= 15
    assert f'{PAGE}{good.pk}/">Backup' not in text
    assert "Older" in text
    oldest = Backup.objects.order_by("-pk")[24].pk
    assert f"Backup {good.pk}" in shown(client, f"{PAGE}?before={oldest}")
    assert client.get(f"{PAGE}?before=nonsense").status_code == 200
