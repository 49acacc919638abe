"""What may be done with a record, by whom, and what is written down of it."""

import pytest
from django.utils import timezone

from customers.actions.consents import record_consent
from customers.actions.contacts import add_contact
from customers.actions.identify import parse_contact
from customers.models import (
    Consent,
    ContactPerson,
    ContactPoint,
    Customer,
    CustomerEvent,
    Field,
    MaskRule,
    Mode,
    PaymentRecord,
    Purchase,
    Tag,
)
from servicedesk.audit.models import LogEntry
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team
from tests.customers.ways import full, page
from tests.desk import at_once, fresh
from tests.factories import NOW, ContactPointFactory, CustomerFactory, UserFactory
from tests.speed.counting import MOST, queries_of, told

ACTS = (
    "edit", "confirm", "contact-add", "person-add", "purchase-add", "consent-add",
    "team", "merge", "payment-add",
)  # fmt: skip
SUPERVISORS = {"team", "payment-add"}
SENIORS = {"merge", "merge-two"}


@pytest.fixture
def hua(desk):
    return full()


def events(customer):
    return list(customer.events.order_by("at", "pk").values_list("kind", flat=True))


def new(**more):
    team = Team.objects.get(slug="call-centre").pk
    return {"name": "王芳", "contact": "13900001111", "kind": "individual",
            "team": team, "language": "zh-hans", "city": "杭州", **more}  # fmt: skip


def edited(customer, **more):
    return {"kind": customer.kind, "language": customer.language, "city": customer.city,
            "channel": "", "notes": customer.notes or "",
            "tags": [tag.pk for tag in customer.tags.all()], **more}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_and_strangers_learn_nothing(act, method, client, chen, hua):
    address = page(act, hua)
    assert getattr(client, method)(address).status_code == 302
    client.force_login(chen)
    assert getattr(client, method)(address).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_who_reads_only_is_refused_and_who_acts_is_asked(act, client, wang, zhao, hua):
    quality = UserFactory(role="data_protection_officer", team="call-centre")
    client.force_login(quality)
    assert client.get(page(act, hua)).status_code == 403
    client.force_login(wang)
    refused = act in SUPERVISORS | SENIORS
    assert client.get(page(act, hua)).status_code == (403 if refused else 200)
    client.force_login(zhao)
    assert client.get(page(act, hua)).status_code == 200


@pytest.mark.parametrize("act", [each for each in ACTS if each != "confirm"])
def test_an_empty_form_comes_back_with_422(act, client, zhao, hua):
    client.force_login(zhao)
    asked = client.post(page(act, hua), {"name": ""})
    assert asked.status_code == 422


def test_a_new_customer_is_recorded_masked_and_written_down(client, wang):
    client.force_login(wang)
    tag = Tag.objects.create(name_zh="重要", name_en="Important")
    answer = client.post("/customers/new/", new(tags=[tag.pk], notes="早上联系"))
    made = Customer.objects.get(city="杭州")
    assert answer["Location"] == page("customer", made)
    assert (made.name, made.notes, made.team.slug) == (
        "王芳",
        "早上联系",
        "call-centre",
    )
    assert list(made.tags.all()) == [tag]
    assert events(made) == ["created"]
    assert "王芳" not in client.get(answer["Location"]).content.decode()


def test_making_and_changing_ask_the_database_little(client, wang, hua):
    client.force_login(wang)
    client.post("/customers/new/", new())
    for path, form in (
        ("/customers/new/", new(contact="b@example.com", notes="x")),
        (page("edit", hua), edited(hua, name="新名", notes="x", tags=[])),
        (page("contact-add", hua), {"value": "13900002222"}),
    ):
        for ask in (client.get, lambda path, form=form: client.post(path, form)):
            asked = queries_of(lambda ask=ask, path=path: ask(path), status=(200, 302))
            assert len(asked) <= MOST, told(asked)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""}, {"contact": "call me"}, {"team": "0"}, {"kind": "robot"},
        {"language": "xx"}, {"name": "x" * 121}, {"tags": ["999"]},
    ],
)  # fmt: skip
def test_a_new_customer_with_something_wrong_is_not_made(bad, client, wang):
    client.force_login(wang)
    before = Customer.objects.count()
    assert client.post("/customers/new/", new(**bad)).status_code == 422
    assert Customer.objects.count() == before


def test_a_contact_of_somebody_else_is_refused_and_shown_to_who_may_see(
    client, wang, chen, hua
):
    ContactPointFactory(customer=hua, kind="phone", value="+8613900001111")
    client.force_login(wang)
    answer = client.post("/customers/new/", new())
    assert answer.status_code == 422
    assert hua.code in answer.content.decode()
    client.force_login(chen)
    team = chen.memberships.get().team.pk
    answer = client.post("/customers/new/", new(team=team))
    assert answer.status_code == 422
    assert hua.code not in answer.content.decode()


def test_a_masked_value_is_replaced_without_being_read(client, zhao, hua):
    client.force_login(zhao)
    form = client.get(page("edit", hua)).content.decode()
    assert "310101********8888" in form
    assert "310101199003078888" not in form
    assert "李华" not in form
    client.post(page("edit", hua), edited(hua, city="北京"))
    same = fresh(hua)
    assert (same.name, same.city) == ("李华", "北京")
    seen = client.get(page("edit", hua)).context["form"].initial["seen"]
    client.post(
        page("edit", hua),
        edited(same, name="李华明", remove_address="on", seen=seen),
    )
    changed = fresh(hua)
    assert (changed.name, changed.address) == ("李华明", None)
    assert changed.name_index != hua.name_index
    changes = hua.events.order_by("at").values_list("fields", flat=True)
    assert list(changes) == [["city"], ["address", "name"]]


def test_what_may_be_edited_shows_and_what_is_hidden_is_not_there(client, wang, hua):
    client.force_login(wang)
    form = client.get(page("edit", hua)).context["form"]
    assert form.initial["notes"] == "喜欢上午接电话"
    assert "id_number" not in form.fields
    MaskRule.objects.filter(role__key="agent", field=Field.NAME).update(mode=Mode.EDIT)
    client.post(page("edit", hua), edited(hua, name="李华华", id_number="1", notes=""))
    changed = fresh(hua)
    assert (changed.name, changed.notes) == ("李华华", None)
    assert changed.id_number == "310101199003078888"


def test_an_id_number_needs_a_consent_of_its_own(client, zhao, hua):
    client.force_login(zhao)
    number = {"id_number": "310101198001011234"}
    assert client.post(page("edit", hua), edited(hua, **number)).status_code == 422
    assert fresh(hua).id_number == "310101199003078888"
    answer = client.post(
        page("edit", hua), edited(hua, **number, agreed="on", agreed_way="paper")
    )
    assert answer.status_code == 302
    assert fresh(hua).id_number == "310101198001011234"
    consent = hua.consents.get(purpose="sensitive")
    assert (consent.way, consent.basis) == ("paper", "consent")


def test_two_who_change_the_same_field_do_not_overwrite_each_other(
    client, wang, zhao, hua
):
    client.force_login(wang)
    seen = client.get(page("edit", hua)).context["form"].initial["seen"]
    client.post(page("edit", hua), edited(hua, notes="first", seen=seen or ""))
    late = client.post(page("edit", hua), edited(hua, notes="second", seen=seen or ""))
    assert late.status_code == 422
    assert "meanwhile" in late.content.decode()
    assert fresh(hua).notes == "first"


def test_confirming_says_when(client, wang, hua):
    client.force_login(wang)
    client.post(page("confirm", hua))
    assert (timezone.now() - fresh(hua).confirmed_at).total_seconds() < 60
    assert events(hua) == ["confirmed"]


def test_contacts_are_added_verified_buried_and_removed(client, wang, hua):
    client.force_login(wang)
    client.post(
        page("contact-add", hua), {"value": "li.hua@example.com", "note": "办公"}
    )
    client.post(page("contact-add", hua), {"value": "lihua_88", "kind": "wechat"})
    added = hua.contact_points.get(kind="email")
    assert (added.value, added.note, added.verified_at) == (
        "li.hua@example.com", "办公", None,
    )  # fmt: skip
    again = client.post(page("contact-add", hua), {"value": "LI.HUA@example.com"})
    assert again.status_code == 422
    client.post(page("contact-verify", hua, added.pk), {"way": "called"})
    assert fresh(added).verified_at
    client.post(page("contact-dead", hua, added.pk))
    assert fresh(added).dead_at
    client.post(page("contact-dead", hua, added.pk))
    assert not fresh(added).dead_at
    client.post(page("contact-remove", hua, added.pk))
    assert not hua.contact_points.filter(kind="email").exists()
    assert events(hua) == ["contact", "contact", "verified", *["contact"] * 3]


def test_a_contact_of_another_record_is_not_reached_through_ones_own(client, wang, hua):
    client.force_login(wang)
    other = ContactPointFactory()
    for act in ("contact-verify", "contact-dead", "contact-remove"):
        assert client.post(page(act, hua, other.pk)).status_code == 404
    assert ContactPoint.objects.filter(pk=other.pk, dead_at=None).exists()


def test_purchases_are_recorded_once_and_move_on(client, wang, hua):
    client.force_login(wang)
    bought = {"order_number": "DD9", "product": "路由器", "amount": "99.5",
              "currency": "CNY", "status": "paid", "bought_at": "2026-03-01T10:00"}  # fmt: skip
    client.post(page("purchase-add", hua), bought)
    made = hua.purchases.get(order_number="DD9")
    assert client.post(page("purchase-add", hua), bought).status_code == 422
    client.post(page("purchase-status", hua, made.pk), {"status": "delivered"})
    assert fresh(made).status == "delivered"
    other = CustomerFactory()
    stray = client.post(page("purchase-status", other, made.pk), {"status": "paid"})
    assert stray.status_code == 404
    for bad in ({"amount": "-1"}, {"currency": "yuan"}, {"status": "eaten"}):
        assert client.post(
            page("purchase-add", hua), {**bought, "order_number": "x", **bad}
        ).status_code == 422  # fmt: skip


def test_a_payment_is_written_then_closed(client, zhao, hua):
    client.force_login(zhao)
    paid = {"method": "card", "account": "6222020200001234567", "amount": "10",
            "currency": "CNY", "paid_at": "2026-03-01T10:00"}  # fmt: skip
    assert client.post(page("payment-add", hua), paid).status_code == 422
    client.post(page("payment-add", hua), {**paid, "agreed": "on"})
    made = PaymentRecord.objects.get()
    assert made.account == "6222020200001234567"
    assert hua.consents.filter(purpose="sensitive", withdrawn_at=None).exists()
    strange = Purchase.objects.exclude(customer=hua).first()
    assert strange is None or client.post(
        page("payment-add", hua), {**paid, "purchase": strange.pk}
    ).status_code == 422  # fmt: skip


def test_a_consent_is_withdrawn_as_easily_as_given(client, wang, hua):
    client.force_login(wang)
    given = {"purpose": "survey", "basis": "consent", "way": "phone",
             "given_at": "2026-03-01T10:00"}  # fmt: skip
    client.post(page("consent-add", hua), given)
    made = hua.consents.get(purpose="survey")
    assert made.recorded_by == wang
    assert client.post(page("consent-add", hua), given).status_code == 422
    client.post(page("consent-withdraw", hua, made.pk), {"way": "email"})
    made = fresh(made)
    assert (made.withdrawn_way, made.withdrawn_by) == ("email", wang)
    twice = client.post(page("consent-withdraw", hua, made.pk), {"way": "email"})
    assert twice.status_code == 422
    late = client.post(
        page("consent-add", hua), {**given, "given_at": "2999-01-01T00:00"}
    )
    assert late.status_code == 422


def test_an_enterprise_and_the_people_who_speak_for_it(client, wang, hua):
    client.force_login(wang)
    company = CustomerFactory(kind="enterprise", name="上海某某公司")
    client.post(page("person-add", company), {"other": hua.code, "role": "采购"})
    link = ContactPerson.objects.get(enterprise=company)
    assert (link.person, link.role) == (hua, "采购")
    assert (
        client.post(page("person-add", hua), {"other": company.code}).status_code == 422
    )
    assert client.post(page("person-add", hua), {"other": hua.code}).status_code == 422
    elsewhere = CustomerFactory(
        kind="enterprise", team=Team.objects.get(slug="technical")
    )
    hidden = client.post(page("person-add", hua), {"other": elsewhere.code})
    absent = client.post(page("person-add", hua), {"other": "C-123456789"})
    assert hidden.status_code == absent.status_code == 422
    assert (
        page("customer", company) in client.get(page("customer", hua)).content.decode()
    )
    client.post(page("person-remove", hua, link.pk))
    assert not ContactPerson.objects.filter(pk=link.pk).exists()


def test_a_supervisor_hands_a_customer_to_another_team(client, zhao, chen, hua):
    client.force_login(zhao)
    technical = Team.objects.get(slug="technical")
    client.post(page("team", hua), {"team": technical.pk})
    assert fresh(hua).team == technical
    assert client.get(page("customer", hua)).status_code == 404
    client.force_login(chen)
    assert client.get(page("customer", hua)).status_code == 200


def test_nothing_typed_stands_in_the_audit_log_or_history(client, zhao, hua, caplog):
    client.force_login(zhao)
    client.post(page("contact-add", hua), {"value": "13912345678"})
    client.post(
        page("edit", hua),
        edited(hua, name="欧阳娜娜", address="北京路 77 号", notes="秘密"),
    )
    text = "\n".join(
        [str(entry.changes) + str(entry.additional_data) + entry.object_repr
         for entry in LogEntry.objects.all()]
        + [str(event.fields) for event in CustomerEvent.objects.all()]
        + [record.getMessage() for record in caplog.records]
    )  # fmt: skip
    for clear in ("13912345678", "12345678", "欧阳", "娜娜", "北京路", "秘密"):
        assert clear not in text


def test_an_erased_record_can_only_be_read(client, zhao, hua):
    Customer.objects.filter(pk=hua.pk).update(erased_at=NOW)
    client.force_login(zhao)
    assert client.get(page("customer", hua)).status_code == 200
    answer = client.post(page("contact-add", hua), {"value": "13912345678"})
    assert answer.status_code == 422
    assert "erased" in answer.content.decode()


def test_two_who_add_one_number_at_once_make_one_contact(committed):
    by = UserFactory(team="call-centre")
    customers = [CustomerFactory(), CustomerFactory()]
    found = at_once(*[
        lambda customer=customer: add_contact(
            customer=customer, contact=parse_contact("13912345678"), note="",
            by=by, now=NOW,
        )
        for customer in customers
    ])  # fmt: skip
    assert ContactPoint.objects.count() == 1
    assert sum(isinstance(each, RuleError) for each in found) == 1


def test_two_consents_for_one_purpose_at_once_are_one(committed):
    by, customer = UserFactory(team="call-centre"), CustomerFactory()
    found = at_once(*[
        lambda: record_consent(
            customer=customer, purpose="care", basis="consent", way="phone",
            given_at=NOW, by=by, now=NOW,
        )
    ] * 2)  # fmt: skip
    assert Consent.objects.count() == 1
    assert sum(isinstance(each, RuleError) for each in found) == 1
