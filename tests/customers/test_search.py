"""A customer is found by whole values, by those who may see them; the words stay nowhere."""

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse

from customers.actions.search import forget_searches
from customers.models import (
    CustomerSearch,
    CustomerUserObjectPermission,
    Field,
    MaskRule,
    Mode,
)
from customers.views.search import call_token
from servicedesk.audit.models import LogEntry
from servicedesk.staff.models import Team
from tests.customers.ways import full, page
from tests.factories import DAY, NOW, ContactPointFactory, CustomerFactory, UserFactory
from tests.speed.counting import MOST, queries_of, told

SEARCH = "/customers/search/"


@pytest.fixture
def hua(desk):
    made = full(number=700_123)
    ContactPointFactory(customer=made, kind="phone", value="+8613812345678")
    ContactPointFactory(customer=made, kind="email", value="li.hua@example.com")
    ContactPointFactory(customer=made, kind="wechat", value="lihua_88")
    return made


@pytest.fixture
def order(hua):
    return hua.purchases.get().order_number


def search(client, words):
    return client.post(SEARCH, {"words": words})


def leads_to(answer, customer):
    return answer.status_code == 302 and answer["Location"] == page(
        "customer", customer
    )


@pytest.mark.parametrize(
    "words",
    [
        "13812345678", "138 1234-5678", "+86 138 1234 5678", "１３８１２３４５６７８",
        "li.hua@example.com", "LI.HUA@EXAMPLE.COM", "C-700123", "c700123", "lihua_88",
        "李华", "李 华", "310101199003078888", "5678 上海", "上海 5678", "5678 李华",
    ],
)  # fmt: skip
def test_what_finds_a_customer(words, client, zhao, hua):
    client.force_login(zhao)
    assert leads_to(search(client, words), hua)


def test_an_order_number_finds_its_customer_whole_or_beside_four_digits(
    client, zhao, hua, order
):
    client.force_login(zhao)
    assert leads_to(search(client, order), hua)
    assert leads_to(search(client, f"5678 {order[:4]}"), hua)


@pytest.mark.parametrize(
    "words",
    ["13812345679", "李", "华", "李小华", "1234567", "5678 北京", "li.hua", "C-700124",
     "310101199003078889", "@", "%", "' OR 1=1 --", "\\", "5678 "],
)  # fmt: skip
def test_what_finds_nobody(words, client, zhao, hua):
    client.force_login(zhao)
    answer = search(client, words)
    if answer.status_code == 422:
        return
    shown = client.get(answer["Location"]).content.decode()
    assert hua.code not in shown
    assert "Nothing found that you may see" in shown


@pytest.mark.parametrize("words", ["", " ", "5678", "x" * 201])
def test_what_is_too_little_or_too_much_is_refused_with_a_sentence(words, client, zhao):
    client.force_login(zhao)
    assert search(client, words).status_code == 422


@pytest.mark.parametrize(
    "words", ["李华", "310101199003078888", "C-700123", "5678 上海", "lihua_88"]
)
def test_who_may_not_see_a_customer_is_not_told_that_they_are_there(
    words, client, sun, hua
):
    client.force_login(sun)
    answer = search(client, words)
    shown = client.get(answer["Location"]).content.decode()
    assert "Nothing found that you may see" in shown
    assert hua.code not in shown


@pytest.mark.parametrize("words", ["13812345678", "li.hua@example.com"])
def test_who_has_the_whole_number_is_told_to_ask_for_access(words, client, chen, hua):
    client.force_login(chen)
    answer = search(client, words)
    shown = client.get(answer["Location"]).content.decode()
    assert hua.code in shown
    assert "李" not in shown
    entry = LogEntry.objects.filter(object_pk=str(hua.pk)).latest("pk")
    assert entry.additional_data["searched by"]
    assert "138" not in str(entry.additional_data)


def test_who_was_granted_sight_finds_the_customer(client, chen, hua):
    CustomerUserObjectPermission.objects.create(
        user=chen, content_object=hua,
        permission=Permission.objects.get(codename="view_customer"),
    )  # fmt: skip
    client.force_login(chen)
    assert leads_to(search(client, "13812345678"), hua)


def test_what_is_hidden_from_somebody_does_not_find(client, wang, hua):
    client.force_login(wang)
    answer = search(client, "310101199003078888")
    assert hua.code not in client.get(answer["Location"]).content.decode()
    MaskRule.objects.filter(role__key="agent", field=Field.NAME).update(
        mode=Mode.HIDDEN
    )
    answer = search(client, "李华")
    assert hua.code not in client.get(answer["Location"]).content.decode()


def test_several_are_listed_and_the_list_is_no_bill_of_its_own(client, wang, hua):
    CustomerFactory(name="李华")
    client.force_login(wang)
    costs = []
    for _turn in range(2):
        address = search(client, "李华")["Location"]
        asked = queries_of(lambda address=address: client.get(address))
        assert len(asked) <= MOST, told(asked)
        costs.append(len(asked))
        full()
    assert costs[0] == costs[1], told(asked)
    posted = queries_of(lambda: search(client, "李华"), status=(302,))
    assert len(posted) <= MOST, told(posted)


def test_the_words_stand_in_no_address_no_log_and_no_table(client, wang, hua, caplog):
    client.force_login(wang)
    for words in ("13999998888", "王小明", "li.hua@example.com", "DD2026-77"):
        answer = search(client, words)
        assert words not in answer["Location"]
    text = "\n".join(
        f"{each.additional_data}{each.changes}" for each in LogEntry.objects.all()
    ) + "\n".join(record.getMessage() for record in caplog.records)
    for clear in ("13999998888", "99998888", "小明", "li.hua", "DD2026"):
        assert clear not in text
    assert LogEntry.objects.filter(additional_data__has_key="searched by").count() == 4


def test_a_search_is_ones_own_and_is_forgotten_after_a_day(client, wang, li, hua):
    client.force_login(wang)
    address = search(client, "王小明")["Location"]
    client.force_login(li)
    assert client.get(address).status_code == 302
    CustomerSearch.objects.update(created_at=NOW)
    client.force_login(wang)
    assert client.get(address).status_code == 302
    assert forget_searches(now=NOW + 2 * DAY) == 1


def test_probing_is_slowed_down(client, wang, hua, monkeypatch):
    monkeypatch.setattr("customers.views.probing.LIMIT", 2)
    cache.clear()
    client.force_login(wang)
    assert [search(client, "王小明").status_code for _each in range(3)] == [
        302,
        302,
        429,
    ]
    cache.clear()


def test_nobody_and_those_without_customers_do_not_search(client, desk):
    assert client.post(SEARCH, {"words": "x"}).status_code == 302
    client.force_login(UserFactory(role="trainer", team="call-centre"))
    for path in (SEARCH, "/customers/pop/", "/customers/duplicates/", "/customers/"):
        assert client.get(path).status_code == 404


def test_who_calls_is_told_by_number(client, wang, chen, hua):
    client.force_login(wang)
    script = {"HX-Request": "true"}
    shown = client.post("/customers/pop/", {"number": "138 1234 5678"}, headers=script)
    assert hua.code in shown.content.decode()
    assert "李*" in shown.content.decode()
    plain = client.post("/customers/pop/", {"number": "13812345678"})
    assert leads_to(plain, hua)
    asked = queries_of(
        lambda: client.post(
            "/customers/pop/", {"number": "13812345678"}, headers=script
        )
    )
    assert len(asked) <= MOST, told(asked)
    client.force_login(chen)
    for number in ("13812345678", "13812340000", "nonsense", ""):
        shown = client.post("/customers/pop/", {"number": number}, headers=script)
        assert hua.code not in shown.content.decode()


def test_a_call_is_a_signed_word_without_a_number(client, wang, chen, hua):
    contact = hua.contact_points.get(value_index__isnull=False, kind="email")
    token = call_token(contact)
    address = f"{reverse('customers:pop')}?call={token}"
    assert "138" not in address
    client.force_login(wang)
    assert leads_to(client.get(address), hua)
    assert client.get(f"{reverse('customers:pop')}?call={token}x").status_code == 404
    client.force_login(chen)
    assert client.get(address)["Location"] == SEARCH


def test_an_owner_elsewhere_and_the_same_name_here(client, wang, hua):
    CustomerFactory(name="李华", team=Team.objects.get(slug="technical"))
    client.force_login(wang)
    assert leads_to(search(client, "李华"), hua)
