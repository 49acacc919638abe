"""Ways that somebody inside could try: none leads to a customer, or leaves one unkept."""

import itertools

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from customers.actions import export as exports
from customers.actions import holds, retention
from customers.actions import honey as honey_acts
from customers.actions.contacts import add_contact
from customers.actions.erase import erase_customer
from customers.actions.grants import approve, ask
from customers.actions.identify import parse_contact
from customers.actions.merge import merge_customers
from customers.actions.rights import check_by_link
from customers.actions.wishes import look_into, write_wish
from customers.links import new_link
from customers.models import (
    Customer,
    ErasureBasis,
    HoneyRecord,
    ImportProblem,
    RightsKind,
    RightsLinkPurpose,
    RightsRequest,
    RightsState,
    RightsWish,
)
from servicedesk.audit.models import LogEntry
from servicedesk.staff.models import User
from tests.customers import moving
from tests.customers.keeping import put_in_force
from tests.desk import chen, committed, desk, fresh, sun, wang, while_open, zhao
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    TicketFactory,
    UserFactory,
    team_of,
)
from tickets.models import Ticket

__all__ = ["chen", "committed", "desk", "sun", "wang", "zhao"]


@pytest.fixture(autouse=True)
def _clean():
    cache.clear()


@pytest.fixture
def ding(desk):
    return UserFactory(display_name="Ding Yan", role="data_protection_officer")


@pytest.fixture
def he(desk):
    """He Long is a senior agent of technical support, and may merge, not hand over."""
    return UserFactory(display_name="He Long", role="senior_agent", team="technical")


def again(user):
    return User.objects.get(pk=user.pk)


def at_desk(client, user):
    client.force_login(user)
    return client


def granted(customer, user, by, scope="contact", length=HOUR, now=None):
    now = now or timezone.now()
    asked = ask(
        customer=customer, scope=scope, purpose="service", reason="r", length=length,
        by=user, now=now,
    )  # fmt: skip
    return approve(grant=asked, until=asked.until, by=by, now=now)


def sees(user, customer):
    return Customer.objects.visible_to(again(user)).filter(pk=customer.pk).exists()


def test_an_hours_grant_cannot_be_merged_into_sight_for_ever(client, he, zhao):
    """One hour of the call centre's customer, merged away: technical keeps it all."""
    theirs = CustomerFactory(name="李华")
    phone = ContactPointFactory(customer=theirs, kind="phone", value="+8613812345678")
    own = CustomerFactory(name="x", team=team_of("technical"))
    granted(theirs, he, zhao)
    at_desk(client, he).post(
        reverse("customers:merge-two", args=[own.number, theirs.number]),
        {"name": "gone", "city": "kept"},
    )
    owner = fresh(phone).customer
    assert sees(zhao, owner), "the owning team lost its customer"
    assert owner.team == team_of("call-centre"), "contacts went to another team"


def test_a_guest_cannot_hand_a_customer_to_their_own_team(client, sun, zhao):
    """A supervisor with one hour's grant takes another team's customer for good."""
    theirs = CustomerFactory()
    granted(theirs, sun, zhao)
    at_desk(client, sun).post(
        reverse("customers:team", args=[theirs.number]),
        {"team": team_of("technical").pk},
    )
    assert fresh(theirs).team == team_of("call-centre")
    assert sees(zhao, theirs)


def test_erasure_reaches_every_record_of_a_long_chain_of_merges(desk):
    chain = [CustomerFactory(name=f"李华{place}") for place in range(8)]
    for gone, kept in itertools.pairwise(chain):
        Customer.objects.filter(pk=gone.pk).update(merged_into=kept)
    erase_customer(customer=fresh(chain[-1]), basis=ErasureBasis.REQUEST, now=NOW)
    assert {str(fresh(each).name) for each in chain} == {""}


def test_a_legal_hold_still_holds_after_a_merge(ding, zhao):
    """The hold stays with the record that goes; its tickets go to the one that stays."""
    ticket = TicketFactory(contact="held@example.com", subject="Evidence")
    Ticket.objects.filter(pk=ticket.pk).update(
        status="closed", closed_at=NOW - 400 * DAY
    )
    holds.place_hold(customer=ticket.customer, reason="court", by=ding, now=NOW)
    merge_customers(
        kept=CustomerFactory(), gone=fresh(ticket).customer, take={}, by=zhao, now=NOW
    )
    retention.purge_portion(rule=put_in_force("tickets.words", ding, 300, NOW), now=NOW)
    assert fresh(ticket).subject == "Evidence"


def test_an_address_that_a_colleague_added_just_now_proves_nothing(wang, ding):
    """Wang adds an address of his own, asks on the public page and clicks the link."""
    hua = CustomerFactory(name="李华")
    ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    mine = parse_contact("wang.private@example.net")
    add_contact(customer=hua, contact=mine, note="", by=wang, now=NOW)
    write_wish(contact=mine, kind=RightsKind.ACCESS, words="", now=NOW)
    look_into(pk=RightsWish.objects.get().pk)
    asked = RightsRequest.objects.get()
    link = new_link(request=asked, purpose=RightsLinkPurpose.IDENTITY, now=NOW)
    check_by_link(link=link, now=NOW)
    assert fresh(asked).state == RightsState.RECEIVED


def test_a_dry_run_is_no_way_to_ask_whom_other_teams_know(sun):
    """Half a million numbers at once: not limited, and no entry says that it was asked."""
    hua = CustomerFactory(name="李华")
    ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    known = set(LogEntry.objects.values_list("pk", flat=True))
    content = moving.csv("x,13812345678,,,,", heads="姓名,电话,邮箱,城市,订单号,商品")
    batch = moving.upload(sun, content)
    batch = moving.check(batch, known="reject", team="technical")
    told = set(ImportProblem.objects.filter(batch=batch).values_list("code", flat=True))
    logged = LogEntry.objects.exclude(pk__in=known).exclude(
        content_type__model__in=["importbatch", "job"]
    )
    assert "known" not in told or logged.exists()


def test_a_consent_withdrawn_on_the_page_is_withdrawn_of_both_records(zhao):
    """0029: withdrawing withdraws both; the signed page and care forget the other."""
    from customers.actions.merge import undo_merge  # noqa: PLC0415
    from customers.actions.withdraw_by_page import withdraw_by_page  # noqa: PLC0415

    kept, gone = CustomerFactory(), CustomerFactory()
    mail = ContactPointFactory(customer=kept)
    for each in (kept, gone):
        each.consents.create(
            purpose="survey", basis="consent", way="phone", given_at=NOW
        )
    made = merge_customers(kept=kept, gone=gone, take={}, by=zhao, now=NOW)
    write_wish(
        contact=parse_contact(str(mail.value)), kind=RightsKind.WITHDRAW, words="",
        now=NOW,
    )  # fmt: skip
    look_into(pk=RightsWish.objects.get().pk)
    asked = RightsRequest.objects.get()
    link = new_link(request=asked, purpose=RightsLinkPurpose.IDENTITY, now=NOW)
    check_by_link(link=link, now=NOW)
    withdraw_by_page(link=link, purpose="survey", now=NOW)
    undo_merge(merge=made, by=zhao, now=NOW)
    assert not gone.consents.filter(purpose="survey", withdrawn_at=None).exists()


def test_nobody_without_login_has_a_file_read_into_memory(monkeypatch):
    from django.test import Client  # noqa: PLC0415

    from customers.views import uploads  # noqa: PLC0415

    read = []
    real = uploads.InMemory.receive_data_chunk
    monkeypatch.setattr(
        uploads.InMemory, "receive_data_chunk",
        lambda self, data, start: read.append(len(data)) or real(self, data, start),
    )  # fmt: skip
    browser = Client(enforce_csrf_checks=True)
    browser.get("/accounts/login/")
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    browser.post(
        reverse("customers:imports"), {"file": SimpleUploadedFile("a.csv", b"x" * 9**6)}
    )
    browser.post(
        reverse("customers:imports"),
        {"file": SimpleUploadedFile("a.csv", b"x" * 9**6), "csrfmiddlewaretoken": "x"},
    )
    assert not sum(read)


def test_a_legal_hold_placed_meanwhile_stops_the_erasure(committed):
    """The erasure looks for holds before it waits for the record, and not again."""
    from customers.actions.erase import approve_erasure, propose_erasure  # noqa: PLC0415
    from customers.actions.rights import check_by_staff, receive  # noqa: PLC0415

    ding = UserFactory(display_name="Ding Yan", role="data_protection_officer")
    guo = UserFactory(display_name="Guo Tao", role="data_protection_officer")
    hua = CustomerFactory(name="李华")
    asked = receive(
        customer=hua, kind=RightsKind.DELETE, way="phone", words="", by=ding, now=NOW
    )
    check_by_staff(asked=asked, way="phone", facts=["document"], by=ding, now=NOW)
    propose_erasure(asked=asked, by=ding, now=NOW)
    while_open(
        lambda: holds.place_hold(customer=hua, reason="court", by=ding, now=NOW),
        lambda: approve_erasure(asked=asked, by=guo, now=NOW),
    )
    assert fresh(hua).erased_at is None


def test_somebody_elses_care_plan_is_not_theirs_to_change(client, sun):
    from customers.models import CarePlan  # noqa: PLC0415

    names = {field.name for field in CarePlan._meta.fields}
    given = {
        key: value
        for key, value in {
            "name_zh": "甲",
            "name_en": "A",
            "team": team_of("call-centre"),
            "quiet_days": 30,
            "every_days": 90,
            "kind": "return",
        }.items()
        if key in names
    }
    plan = CarePlan.objects.create(**given)
    answer = at_desk(client, sun).get(reverse("customers:care-plan", args=[plan.pk]))
    assert answer.status_code in {403, 404}


@pytest.mark.parametrize("table", ["customers_importbatch", "customers_importpart"])
def test_a_damaged_import_is_a_word_on_the_page_and_no_crash(client, zhao, table):
    from django.db import connection  # noqa: PLC0415

    batch = moving.upload(zhao)
    column = "heads" if table.endswith("batch") else "content"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = set_byte({column}, length({column}) - 1,"
            f" (get_byte({column}, length({column}) - 1) + 1) % 256)"
        )
    client.raise_request_exception = False
    answer = at_desk(client, zhao).get(reverse("customers:import", args=[batch.pk]))
    assert answer.status_code == 200


def test_a_damaged_export_is_a_word_on_the_page_and_no_crash(client, zhao, ding):
    from django.db import connection  # noqa: PLC0415

    CustomerFactory(name="李华")
    asked = exports.ask(
        by=zhao, purpose="service", reason="r", columns=["number", "name"],
        filters={}, format="xlsx", now=timezone.now(),
    )  # fmt: skip
    exports.decide(export=asked, approve=True, by=ding, now=timezone.now())
    moving.work(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_exportpart SET content = set_byte(content,"
            " length(content) - 1, (get_byte(content, length(content) - 1) + 1) % 256)"
        )
    client.raise_request_exception = False
    answer = at_desk(client, zhao).post(
        reverse("customers:export-fetch", args=[asked.pk])
    )
    assert answer.status_code < 500


def test_what_was_approved_for_one_customer_is_not_made_for_fifty(zhao, ding):
    CustomerFactory()
    asked = exports.ask(
        by=zhao, purpose="service", reason="r", columns=["number", "phone"],
        filters={}, format="csv", now=NOW,
    )  # fmt: skip
    for _each in range(50):
        CustomerFactory()
    exports.decide(export=asked, approve=True, by=ding, now=NOW)
    moving.work(NOW)
    assert fresh(asked).count <= fresh(asked).expected


def test_an_upload_is_refused_without_its_token(zhao):
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(zhao)
    answer = browser.post(
        reverse("customers:imports"), {"file": SimpleUploadedFile("a.csv", b"a,b")}
    )
    assert answer.status_code == 403


def test_retention_does_not_undo_a_merge_that_came_between(ding, zhao):
    """The portion was read before the merge; the whole row is written back after it."""
    from customers.actions.retention_kinds import _erase_idle, _idle  # noqa: PLC0415

    kept = CustomerFactory(name="a", created_at=NOW - 400 * DAY)
    gone = CustomerFactory(name="b", created_at=NOW - 400 * DAY)
    rows = list(_idle(NOW - 300 * DAY).filter(pk=gone.pk))
    merge_customers(kept=kept, gone=gone, take={}, by=zhao, now=NOW)
    _erase_idle(rows, NOW)
    assert fresh(gone).merged_into_id == kept.pk


def test_a_request_that_cannot_be_read_is_not_overwritten_by_its_error(ding):
    from django.db import connection  # noqa: PLC0415

    from customers.actions.rights import receive  # noqa: PLC0415

    hua = CustomerFactory()
    asked = receive(
        customer=hua, kind=RightsKind.CORRECT, way="phone", words="my words", by=ding,
        now=NOW,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_rightsrequest SET words = set_byte(words, length(words) - 1,"
            " (get_byte(words, length(words) - 1) # 1))"
        )
    receive(
        customer=hua, kind=RightsKind.CORRECT, way="phone", words="more", by=ding,
        now=NOW,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_rightsrequest SET words = set_byte(words, length(words) - 1,"
            " (get_byte(words, length(words) - 1) # 1))"
        )
    assert "my words" in str(fresh(asked).words)


def test_a_honey_record_with_a_ticket_can_be_retired(client, ding, wang):
    honey_acts.plant(team=team_of("call-centre"), by=ding, now=NOW - DAY)
    honey_acts.plant_due(now=NOW)
    made = Customer.objects.get()
    ticket = TicketFactory(contact="a@example.com")
    Ticket.objects.filter(pk=ticket.pk).update(customer=made)
    record = HoneyRecord.objects.get()
    answer = at_desk(client, ding).post(
        reverse("customers:retire-honey", args=[record.pk])
    )
    assert answer.status_code == 302
    assert fresh(record).retired


def test_adding_contacts_is_no_way_to_ask_who_is_a_customer(client, sun, monkeypatch):
    """Sun tries number after number on a record of his own, and is told who is taken."""
    monkeypatch.setattr("customers.views.probing.LIMIT", 3)
    theirs = CustomerFactory(name="李华")
    ContactPointFactory(customer=theirs, kind="phone", value="+8613812345678")
    own = CustomerFactory(name="x", team=team_of("technical"))
    browser = at_desk(client, sun)
    ways = (
        (reverse("customers:contact-add", args=[own.number]), {"value": "13812345678"}),
        (reverse("customers:new"), {
            "contact": "13812345678", "name": "y", "language": "en",
            "kind": "individual", "team": team_of("technical").pk,
        }),
    )  # fmt: skip
    for address, form in ways:
        told = browser.post(address, form)
        assert told.status_code == 422
        assert "with another customer already" in told.content.decode()
    met = LogEntry.objects.filter(object_pk=str(theirs.pk), actor=sun)
    assert met.count() == 2, "the record does not say who met it"
    address, form = ways[0]
    browser.post(address, form)
    refused = browser.post(address, form).content.decode()
    assert "Wait ten minutes" in refused
    assert "with another customer already" not in refused
