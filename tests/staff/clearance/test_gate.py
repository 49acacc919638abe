"""Each lack closes each page on customer data, for everybody, at once."""

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.admin import ModelAdmin, site
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import ResolverMatch, get_resolver, reverse
from django.utils import timezone

from customers.models import Customer
from servicedesk.audit.models import LogEntry
from servicedesk.core.access import may
from servicedesk.core.errors import RuleError
from servicedesk.core.live.channels import readable_channels
from servicedesk.staff.clearance import guards_model, guards_page, holders
from servicedesk.staff.models import Clearance, User
from servicedesk.staff.queries import channels_of, missing
from tests.desk import fresh
from tests.factories import HOUR, NOW, TicketFactory, UserFactory, clear
from tests.tickets.test_access import _address, _names
from tickets.actions.take import assign, take
from tickets.actions.transfer import transfer
from tickets.models import Ticket
from tickets.queries.people import able_in, leader_of

pytestmark = pytest.mark.django_db
LACKS = {
    "agreement": {"signed": False},
    "onboarding": {"onboarded": False},
    "training": {"trained": False},
}
PEOPLE = {
    "agent": {"role": "agent"},
    "supervisor": {"role": "supervisor", "lead": True},
    "superuser": {"role": None, "is_superuser": True, "is_staff": True},
}


def newcomer(who="agent", **lack):
    """Ma Chao works in the call centre, and something is missing."""
    user = UserFactory(
        display_name="Ma Chao", team="call-centre", cleared=False, **PEOPLE[who]
    )
    return clear(user, **(lack or LACKS["agreement"]))


def all_addresses(ticket):
    """Yield every address but those of the login library, with what it leads to."""
    resolver = get_resolver()
    for name, kinds in _names(resolver.url_patterns):
        if not name.startswith(("account", "mfa", "usersessions")):
            address = _address(name, kinds, ticket)
            yield name, address, resolver.resolve(address)


def guarded_addresses(ticket):
    for name, address, match in all_addresses(ticket):
        if guards_page(match):
            yield name, address


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("lack", LACKS)
def test_every_page_of_customer_data_says_what_is_missing(who, lack, ticket, client):
    user = newcomer(who, **LACKS[lack])
    client.force_login(user)
    asked = 0

    for name, address in guarded_addresses(ticket):
        for ask in (client.get, client.post):
            response = ask(address)

            told = response.content.decode()
            assert response.status_code == 403, name
            assert "Clearance is missing" in told, name
            assert ticket.subject not in told, name
            asked += 1
    assert asked > 50


def test_the_addresses_that_are_guarded_are_all_but_a_few(ticket):
    """Whatever an app that holds customer data serves is closed, unless it says so."""
    guarded = {name for name, _address in guarded_addresses(ticket)}
    of_holders = {
        name
        for name, _address, match in all_addresses(ticket)
        if match.func.__module__.partition(".")[0] in holders()
    }
    assert of_holders - guarded == {
        "tickets:home", "tickets:help", "tickets:request", "tickets:sent",
        "tickets:progress", "tickets:progress-reply", "tickets:progress-answer",
        "tickets:progress-file", "tickets:link", "tickets:link-rest",
        "customers:my-data-link", "customers:my-data-link-rest",
        "customers:my-data-form", "customers:my-data-sent",
        "customers:my-data", "customers:my-data-package", "customers:my-data-act",
    }  # fmt: skip
    assert {"tickets:inbox", "tickets:search", "quality:today"} <= guarded


def test_every_model_that_leads_to_a_customer_is_customer_data():
    """An app that holds some and does not say so would be open to everybody."""
    of_customers = {Customer, Ticket}
    found = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.related_model in of_customers and not field.auto_created
    } | of_customers
    assert len(found) > 10
    assert [model for model in found if not guards_model(model)] == []


@pytest.mark.parametrize("lack", LACKS)
def test_the_start_page_tells_it_first_and_shows_nothing_of_customers(lack, ticket):
    client, user = Client(), newcomer(**LACKS[lack])
    client.force_login(user)

    told = client.get("/").content.decode()

    assert "Customer data is closed to you until this is done" in told
    assert ticket.number not in told
    assert "/inbox/" not in told
    assert ("/clearance/agreement/" in told) == (lack == "agreement")


def test_who_trains_is_named_and_whoever_is_near_comes_first(wang, sun, zhao, client):
    client.force_login(newcomer(trained=False))

    told = client.get("/inbox/").content.decode()

    assert "security training is not recorded yet" in told
    assert 0 < told.index("Zhao Min") < told.index("Sun Hao")
    assert "Wang Fang" not in told


def test_who_has_no_part_in_customer_data_is_told_what_everybody_is_told(client):
    client.force_login(UserFactory(role="trainer", cleared=False))

    assert client.get("/inbox/").status_code == 404
    assert "To be done by everybody who works here" in client.get("/").content.decode()


def test_settings_of_an_app_are_no_customer_data(client):
    client.force_login(newcomer("superuser"))

    assert client.get("/admin/tickets/category/").status_code == 200


def test_a_superuser_without_clearance_may_nothing_with_customer_data(ticket):
    root = newcomer("superuser")

    for permission in Permission.objects.select_related("content_type"):
        app = permission.content_type.app_label
        name = f"{app}.{permission.codename}"
        settings = permission.content_type.model in {
            "category", "priorityrule", "servicelevel", "servicelevelversion",
        }  # fmt: skip
        closed = app in holders() and not settings
        assert root.has_perm(name) is not closed, name
        assert (name in root.get_all_permissions()) is not closed, name
    assert not root.has_perm("tickets.view_ticket", ticket)
    assert not Ticket.objects.visible_to(root).exists()


def test_django_admin_of_a_model_with_customer_data_is_closed_as_well(rf):
    administered = ModelAdmin(Ticket, site)
    for pattern in administered.get_urls():
        if hasattr(pattern.callback, "model_admin"):
            assert guards_page(ResolverMatch(pattern.callback, (), {}))
    request = rf.get("/")
    request.user = newcomer("superuser")

    assert not administered.has_view_permission(request)
    assert not administered.has_module_permission(request) or not any(
        administered.get_model_perms(request).values()
    )


def test_a_grant_on_the_one_ticket_is_closed_as_well(ticket, li, sun):
    take(ticket=ticket, by=li, now=NOW)
    technical = sun.memberships.get().team
    transfer(
        ticket=ticket, team=technical, to=None, words="w", hand_over="h", by=li, now=NOW
    )
    assert Ticket.objects.visible_to(fresh(li)).count() == 1

    Clearance.objects.filter(user=li).update(onboarded_at=None)

    again = fresh(li)
    assert not Ticket.objects.visible_to(again).exists()
    assert not again.has_perm("tickets.view_ticket", ticket)


def test_a_part_is_answered_with_the_way_to_the_page_that_tells(ticket, client):
    client.force_login(newcomer())

    response = client.get("/inbox/", headers={"HX-Request": "true"})

    assert response.status_code == 403
    assert response["HX-Redirect"] == reverse("staff:clearance")
    assert not response.content


def test_a_refusal_is_in_the_audit_log(ticket, client):
    user = newcomer()
    client.force_login(user)

    client.get(f"/inbox/{ticket.number}/")

    entry = LogEntry.objects.filter(actor=user).latest("id")
    assert entry.additional_data["page"] == "tickets:ticket"
    assert entry.additional_data["status"] == 403


def test_it_closes_in_the_middle_of_a_session_and_opens_again(ticket, client, wang):
    client.force_login(wang)
    page = f"/inbox/{ticket.number}/"
    assert client.get(page).status_code == 200

    Clearance.objects.filter(user=wang).update(training_until=timezone.now())
    assert client.get(page).status_code == 403
    assert client.post(f"{page}take/").status_code == 403
    Clearance.objects.filter(user=wang).update(training_until=timezone.now() + HOUR)

    assert client.get(page).status_code == 200
    assert Ticket.objects.get().assignee is None


def test_the_training_lapses_at_its_moment(wang):
    moment = timezone.now() + dt.timedelta(milliseconds=300)
    Clearance.objects.filter(user=wang).update(training_until=moment)
    assert missing(fresh(wang)) == ()

    while timezone.now() <= moment:
        assert may(fresh(wang), "tickets.view_ticket") or timezone.now() > moment

    assert missing(fresh(wang)) == ("training",)
    assert not may(fresh(wang), "tickets.view_ticket")


def test_nothing_of_a_team_is_heard_without_clearance(wang):
    team = wang.memberships.get().team
    Clearance.objects.filter(user=wang).delete()
    again = User.objects.get(pk=wang.pk)

    assert channels_of(again) == [f"user:{wang.pk}"]
    assert readable_channels(again, [f"team:{team.pk}"]) == [f"user:{wang.pk}"]


@pytest.mark.parametrize("lack", LACKS)
@pytest.mark.parametrize("who", PEOPLE)
def test_no_work_comes_to_whoever_lacks_something(who, lack, ticket, wang, zhao):
    user = newcomer(who, **LACKS[lack])
    team = wang.memberships.get().team

    assert user not in able_in([team])
    with pytest.raises(RuleError, match="Ma Chao has no clearance for customer data"):
        assign(ticket=ticket, to=user, by=zhao, now=NOW)
    with pytest.raises(RuleError, match="Ma Chao has no clearance for customer data"):
        take(ticket=ticket, by=user, now=NOW)
    technical = TicketFactory(category="technical")
    with pytest.raises(RuleError, match="Ma Chao has no clearance for customer data"):
        transfer(
            ticket=technical, team=team, to=user, words="w", hand_over="h",
            by=zhao, now=NOW,
        )  # fmt: skip


def test_escalation_passes_by_a_lead_who_lacks_something(zhao, wang):
    team = zhao.memberships.get().team
    assert leader_of(team) == zhao

    Clearance.objects.filter(user=zhao).delete()

    assert leader_of(team) is None


def test_the_forms_offer_the_cleared_only(ticket, wang, zhao, client):
    newcomer()
    client.force_login(zhao)

    told = client.get(f"/inbox/{ticket.number}/assign/").content.decode()

    assert "Wang Fang" in told
    assert "Ma Chao" not in told
