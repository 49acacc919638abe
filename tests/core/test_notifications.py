import datetime as dt
import smtplib
import zoneinfo

import pytest
from django.core import mail as outbox
from django.db import IntegrityError, transaction

from servicedesk.core.models import (
    LiveEvent,
    MailState,
    Notification,
    NotificationChoice,
    QuietHours,
    Way,
)
from servicedesk.core.notifications import mail, registry
from servicedesk.core.notifications.notify import GRACE, mark_read, notify, purge
from servicedesk.core.notifications.plan import AGAIN, MAILS_AN_HOUR, STALE
from servicedesk.core.notifications.quiet import digest_at, quiet_until, zone_of
from servicedesk.core.notifications.registry import NotificationKind, register_kind
from servicedesk.core.notifications.words import sentence_of
from servicedesk.core.post import SERVER_PATIENCE, STUCK_AFTER, Line
from tests.desk import at_once, committed, desk, fresh
from tests.factories import DAY, HOUR, MINUTE, NOW, UserFactory
from tests.tickets.post import free_port, post_office, use_smtp

__all__ = ["committed", "desk"]
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
KIND = "tests.waits"
# 10:00 in Shanghai, and what was told a moment ago is due.
LATER = NOW + GRACE


def made(key, **given):
    return NotificationKind(
        key,
        title="Something waits",
        sentence=lambda row: f"Thing {row.ref} waits.",
        url=lambda row: f"/things/{row.ref}/",
        **given,
    )


@pytest.fixture
def kinds(monkeypatch):
    """Give the kinds of this test, and nobody at the desk."""
    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(registry, "_present", [])
    register_kind(made(KIND, way=Way.MAIL))
    register_kind(made("tests.urgent", way=Way.MAIL, urgent=True, fixed=True))
    register_kind(made("tests.page"))


@pytest.fixture
def anna(desk, kinds):
    return UserFactory(display_name="Anna", email="anna@desk.example")


@pytest.fixture
def ben(desk, kinds):
    return UserFactory(display_name="Ben", email="ben@desk.example")


def tell(*users, kind=KIND, ref="SD-1", key="", now=NOW):
    with transaction.atomic():
        notify(users=users, kind=kind, ref=ref, key=key or f"{kind}:{ref}", now=now)


def row_of(user):
    return Notification.objects.get(user=user)


def send(now=LATER):
    """Do what the sweep does, at this time."""
    with Line() as line:
        for person in mail.people_due(now=now, most=100):
            mail.send_to(user_id=person, now=now, line=line)
        if line.trouble:
            mail.put_off(now=now, why=line.trouble)


def choose(user, way, kind=KIND):
    NotificationChoice.objects.create(user=user, kind=kind, way=way)


def test_several_people_hear_of_it_in_one_query(anna, ben, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1):
        notify(users=[anna, ben.pk, None], kind=KIND, ref="SD-1", key="k", now=NOW)

    assert {row.user_id for row in Notification.objects.all()} == {anna.pk, ben.pk}
    told = LiveEvent.objects.filter(kind="notified")
    assert {event.channel for event in told} == {f"user:{anna.pk}", f"user:{ben.pk}"}
    assert {event.ref for event in told} == {
        str(row.pk) for row in Notification.objects.all()
    }


def test_the_same_event_twice_is_one(anna):
    tell(anna)
    tell(anna, now=NOW + HOUR)
    assert row_of(anna).created_at == NOW
    assert LiveEvent.objects.filter(kind="notified").count() == 1


def test_told_from_two_sides_at_once_it_is_one(committed, kinds):
    anna = UserFactory(display_name="Anna")
    at_once(*(lambda: tell(anna),) * 3)
    assert Notification.objects.filter(user=anna).count() == 1


def test_it_holds_ids_and_numbers_only(anna):
    with pytest.raises(ValueError, match="ids and numbers"):
        tell(anna, ref="张伟")
    with pytest.raises(LookupError):
        tell(anna, kind="tests.unknown")


def test_who_wants_none_of_it_is_not_told(anna, ben):
    choose(anna, Way.NONE)
    choose(ben, Way.PAGE)
    tell(anna, ben)
    assert not Notification.objects.filter(user=anna).exists()
    assert row_of(ben).mail_state == MailState.SKIPPED


def test_some_things_cannot_be_switched_off(anna):
    choose(anna, Way.NONE, "tests.urgent")
    tell(anna, kind="tests.urgent")
    assert row_of(anna).way == Way.PAGE
    assert row_of(anna).mail_state == MailState.SKIPPED


def test_what_waits_comes_by_mail_in_the_persons_language(anna):
    tell(anna)
    send(LATER - MINUTE)
    assert outbox.outbox == []

    send()
    send(LATER + HOUR)

    [letter] = outbox.outbox
    assert letter.to == ["anna@desk.example"]
    assert letter.subject.startswith("Thing SD-1 waits.")
    assert f"/notifications/{row_of(anna).pk}/" in letter.body
    assert "/profile/notifications/" in letter.body
    assert row_of(anna).mail_state == MailState.SENT


def test_what_comes_together_goes_together(anna):
    for number in range(3):
        tell(anna, ref=f"SD-{number}")
    send()
    [letter] = outbox.outbox
    assert "3 things wait for you" in letter.subject
    assert all(f"Thing SD-{number} waits." in letter.body for number in range(3))


def test_what_was_read_meanwhile_needs_no_letter(anna):
    tell(anna)
    assert mark_read(user=anna, now=NOW) == 1
    assert mark_read(user=anna, now=NOW) == 0
    send()
    assert outbox.outbox == []
    assert row_of(anna).mail_state == MailState.SKIPPED


def test_who_is_here_gets_no_letter_until_they_leave(anna):
    here = {anna.pk}
    registry.register_presence(lambda users: here & set(users))
    tell(anna)
    send()
    assert outbox.outbox == []
    assert row_of(anna).mail_due_at == LATER + AGAIN

    here.clear()
    send(LATER + AGAIN)

    assert len(outbox.outbox) == 1


def test_what_was_left_unread_for_a_day_by_someone_present_is_let_be(anna):
    registry.register_presence(set)
    tell(anna)
    send(NOW + STALE)
    assert outbox.outbox == []
    assert row_of(anna).mail_state == MailState.SKIPPED


def test_who_wants_letters_while_present_gets_them(anna):
    registry.register_presence(set)
    QuietHours.objects.create(user=anna, also_present=True)
    tell(anna)
    send()
    assert len(outbox.outbox) == 1


def test_at_night_letters_wait_and_come_together_in_the_morning(anna):
    night = NOW + 13 * HOUR  # 23:00 in Shanghai
    tell(anna, ref="SD-1", now=night)
    tell(anna, ref="SD-2", now=night + HOUR)
    send(night + 2 * HOUR)
    assert outbox.outbox == []

    send(night + 9 * HOUR)

    [letter] = outbox.outbox
    assert "2 things" in letter.subject


def test_urgent_things_come_at_night_to_those_who_allow_it(anna, ben):
    night = NOW + 13 * HOUR
    QuietHours.objects.create(user=ben, urgent_passes=True)
    tell(anna, ben, kind="tests.urgent", now=night)
    tell(ben, now=night)
    send(night + GRACE)
    [letter] = outbox.outbox
    assert letter.to == ["ben@desk.example"]
    assert letter.subject.startswith("Thing")


def test_the_daily_summary_comes_once_a_day(anna):
    choose(anna, Way.DIGEST)
    tell(anna, ref="SD-1")
    tell(anna, ref="SD-2", now=NOW + HOUR)
    send(NOW + 5 * HOUR)
    assert outbox.outbox == []
    send(NOW + DAY - HOUR)
    [letter] = outbox.outbox
    assert "2 things" in letter.subject


def test_no_more_than_a_few_letters_an_hour(anna):
    moment = NOW
    for number in range(MAILS_AN_HOUR + 3):
        tell(anna, ref=f"SD-{number}", now=moment)
        send(moment + GRACE)
        moment += 3 * MINUTE
    assert len(outbox.outbox) == MAILS_AN_HOUR

    send(NOW + GRACE + HOUR)

    assert len(outbox.outbox) == MAILS_AN_HOUR + 1
    assert "3 things" in outbox.outbox[-1].subject


@pytest.mark.parametrize("fault", [{"email": ""}, {"is_active": False}])
def test_who_cannot_be_reached_is_left_out(anna, fault):
    tell(anna)
    type(anna).objects.filter(pk=anna.pk).update(**fault)
    send()
    assert outbox.outbox == []
    assert row_of(anna).mail_state == MailState.SKIPPED


def test_a_letter_of_its_own_is_sent_at_once_to_whoever_is_there(anna):
    register_kind(
        made("tests.letter", letter=lambda row: ("Your account", f"Hello {row.ref}"))
    )
    registry.register_presence(set)
    night = NOW + 13 * HOUR
    tell(anna, kind="tests.letter", now=night)
    send(night)
    [letter] = outbox.outbox
    assert (letter.subject, letter.body) == ("Your account", "Hello SD-1\n")


def test_a_letter_that_cannot_be_made_takes_no_other_with_it(anna):
    def letter(row):
        if row.ref == "SD-1":
            raise KeyError(row.ref)
        return "Your account", f"Hello {row.ref}"

    register_kind(made("tests.letter", letter=letter))
    tell(anna, kind="tests.letter", ref="SD-1")
    tell(anna, kind="tests.letter", ref="SD-2")
    with pytest.raises(KeyError):
        send()
    assert {row.mail_state for row in Notification.objects.all()} == {MailState.DUE}
    Notification.objects.filter(ref="SD-1").delete()
    send(LATER + HOUR)
    assert [letter.body for letter in outbox.outbox] == ["Hello SD-2\n"]


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(anna, ben, settings):
    with post_office() as (post, port):
        use_smtp(settings, port)
        post.to = "451 later"
        tell(anna)
        send()
        assert row_of(anna).mail_state == MailState.DUE
        assert row_of(anna).mail_due_at > LATER
        post.to = "550 nobody"
        send(LATER + HOUR)
        assert row_of(anna).mail_state == MailState.FAILED
        post.to = ""


def test_what_may_have_arrived_is_not_repeated(anna, monkeypatch):
    def cut(self, **given):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", cut)
    tell(anna)
    send()
    assert row_of(anna).mail_state == MailState.UNSURE
    monkeypatch.undo()
    send(LATER + HOUR)
    assert outbox.outbox == []


def test_a_sender_that_died_midway_leaves_it_possibly_sent(anna):
    tell(anna)
    Notification.objects.update(mail_state="sending", mail_taken_at=NOW)
    assert mail.mark_stuck(now=NOW + STUCK_AFTER) == 0
    assert mail.mark_stuck(now=NOW + STUCK_AFTER + MINUTE) == 1
    send(NOW + HOUR)
    assert outbox.outbox == []
    assert row_of(anna).mail_state == MailState.UNSURE


def test_a_server_that_does_not_answer_touches_no_letter(anna, settings):
    use_smtp(settings, free_port())
    tell(anna)
    send()
    row = row_of(anna)
    assert (row.mail_state, row.mail_tries) == (MailState.DUE, 0)
    assert row.mail_due_at > LATER
    Notification.objects.update(mail_due_at=NOW)
    send(LATER + SERVER_PATIENCE)
    assert fresh(row).mail_state == MailState.FAILED


def test_a_kind_that_is_gone_is_still_a_sentence(anna, monkeypatch):
    tell(anna)
    monkeypatch.setattr(registry, "_kinds", {})
    assert "cannot tell" in sentence_of(row_of(anna))
    send()
    assert outbox.outbox == []


def test_what_was_read_long_ago_is_deleted(anna, ben):
    tell(anna, ben)
    mark_read(user=anna, now=NOW)
    assert purge(before=NOW + DAY) == 1
    assert row_of(ben)


def test_the_database_guards_the_states(anna):
    tell(anna)
    for wrong in ({"way": "loud"}, {"mail_state": "lost"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notification.objects.update(**wrong)


def local(day, hour, minute=0):
    """Return a time of the week of Monday 2 March 2026 in Shanghai."""
    moment = dt.datetime(2026, 3, 1 + day, hour, minute, tzinfo=SHANGHAI)
    return moment.astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ({}, local(1, 10), None),
        ({}, local(1, 21, 59), None),
        ({}, local(1, 22), local(2, 8)),
        ({}, local(2, 7, 59), local(2, 8)),
        ({}, local(2, 8), None),
        ({}, local(6, 12), None),
        ({"weekends": True}, local(6, 12), local(8, 8)),
        ({"weekends": True}, local(5, 23), local(8, 8)),
        ({"weekends": True}, local(7, 23), local(8, 8)),
        ({"begin": dt.time(12), "end": dt.time(14)}, local(1, 13), local(1, 14)),
        ({"begin": dt.time(12), "end": dt.time(14)}, local(1, 14), None),
        ({"begin": dt.time(0), "end": dt.time(0)}, local(1, 0), None),
    ],
)
def test_quiet_hours(hours, now, until):
    assert quiet_until(QuietHours(**hours), SHANGHAI, now) == until


def test_the_time_of_the_summary_is_half_past_eight_in_the_persons_morning():
    assert digest_at(SHANGHAI, local(1, 8)) == local(1, 8, 30)
    assert digest_at(SHANGHAI, local(1, 8, 30)) == local(2, 8, 30)
    assert zone_of("Nowhere/Land") == SHANGHAI
