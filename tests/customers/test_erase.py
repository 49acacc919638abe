"""To be erased: what names the person goes everywhere, cases and figures stay."""

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError

from customers import tasks
from customers.actions.erase import approve_erasure, propose_erasure
from customers.actions.identify import find_contact_point, parse_contact
from customers.models import (
    ContactPoint,
    Customer,
    ErasureLedger,
    LegalHold,
    Purchase,
    RightsLetter,
    RightsState,
)
from servicedesk.core.errors import RuleError
from tests.customers.persons import asked_by, ding, guo, zhang
from tests.desk import committed, desk, fresh, li, sun, wang, while_open, zhao
from tests.factories import (
    NOW,
    ContactPointFactory,
    CustomerFactory,
    TicketFactory,
    UserFactory,
    request,
)
from tickets.actions.create import create_ticket
from tickets.actions.reply import reply
from tickets.models import Attachment, Message, Ticket, TicketText

__all__ = ["committed", "desk", "ding", "guo", "li", "sun", "wang", "zhang", "zhao"]
CLEAR = ("张伟", "zhang.wei", "zhang.work", "耳机", "南京路", "O-0007", "寄给")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.ERASURES_DIR = tmp_path / "ledger"


def erase(person, ding, guo):
    asked = asked_by(person, "delete", by=ding)
    propose_erasure(asked=asked, by=ding, now=NOW)
    approve_erasure(asked=asked, by=guo, now=NOW)
    return fresh(asked)


def everything():
    """Return the whole database as text, but the log, which never had values."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~"
            " '^(customers|tickets|core|audit)_'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_nothing_that_names_the_person_is_left(zhang, ding, guo):
    assert "耳机" in everything()

    erase(zhang, ding, guo)

    left = everything()
    for clear in CLEAR:
        assert clear not in left, clear
    person = fresh(zhang)
    assert (person.name, person.address, person.id_number) == ("", None, None)
    assert (person.name_index, person.id_number_index) == (b"", None)
    assert not ContactPoint.objects.filter(customer=person).exists()
    assert [each.account for each in person.payments.all()] == [""]
    assert find_contact_point(parse_contact("13812345678")) is None


def test_cases_dates_and_figures_stay(zhang, ding, guo):
    before = Ticket.objects.values("number", "category", "status", "created_at", "team")
    before = list(before)
    said = Message.objects.count()

    erase(zhang, ding, guo)

    after = Ticket.objects.values("number", "category", "status", "created_at", "team")
    assert list(after) == before
    assert Message.objects.count() == said
    assert fresh(zhang).city == "上海"
    assert fresh(zhang).erased_at == NOW
    assert sum(each.amount for each in Purchase.objects.all()) == 798
    assert all(text.vector == "" for text in TicketText.objects.all())


def test_young_orders_are_kept_and_the_person_learns_why(zhang, ding, guo):
    asked = erase(zhang, ding, guo)
    numbers = set(Purchase.objects.values_list("order_number", flat=True))
    tasks.sweep_rights_letters()

    assert "O-1001" in numbers
    assert "O-0007" not in numbers
    assert asked.kept[0] == "purchases"
    [letter] = mail.outbox
    assert letter.to == ["zhang.work@example.com"]
    assert "E-Commerce Law" in letter.body or "电子商务法" in letter.body
    # The last trace of the address goes with the letter.
    assert [each.address for each in RightsLetter.objects.all()] == [None]
    assert asked.state == RightsState.ANSWERED


def test_it_takes_two_people(zhang, ding, guo):
    asked = asked_by(zhang, "delete", by=ding)
    with pytest.raises(RuleError, match="proposed"):
        approve_erasure(asked=asked, by=guo, now=NOW)
    propose_erasure(asked=asked, by=ding, now=NOW)
    with pytest.raises(RuleError, match="Another person"):
        approve_erasure(asked=asked, by=ding, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(asked).objects.filter(pk=asked.pk).update(approved_by=ding)
    assert fresh(zhang).name == "张伟"


def test_an_open_ticket_or_a_legal_hold_delays_it_with_a_sentence(zhang, ding, wang):
    TicketFactory(contact="zhang.wei@example.com")
    LegalHold.objects.create(
        customer=zhang, reason="Court order", placed_by=ding, placed_at=NOW
    )
    asked = asked_by(zhang, "delete", by=ding)

    with pytest.raises(RuleError) as refused:
        propose_erasure(asked=asked, by=ding, now=NOW)
    assert "not closed yet" in str(refused.value)
    assert "legal hold" in str(refused.value)


def test_the_same_number_later_is_somebody_new(zhang, ding, guo):
    erase(zhang, ding, guo)

    ticket = TicketFactory(name="张伟", contact="zhang.wei@example.com")

    assert ticket.customer != zhang
    assert Customer.objects.count() == 2


def test_records_merged_into_it_go_with_it(zhang, ding, guo):
    double = CustomerFactory(name="张伟", merged_into=zhang)

    erase(zhang, ding, guo)

    assert fresh(double).name == ""
    assert ErasureLedger.objects.filter(customer_key=double.pk).count() == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE customers_erasureledger SET customer_number = 1",
        "DELETE FROM customers_erasureledger",
        "TRUNCATE customers_erasureledger",
    ],
)
def test_the_ledger_is_only_ever_added_to(zhang, ding, guo, sql):
    erase(zhang, ding, guo)

    refused = pytest.raises((IntegrityError, InternalError))
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_files_of_the_person_are_gone_from_the_disk(
    zhang, ding, guo, wang, django_capture_on_commit_callbacks, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    message = Message.objects.filter(ticket__customer=zhang).first()
    kept = Attachment.objects.create(
        message=message, file=ContentFile(b"passport", "张伟护照.jpg"),
        name="张伟护照.jpg", size=8, sha256="0" * 64, created_at=NOW,
    )  # fmt: skip
    path = tmp_path / kept.file.name
    assert path.exists()

    with django_capture_on_commit_callbacks(execute=True):
        erase(zhang, ding, guo)

    assert not path.exists()
    assert not Attachment.objects.exists()


def test_what_is_said_later_has_nothing_to_do_with_it(zhang, ding, guo, wang):
    erase(zhang, ding, guo)
    ticket = TicketFactory(contact="other@example.com", subject="Another matter")
    reply(ticket=ticket, body="Hello", by=wang, now=NOW)

    assert fresh(ticket).subject == "Another matter"


MAIL = "li.hua@example.com"


@pytest.fixture
def hua(committed):
    hua = CustomerFactory(name="李华")
    ContactPointFactory(customer=hua, value=MAIL)
    return hua


@pytest.fixture
def erasure(hua):
    """Ding has proposed it; Guo approves."""
    ding, guo = (
        UserFactory(display_name=name, role="data_protection_officer")
        for name in ("Ding Yan", "Guo Tao")
    )
    asked = asked_by(hua, "delete", by=ding)
    propose_erasure(asked=asked, by=ding, now=NOW)
    return lambda: approve_erasure(asked=asked, by=guo, now=NOW)


def arrives():
    return create_ticket(request=request(name="李华", contact=MAIL), by=None, now=NOW)


def test_a_ticket_that_comes_during_the_erasure_is_of_a_new_customer(hua, erasure):
    _done, ticket = while_open(erasure, arrives)
    assert isinstance(ticket, Ticket), ticket
    assert fresh(hua).name == ""
    assert ticket.customer_id != hua.pk
    assert fresh(ticket).subject == "收到的耳机没有声音"


def test_a_ticket_that_came_just_before_stops_the_erasure(hua, erasure):
    ticket, refused = while_open(arrives, erasure)
    assert isinstance(refused, RuleError), refused
    assert ticket.number in str(refused)
    assert fresh(ticket).customer_id == hua.pk
    assert fresh(hua).name == "李华"
