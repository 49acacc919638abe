"""Who is behind a number or an address."""

import pytest
from django.db import connection

from customers.actions.identify import (
    Contact,
    find_contact_point,
    identify_customer,
    parse_contact,
)
from customers.models import ContactKind, ContactPoint, Customer
from customers.queries import masks
from servicedesk.core.errors import RuleError
from tests.desk import at_once, while_open
from tests.factories import NOW, team_of


def identify(text, name="张伟", language="zh-hans"):
    return identify_customer(
        name=name,
        contact=parse_contact(text),
        team=team_of("call-centre"),
        language=language,
        now=NOW,
    )


@pytest.mark.parametrize(
    "spelling",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "+86 138 1234 5678",
        "0086 13812345678",
        "(+86)138.1234.5678",
        "１３８１２３４５６７８",
        " 13812345678 ",
    ],
)
def test_one_phone_number_in_any_spelling_is_one_customer(desk, spelling):
    first = identify("+8613812345678")
    again = identify(spelling, name="somebody else")
    assert again == first
    assert Customer.objects.get().name == "张伟"


@pytest.mark.parametrize(
    "spelling",
    [
        "zhang.wei@example.com",
        "Zhang.Wei@Example.COM",
        "  zhang.wei@example.com ",
        "zhang.wei＠example.com",
    ],
)
def test_one_e_mail_address_in_any_case_is_one_customer(desk, spelling):
    first = identify("zhang.wei@example.com")
    assert identify(spelling) == first
    assert Customer.objects.count() == 1


def test_another_number_is_another_customer(desk):
    assert identify("13812345678").customer != identify("13812345679").customer


def test_people_behind_one_switchboard_stay_apart(desk):
    zhang = identify("021 6123 4567 ext. 12", name="张伟")
    brown = identify("021 6123 4567 ext. 34", name="Brown")
    assert zhang.customer != brown.customer
    assert identify("+862161234567 ext 12") == zhang


def test_a_customer_in_england_is_found_again(desk):
    assert identify("+44 20 7946 0958") == identify("+442079460958")


@pytest.mark.parametrize("text", ["", "call me", "12", "a@", "@example.com", "1" * 40])
def test_what_is_neither_is_refused_with_a_sentence(desk, text):
    with pytest.raises(RuleError) as refused:
        parse_contact(text)
    assert str(refused.value).endswith(".")


def test_the_language_and_team_of_a_new_customer_are_kept(desk):
    customer = identify("brown@example.com", name="Ann Brown", language="en").customer
    assert (customer.language, customer.team.slug) == ("en", "call-centre")
    assert customer.code.startswith("C-")


def test_nobody_is_found_behind_an_unknown_number(desk):
    assert find_contact_point(Contact(ContactKind.PHONE, "+8613900000000")) is None


def test_no_clear_value_stands_in_the_tables(desk):
    identify("13812345678", name="欧阳娜娜")
    identify("secret.address@example.com", name="Bartholomew")
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM customers_customer c")
        rows = [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT p::text FROM customers_contactpoint p")
        rows += [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT l::text FROM audit_logentry l")
        rows += [row for (row,) in cursor.fetchall()]
    assert len(rows) >= 4
    text = "\n".join(rows).lower()
    for clear in ("欧阳", "娜娜", "bartholomew", "13812345678", "12345678", "secret"):
        assert clear not in text
        assert clear.encode().hex() not in text


def test_masks_show_enough_to_recognise_and_no_more(desk, wang):
    point = identify("13812345678", name="欧阳娜娜")
    assert masks.contact_of(point, wang).text == "138****5678"
    assert masks.name_of(point.customer, wang) == "欧***"
    email = identify("zoe@example.com")
    assert masks.contact_of(email, wang).text == "z***@example.com"


def test_two_requests_at_once_from_one_new_number_make_one_customer(committed):
    points = at_once(*[lambda: identify("13812345678")] * 4)
    assert len({point.pk for point in points}) == 1
    assert (Customer.objects.count(), ContactPoint.objects.count()) == (1, 1)


def test_the_second_waits_for_the_first_to_commit(committed):
    first, second = while_open(
        lambda: identify("13812345678"), lambda: identify("138 1234 5678")
    )
    assert second == first
    assert Customer.objects.count() == 1
