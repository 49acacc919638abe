"""Who leaves keeps no customer and leaves no duty of theirs to nobody."""

from django.utils import timezone

from customers.actions.care import plan_contact
from customers.actions.rights import take_on
from customers.models import CareContact, CarePlan, Consent, Customer, RightsRequest
from tests.customers.looks import again
from tests.customers.persons import asked_by
from tests.customers.test_grants import codenames, given
from tests.desk import chen, desk, sun, wang, zhao
from tests.factories import NOW, CustomerFactory, UserFactory
from tests.staff.clearance.ways import go, work

__all__ = ["chen", "desk", "sun", "wang", "zhao"]


def test_grants_end_with_the_account(chen, wang, zhao, sun):
    hua = CustomerFactory(name="李华")
    grant = given(chen, hua, zhao, "payment")
    go(chen, sun)
    work()
    grant.refresh_from_db()
    assert grant.state == "ended"
    assert codenames(chen) == []
    assert not Customer.objects.visible_to(again(chen)).exists()


def test_requests_and_care_are_free_for_others(wang, zhao):
    ding = UserFactory(
        display_name="Ding Yan", role="data_protection_officer", team="call-centre"
    )
    hua = CustomerFactory(name="李华")
    Consent.objects.create(
        customer=hua, purpose="care", basis="consent", way="phone", given_at=NOW
    )
    asked = take_on(asked=asked_by(hua, "correct", by=ding), by=ding)
    plan = CarePlan.objects.create(
        name_zh="问候", name_en="Greeting", kind="anniversary", team=hua.team
    )
    care = plan_contact(plan=plan, customer=hua, due_at=timezone.now(), by=ding)
    go(ding, zhao, call_centre=wang)
    work()
    assert RightsRequest.objects.get(pk=asked.pk).handler is None
    assert CareContact.objects.get(pk=care.pk).owner is None
