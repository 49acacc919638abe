"""Every address, asked as nobody, as every role from elsewhere, and as a colleague."""

import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from customers.models import ContactPoint
from servicedesk.staff.models import RoleKey
from tests.factories import NOW, TicketFactory, UserFactory
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.actions.transfer import transfer
from tickets.models import FollowUp, Letter

pytestmark = pytest.mark.django_db

PUBLIC = {
    "tickets:help", "tickets:request", "tickets:sent", "tickets:progress",
    "tickets:link", "tickets:link-rest", "customers:my-data-link",
    "customers:my-data-link-rest", "tickets:progress-reply",
    "tickets:progress-answer", "tickets:progress-file", "customers:my-data-form", "customers:my-data-sent", "customers:my-data",
    "customers:my-data-act", "customers:my-data-package", "set_language", "account_login", "account_logout", "account_signup",
    "account_inactive", "mfa_authenticate", "mfa_login_webauthn",
    "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done",
    "account_confirm_email", "account_email_verification_sent",
    "account_confirm_login_code", "account_request_login_code", "mfa_trust",
    "account_signup_by_passkey", "mfa_signup_webauthn", "account_email",
    "account_set_password", "security-txt",
}  # fmt: skip
ONE_TICKET = [
    "ticket", "reply", "note", "draft", "take", "undo", "assign", "transfer",
    "escalate", "wait", "resolve", "reopen", "classify",
]  # fmt: skip
POSTED = {
    "reply", "note", "draft", "take", "undo", "rights-take", "rights-take-back",
    "rights-package", "rights-password", "rights-mail-password", "rights-propose",
    "correction-accept",
}  # fmt: skip
NEEDED = {
    "reply": "reply", "take": "take", "assign": "assign", "transfer": "transfer",
    "escalate": "escalate", "wait": "reply", "resolve": "resolve",
    "reopen": "resolve", "classify": "change",
}  # fmt: skip


@pytest.fixture
def ticket():
    return TicketFactory(subject="耳机没有声音", contact="13800138000")


def _names(patterns, space="", above=()):
    """Yield each address's name with what it takes, Django admin's own left out."""
    for pattern in patterns:
        kinds = {**dict(above), **pattern.pattern.converters}
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            if pattern.namespace != "admin":
                yield from _names(pattern.url_patterns, inner, kinds)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{space}{pattern.name}", kinds


def _address(name, kinds, ticket):
    values = {
        key: ticket.customer.number
        if key == "number" and type(kinds[key]).__name__ == "IntConverter"
        else 1
        if type(kinds[key]).__name__ == "IntConverter"
        else ticket.number
        if key == "number"
        else str(uuid.uuid4())
        if type(kinds[key]).__name__ == "UUIDConverter"
        else "received"
        for key in kinds
    }
    return reverse(name, kwargs=values)


def _ask(client, name, address):
    tail = name.rpartition(":")[2]
    return client.post(address) if tail in POSTED else client.get(address)


def test_nobody_gets_anything_but_the_login_and_the_customers_pages(ticket):
    for name, kinds in _names(get_resolver().url_patterns):
        if name in PUBLIC:
            continue
        response = _ask(Client(), name, _address(name, kinds, ticket))

        assert response.status_code in {302, 401, 404, 405}, name
        if response.status_code == 302:
            assert "/accounts/" in response["Location"], name
        assert ticket.subject not in response.content.decode(), name


WATCHED = {"customers:access", "customers:hold", "customers:rights-new"}


@pytest.mark.parametrize("role", RoleKey.values)
def test_a_role_from_elsewhere_learns_of_no_ticket(ticket, role, client):
    stranger = UserFactory(
        display_name="Stranger", role=role, team="quality", lead=True
    )
    client.force_login(stranger)

    for name, kinds in _names(get_resolver().url_patterns):
        if name in PUBLIC or name.startswith(("account", "mfa", "usersessions")):
            continue
        response = _ask(client, name, _address(name, kinds, ticket))
        told = response.content.decode()

        # The address that was asked may be repeated; what stands behind it may not.
        assert ticket.subject not in told, (role, name)
        assert "张*" not in told, (role, name)
        # Data protection watches over everybody's customers, and is shown nobody's.
        watches = role == "data_protection_officer" and name in WATCHED
        if "number" in kinds and not watches:
            assert response.status_code == 404, (role, name)


@pytest.mark.parametrize("name", ONE_TICKET)
@pytest.mark.parametrize("role", RoleKey.values)
def test_a_ticket_that_is_not_there_answers_like_one_that_may_not_be_seen(
    ticket, role, name, client
):
    client.force_login(UserFactory(role=role, team="logistics"))
    hidden = _ask(client, name, reverse(f"tickets:{name}", args=[ticket.number]))
    absent = _ask(client, name, reverse(f"tickets:{name}", args=["SD-2026-999999"]))

    assert hidden.status_code == absent.status_code == 404
    assert len(hidden.content) == len(absent.content)


@pytest.mark.parametrize("role", RoleKey.values)
def test_a_colleague_may_do_what_the_role_says_and_nothing_else(ticket, role, client):
    colleague = UserFactory(role=role, team="call-centre")
    client.force_login(colleague)
    sees = colleague.has_perm("tickets.view_ticket")

    for name, needed in NEEDED.items():
        response = _ask(client, name, reverse(f"tickets:{name}", args=[ticket.number]))

        if not sees:
            assert response.status_code == 404, (role, name)
        elif not colleague.has_perm(f"tickets.{needed}_ticket"):
            assert response.status_code == 403, (role, name)
        else:
            assert response.status_code in {200, 302, 422}, (role, name)


def test_administrators_read_no_customer_data(ticket, client):
    admin = UserFactory(display_name="Admin", role="administrator", team="call-centre")
    assert admin.is_staff
    client.force_login(admin)

    for address in ("/inbox/", f"/inbox/{ticket.number}/", "/follow-ups/", "/desk/"):
        assert client.get(address).status_code == 404, address
    index = client.get("/admin/").content.decode()
    assert "tickets/ticket/" not in index
    for model in ("customer", "contactpoint", "consent", "purchase", "accessgrant"):
        assert f"customers/{model}/" not in index


def test_somebody_elses_contact_letter_and_file_are_not_reached_through_ones_own_ticket(
    ticket, client
):
    other = TicketFactory(contact="lin@example.com", category="technical")
    agent = UserFactory(team="call-centre")
    client.force_login(agent)
    contact = ContactPoint.objects.get(customer=other.customer)
    letter = Letter.objects.get(ticket=other)

    for name, key in (("reveal", contact.pk), ("letter", letter.pk)):
        address = reverse(f"tickets:{name}", args=[ticket.number, key])
        assert client.get(address).status_code == 404
        assert client.post(address, {"purpose": "service"}).status_code == 404


def test_a_person_who_left_the_team_loses_sight_at_once(ticket, client):
    agent = UserFactory(team="call-centre")
    client.force_login(agent)
    address = reverse("tickets:ticket", args=[ticket.number])
    assert client.get(address).status_code == 200

    agent.memberships.all().delete()

    assert client.get(address).status_code == 404


def test_a_deactivated_person_is_shown_the_door(ticket, client):
    agent = UserFactory(team="call-centre")
    client.force_login(agent)

    type(agent).objects.filter(pk=agent.pk).update(is_active=False)

    response = client.get(reverse("tickets:ticket", args=[ticket.number]))
    assert response.status_code == 302


def test_who_holds_a_ticket_of_another_team_by_grant_sees_that_one_only(ticket, client):
    agent = UserFactory(display_name="Li Na", team="call-centre")
    take(ticket=ticket, by=agent, now=NOW)
    technical = (
        UserFactory(display_name="Zhao", team="technical").memberships.get().team
    )
    transfer(
        ticket=ticket, team=technical, to=None, words="转给技术", hand_over="看日志",
        by=agent, now=NOW,
    )  # fmt: skip
    foreign = TicketFactory(subject="别的问题", category="technical")
    client.force_login(agent)

    assert (
        client.get(reverse("tickets:ticket", args=[ticket.number])).status_code == 200
    )
    assert (
        client.get(reverse("tickets:ticket", args=[foreign.number])).status_code == 404
    )
    listed = client.get("/inbox/?queue=all").content.decode()
    assert ticket.number in listed
    assert foreign.subject not in listed


def test_follow_ups_of_other_teams_cannot_be_recorded(ticket, client):
    resolve(
        ticket=ticket, root_cause="x", solution="y", words="好了",
        by=UserFactory(team="call-centre"), now=NOW,
    )  # fmt: skip
    client.force_login(UserFactory(role="supervisor", team="technical", lead=True))
    address = reverse("tickets:follow-up-record", args=[FollowUp.objects.get().pk])

    assert client.get(address).status_code == 404
    assert client.post(address, {"outcome": "satisfied"}).status_code == 404
