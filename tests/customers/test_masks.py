"""What a reader sees of a customer is decided in one place, by roles and grants."""

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction

from customers.models import (
    ContactPoint,
    Customer,
    CustomerGroupObjectPermission,
    CustomerUserObjectPermission,
    Field,
    MaskRule,
    Mode,
    PaymentRecord,
)
from customers.permissions import SEE_PAYMENT
from customers.queries import masks
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.models import Role, User
from tests.desk import chen, desk, li, sun, ticket, wang, zhao
from tests.factories import NOW, ContactPointFactory, CustomerFactory, UserFactory

__all__ = ["chen", "desk", "li", "sun", "ticket", "wang", "zhao"]


def allow(user, customer, codename):
    permission = Permission.objects.get(
        content_type__app_label="customers", codename=codename
    )
    return CustomerUserObjectPermission.objects.create(
        user=user, content_object=customer, permission=permission
    )


def again(user):
    """Return the person as the next request knows them."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def hua(desk):
    """Li Hua belongs to the call centre's customers."""
    return CustomerFactory(
        name="李华", address="上海市南京路 1 号", id_number="310101199003078888"
    )


def test_the_owning_team_sees_its_customers_and_no_other_team_does(wang, chen, hua):
    assert list(Customer.objects.visible_to(wang)) == [hua]
    assert not Customer.objects.visible_to(chen).exists()


def test_a_grant_to_a_person_or_to_a_team_opens_one_customer(wang, chen, sun, hua):
    other = CustomerFactory()
    allow(chen, hua, "view_customer")
    assert list(Customer.objects.visible_to(again(chen))) == [hua]
    assert not Customer.objects.visible_to(again(sun)).exists()
    CustomerGroupObjectPermission.objects.create(
        group=sun.memberships.get().team.group,
        content_object=other,
        permission=Permission.objects.get(codename="view_customer"),
    )
    assert list(Customer.objects.visible_to(again(sun))) == [other]


def test_another_scope_than_sight_opens_nothing(chen, hua):
    allow(chen, hua, SEE_PAYMENT)
    assert not Customer.objects.visible_to(again(chen)).exists()


def test_a_ticket_of_ones_own_opens_its_customer_until_it_is_done(chen, ticket):
    customer = ticket.customer
    Customer.objects.filter(pk=customer.pk).update(team=chen.memberships.get().team)
    helper = UserFactory(display_name="Ma Li", team="logistics")
    assert not Customer.objects.visible_to(helper).exists()
    type(ticket).objects.filter(pk=ticket.pk).update(assignee=helper)
    assert list(Customer.objects.visible_to(again(helper))) == [customer]
    type(ticket).objects.filter(pk=ticket.pk).update(status="closed", closed_at=NOW)
    assert not Customer.objects.visible_to(again(helper)).exists()


def test_an_agent_sees_masks_and_what_is_hidden_leaves_no_trace(wang, hua):
    phone = ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    assert masks.name_of(hua, wang) == "李*"
    seen = masks.contact_of(phone, wang)
    assert (seen.text, seen.revealable) == ("138****5678", True)
    hidden = masks.shown(Field.ID_NUMBER, hua.id_number, wang)
    assert (hidden.text, hidden.revealable) == ("", False)


def test_who_has_two_roles_sees_what_the_better_one_sees(wang, hua):
    set_roles(
        user=wang,
        groups=[Role.objects.get(key=key).group for key in ("agent", "senior_agent")],
    )
    seen = masks.shown(Field.ID_NUMBER, hua.id_number, again(wang))
    assert seen.text == "310101********8888"


def test_the_matrix_decides_at_once(wang, hua):
    rule = MaskRule.objects.get(role__key="agent", field=Field.NAME)
    rule.mode = Mode.READ
    rule.save()
    assert masks.name_of(hua, again(wang)) == "李华"
    rule.mode = Mode.HIDDEN
    rule.save()
    assert masks.name_of(hua, again(wang)) == hua.code


def test_without_a_role_nothing_shows(desk, hua):
    stranger = UserFactory(display_name="Nobody Yet", role="")
    assert masks.shown(Field.NAME, hua.name, stranger).text == ""


def test_no_role_can_be_made_to_read_payment_accounts(desk):
    rule = MaskRule.objects.get(role__key="supervisor", field=Field.ACCOUNT)
    rule.mode = Mode.READ
    with pytest.raises(IntegrityError), transaction.atomic():
        rule.save()


def test_payment_records_open_by_grant_only(zhao, hua):
    PaymentRecord.objects.create(
        customer=hua, method="card", account="6222020200001234567",
        amount="100.00", paid_at=NOW, created_at=NOW,
    )  # fmt: skip
    assert masks.payments_of(hua, zhao) is None
    allow(zhao, hua, SEE_PAYMENT)
    [payment] = masks.payments_of(hua, again(zhao))
    assert masks.shown(Field.ACCOUNT, payment.account, zhao).text == "****4567"


def test_a_number_is_found_by_its_last_four_and_an_address_is_not(hua):
    phone = ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    email = ContactPointFactory(customer=hua, kind="email", value="1234@example.com")
    assert ContactPoint.objects.get(pk=phone.pk).last4_index
    assert ContactPoint.objects.get(pk=email.pk).last4_index is None
