"""The page that shows a value once: for a purpose, to who proved who they are."""

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import CustomerUserObjectPermission, Mode, PaymentRecord, Reveal
from servicedesk.audit.models import Kind, LogEntry
from tests.customers.looks import allow, at_desk, rule
from tests.factories import NOW, TicketFactory


def page(customer, field="name"):
    return reverse("customers:reveal", args=[customer.number, field])


def phone_page(customer):
    contact = customer.contact_points.get()
    return reverse("customers:reveal-contact", args=[customer.number, contact.pk])


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize(
    ("field", "clear"),
    [("name", "李华"), ("address", "上海市南京路 1 号")],
)
def test_a_field_shows_after_a_purpose_and_never_before(wang, hua, field, clear):
    browser = at_desk(wang)
    asked = browser.get(page(hua, field))
    assert clear not in text(asked)
    told = browser.post(page(hua, field), {"purpose": "service"})
    assert clear in text(told)
    assert told["Cache-Control"] == "no-store, private"
    assert clear not in text(told).partition("</title>")[0]
    trace = Reveal.objects.get()
    assert (trace.field, trace.by, trace.customer) == (field, wang, hua)
    entry = LogEntry.objects.get(action=Kind.REVEAL)
    assert entry.additional_data == {"purpose": "service", "fields": [field]}
    assert clear not in repr(entry.__dict__)


def test_a_phone_shows_and_leaves_after_a_minute_without_a_script_too(wang, hua):
    told = text(at_desk(wang).post(phone_page(hua), {"purpose": "identity"}))
    assert "+8613812345678" in told
    assert 'data-vanish="60"' in told
    assert '<noscript><meta http-equiv="refresh" content="60;url=' in told


def test_promotion_is_offered_refused_in_words_and_traced(wang, hua):
    browser = at_desk(wang)
    assert "Selling or promotion" in text(browser.get(page(hua)))
    told = browser.post(page(hua), {"purpose": "promotion"})
    assert told.status_code == 422
    assert "never used for selling or promotion" in text(told)
    assert "李华" not in text(told)
    assert not Reveal.objects.exists()
    refusal = LogEntry.objects.get(action=Kind.REFUSAL)
    assert (refusal.actor, refusal.additional_data["why"]) == (wang, "promotion")


def test_what_a_role_does_not_see_cannot_be_revealed_by_it(wang, hua):
    browser = at_desk(wang)
    assert browser.get(page(hua, "id_number")).status_code == 403
    answer = browser.post(page(hua, "id_number"), {"purpose": "service"})
    assert answer.status_code == 403
    rule("agent", "id_number", Mode.MASKED)
    told = at_desk(wang).post(page(hua, "id_number"), {"purpose": "service"})
    assert "310101199003078888" in text(told)


def test_a_stranger_and_another_team_find_nothing(chen, hua, officer):
    assert at_desk(chen).get(page(hua)).status_code == 404
    assert at_desk(officer).get(page(hua)).status_code == 404
    assert (
        at_desk(chen).post(phone_page(hua), {"purpose": "service"}).status_code == 404
    )


def test_no_other_column_can_be_asked_for(wang, hua):
    for field in ("account", "phone", "city", "password", "name_index"):
        assert at_desk(wang).get(page(hua, field)).status_code == 404


def test_after_half_an_hour_one_proves_who_one_is_and_keeps_the_purpose(wang, hua):
    wang.set_password("correct-horse-battery")
    wang.save()
    browser = at_desk(wang)
    browser.get(page(hua))
    session = browser.session
    session["began_at"] -= 3600
    session.save()
    answer = browser.post(page(hua), {"purpose": "complaint"})
    proving = f"{reverse('account_reauthenticate')}?next={page(hua)}"
    assert answer.status_code == 302
    assert answer.url.replace("%2F", "/") == proving
    assert not Reveal.objects.exists()

    back = browser.post(proving, {"password": "correct-horse-battery"})
    assert back.url == page(hua)
    form = browser.get(back.url).context["form"]
    assert form["purpose"].value() == "complaint"
    assert "李华" in text(browser.post(page(hua), {"purpose": "complaint"}))


def test_a_dialog_sends_the_whole_page_to_the_proof(wang, hua):
    browser = at_desk(wang)
    browser.get(page(hua))
    session = browser.session
    session["began_at"] -= 3600
    session.save()
    answer = browser.post(
        page(hua), {"purpose": "service"}, headers={"HX-Request": "true"}
    )
    assert answer["HX-Redirect"].startswith(reverse("account_reauthenticate"))


def test_a_ticket_that_is_named_is_one_of_this_customer(wang, hua, ticket):
    own = TicketFactory(contact="13812345678", now=timezone.now())
    assert own.customer == hua
    browser = at_desk(wang)
    refused = browser.post(page(hua), {"purpose": "service", "ticket": ticket.number})
    assert "no ticket of this customer" in text(refused)
    told = browser.post(page(hua), {"purpose": "service", "ticket": own.number.lower()})
    assert "李华" in text(told)
    assert (Reveal.objects.get().ticket, Reveal.objects.get().in_work) == (
        own.number,
        True,
    )


def test_a_reveal_from_a_ticket_says_which(wang, ticket):
    contact = ticket.customer.contact_points.get()
    address = reverse("tickets:reveal", args=[ticket.number, contact.pk])
    assert "zhang.wei@example.com" in text(
        at_desk(wang).post(address, {"purpose": "service"})
    )
    assert Reveal.objects.get().ticket == ticket.number


def test_a_hidden_name_cannot_be_revealed_from_a_ticket_either(wang, ticket):
    rule("agent", "name", Mode.HIDDEN)
    address = reverse("tickets:reveal-name", args=[ticket.number])
    assert at_desk(wang).post(address, {"purpose": "service"}).status_code == 403


def test_a_payment_account_opens_by_grant_only(zhao, hua):
    payment = PaymentRecord.objects.create(
        customer=hua, method="card", account="6222020200001234567",
        amount="100.00", paid_at=NOW, created_at=NOW,
    )  # fmt: skip
    address = reverse("customers:reveal-payment", args=[hua.number, payment.pk])
    assert at_desk(zhao).get(address).status_code == 404
    allow(zhao, hua, "see_payment")
    told = text(at_desk(zhao).post(address, {"purpose": "service"}))
    assert "6222020200001234567" in told
    CustomerUserObjectPermission.objects.all().delete()
    assert at_desk(zhao).post(address, {"purpose": "service"}).status_code == 404
