"""Every page that shows or uses a sealed value, under every fault of keys and bytes."""

import datetime as dt
import io
import re
import time
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone
from django.utils.html import escape

from customers.models import ContactPoint, Customer, Reveal
from servicedesk.core.encryption.keys import reload_keys
from servicedesk.core.public_forms import stamp
from tests.core.encryption_app.fixtures import keys
from tests.desk import desk, fresh
from tests.factories import CustomerFactory, TicketFactory, UserFactory
from tests.tickets.customer_page.ways import opened
from tickets.actions.follow_up import FollowUp
from tickets.actions.letters import send_letter
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.models import Category, LetterState, Ticket

assert all([keys, desk])  # fixtures

NUMBER, ADDRESS, NAME, OTHER = "13812345678", "zhang@example.com", "张伟", "李四"
KEY, ALTERED, NONE = (
    "Cannot be read: the key 1 is missing",
    "Cannot be read: the value was altered",
    "Cannot be read: the keys are missing",
)
CHINESE = {KEY: "缺少密钥1", ALTERED: "数据已被改动", NONE: "缺少密钥"}


def write(row, column, value):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s",
            [value, row.pk],
        )


def read(row, column):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk]
        )
        return bytes(cursor.fetchone()[0])


def lose_the_key(keys, _sealed):
    keys.add("field", 2)
    keys.lose("field", 1)
    return KEY


def lose_all(keys, _sealed):
    keys.folder.rename(keys.folder.with_name("elsewhere"))
    reload_keys()
    return NONE


def alter(_keys, sealed):
    for row, column in sealed:
        value = bytearray(read(row, column))
        value[-1] ^= 1
        write(row, column, bytes(value))
    return ALTERED


def move(_keys, sealed):
    stranger = CustomerFactory(name="stranger")
    for row, column in sealed:
        write(row, column, read(stranger, "name"))
    return ALTERED


FAULTS = [lose_the_key, lose_all, alter, move]


@pytest.fixture
def people(desk):
    return {
        "agent": UserFactory(display_name="Wang Fang", team="call-centre"),
        "supervisor": UserFactory(
            display_name="Zhao Min", role="supervisor", team="call-centre", lead=True
        ),
        "admin": UserFactory(display_name="Admin", role="administrator", is_staff=True),
    }


@pytest.fixture
def ticket(keys, people):
    """The second request of one customer, who gave another name; the first is resolved."""
    now = timezone.now()
    first = TicketFactory(name=NAME, contact=ADDRESS, subject="first", now=now)
    ContactPoint.objects.create(
        customer=first.customer, kind="phone", value="+86" + NUMBER, created_at=now
    )
    take(ticket=first, by=people["agent"], now=now)
    resolve(
        ticket=first, by=people["agent"], now=now,
        root_cause="x", solution="y", words="z",
    )  # fmt: skip
    return TicketFactory(name=OTHER, contact=ADDRESS, subject="headphones", now=now)


def happen(fault, keys, ticket):
    """Let the fault happen, and return the sentence that a page shall show."""
    sealed = [(ticket, "given_name"), (ticket.customer, "name")]
    sealed += [(point, "value") for point in ticket.customer.contact_points.all()]
    return fault(keys, sealed)


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.__name__)
def words(request, keys, ticket):
    return happen(request.param, keys, ticket)


@pytest.fixture(params=[lose_all, alter], ids=lambda fault: fault.__name__)
def said(request, keys, ticket):
    """The two faults that differ most, for what takes longer."""
    return happen(request.param, keys, ticket)


def page(client, path, status=200, **data):
    answer = client.post(path, data) if data else client.get(path)
    text = answer.content.decode()
    assert answer.status_code == status, (path, answer.status_code)
    assert not re.search(r"\bNone\b(?! available)", text), path
    for secret in (NAME, OTHER, NUMBER, ADDRESS, "sealed"):
        assert secret not in text.replace("Resealed", ""), (path, secret)
    return text


def paths(ticket, who):
    here = f"/inbox/{ticket.number}/"
    phone = ticket.customer.contact_points.get(kind="phone")
    call = FollowUp.objects.get()
    return {
        "agent": {
            "/": False,
            "/inbox/?queue=team": True,
            "/inbox/?queue=all": True,
            here: True,
            f"{here}name/": True,
            f"{here}contacts/{phone.pk}/": True,
            f"{here}resolve/": False,
            f"{here}classify/": False,
            "/inbox/new/": False,
            "/follow-ups/": False,
            "/follow-ups/?tab=team": True,
            "/profile/": False,
            "/accounts/2fa/": False,
        },
        "supervisor": {
            "/": False,
            "/desk/": False,
            "/desk/open/": True,
            "/quality/today/": False,
            "/quality/today/resolution/": True,
            f"/follow-ups/{call.pk}/record/": True,
        },
        "admin": {
            "/admin/": False,
            "/admin/staff/user/": False,
            "/system/keys/": False,
        },
    }[who]


@pytest.mark.parametrize("who", ["agent", "supervisor", "admin"])
def test_every_page_opens_and_says_so(client, people, ticket, words, who):
    client.force_login(people[who])
    shown = {path: words in page(client, path) for path in paths(ticket, who)}
    wanted = paths(ticket, who)
    assert [path for path in wanted if wanted[path] and not shown[path]] == []


def test_the_readers_own_language(client, people, ticket, said):
    people["agent"].language = "zh-hans"
    people["agent"].save()
    client.force_login(people["agent"])
    text = page(client, f"/inbox/{ticket.number}/")
    assert "无法读取" in text
    assert CHINESE[said] in text


def test_the_card_says_it_for_each_field_and_the_rest_works(
    client, people, ticket, said
):
    client.force_login(people["agent"])
    text = page(client, f"/inbox/{ticket.number}/")
    assert text.count(said) >= 4, "name, name given, phone, address"
    assert "headphones" in text
    assert ticket.customer.code in text


def test_nobody_is_said_to_have_seen_what_nobody_saw(client, people, ticket, said):
    client.force_login(people["agent"])
    phone = ticket.customer.contact_points.get(kind="phone")
    take(ticket=fresh(ticket), by=people["agent"], now=timezone.now())
    for path in ("name/", f"contacts/{phone.pk}/"):
        text = page(
            client, f"/inbox/{ticket.number}/{path}", status=422, purpose="service"
        )
        assert escape(said) in text
        assert "no view was recorded" in text
    assert not Reveal.objects.exists()


def test_work_goes_on_and_the_stored_bytes_stay(client, people, ticket, said):
    client.force_login(people["agent"])
    before = read(ticket, "given_name"), read(ticket.customer, "name")
    here = f"/inbox/{ticket.number}/"
    assert client.post(f"{here}take/").status_code == 302
    spoken = {"body": "您好", "client_key": str(uuid.uuid4())}
    assert client.post(f"{here}reply/", spoken).status_code == 302
    done = {"words": "a", "root_cause": "b", "solution": "c"}
    assert client.post(f"{here}resolve/", done).status_code == 302
    assert fresh(ticket).status == "resolved"
    customer = fresh(ticket.customer)
    customer.city = "成都"
    customer.save()
    assert (read(ticket, "given_name"), read(ticket.customer, "name")) == before


def test_the_row_can_be_deleted(ticket, said):
    phone = ticket.customer.contact_points.get(kind="phone")
    phone.delete()
    Ticket.objects.all().delete()
    fresh(ticket.customer).delete()
    assert not Customer.objects.filter(pk=ticket.customer_id).exists()


def test_the_customers_own_page_is_untouched(client, ticket, said):
    assert "headphones" in page(client, opened(client, ticket, timezone.now()))


def test_a_letter_that_has_no_address_says_why(client, people, ticket, said):
    letter = ticket.letters.get()
    send_letter(pk=letter.pk, now=timezone.now())
    row = fresh(letter)
    assert row.state == LetterState.FAILED
    assert "cannot be decrypted" in row.error
    client.force_login(people["agent"])
    page(client, f"/inbox/{ticket.number}/")


def ask(contact):
    return {
        "name": "王五", "contact": contact, "language": "en", "channel": "phone",
        "phase": "after_sale", "category": Category.objects.get(slug="question").pk,
        "severity": 3, "urgency": 3, "subject": "again", "body": "text",
        "client_key": str(uuid.uuid4()),
    }  # fmt: skip


@pytest.mark.parametrize("contact", [ADDRESS, "138 1234 5678", "new@example.com"])
def test_a_new_ticket_finds_its_customer_or_is_refused_in_words(
    client, people, ticket, said, contact
):
    client.force_login(people["agent"])
    answer = client.post("/inbox/new/", ask(contact))
    made = Ticket.objects.filter(subject="again").first()
    if said == NONE:
        assert answer.status_code == 422
        assert "the keys for customer data are missing" in answer.content.decode()
        assert "again" in answer.content.decode(), "what was typed is still there"
        assert made is None
    else:
        assert answer.status_code == 302
        known = contact != "new@example.com"
        assert (made.customer_id == ticket.customer_id) == known
        assert (made.given_name == "王五") == known


def test_a_demonstration_is_not_begun_without_keys(desk, keys):
    lose_all(keys, [])
    with pytest.raises(CommandError, match=r"缺少客户数据的密钥|keys for customer"):
        call_command("load_demo", stdout=io.StringIO())


def test_the_log_has_one_line_and_no_value(client, people, ticket, said, caplog):
    client.force_login(people["agent"])
    cache.clear()
    for _time in range(3):
        page(client, f"/inbox/{ticket.number}/")
        page(client, "/inbox/?queue=team")
    lines = [one.message for one in caplog.records if "cannot be read" in one.message]
    assert len(lines) == len(set(lines)) >= 3
    assert not any(value in line for line in lines for value in (NAME, OTHER, NUMBER))


def test_the_public_form_keeps_what_was_typed(client, desk, keys):
    lose_all(keys, [])
    opened = stamp(timezone.now() - dt.timedelta(seconds=30))
    asked = ask("new@example.com") | {"opened": opened}
    answer = client.post("/help/request/", asked, headers={"accept-language": "en"})
    assert answer.status_code == 503
    text = answer.content.decode()
    assert "the keys for customer data are missing" in text
    assert "new@example.com" in text
    assert not Ticket.objects.exists()
    keys.folder.with_name("elsewhere").rename(keys.folder)
    reload_keys()
    again = client.post("/help/request/", asked, headers={"accept-language": "en"})
    assert again.status_code == 302
    assert Ticket.objects.count() == 1


def test_what_has_to_be_sealed_anew_is_refused_with_a_sentence(client, people, keys):
    """Setting up an app for signing in writes down a seed."""
    settings_page = "/accounts/2fa/totp/activate/"
    people["agent"].set_password("correct-horse-battery")
    people["agent"].save()
    client.force_login(people["agent"])
    client.post("/accounts/reauthenticate/", {"password": "correct-horse-battery"})
    secret = client.get(settings_page).context["form"].secret
    lose_all(keys, [])
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    answer = client.post(settings_page, {"code": code})
    assert answer.status_code == 503
    assert "The keys for customer data are missing" in answer.content.decode()
    assert not Authenticator.objects.exists()
