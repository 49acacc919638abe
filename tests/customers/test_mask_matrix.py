"""The matrix is changed as one whole, by few, over nobody's head."""

import re

import pytest
from django.contrib import admin
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse

from customers.actions.by_two import lapse_due
from customers.actions.mask_rules import confirm_masks
from customers.models import WAITS, Field, MaskChange, MaskRule, Mode
from customers.queries import masks
from customers.tasks import sweep_access
from servicedesk.audit.models import LogEntry
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from servicedesk.staff.models import RoleKey
from tests.customers.looks import again, at_desk
from tests.factories import MINUTE, UserFactory

PAGE = "customers:masks"


def filled(browser, **changes):
    """Return what a browser would post of the form, with changes."""
    form = browser.get(reverse(PAGE)).context["form"]
    return {bound.html_name: bound.value() for bound in form} | changes


@pytest.fixture
def admin_(desk):
    """He Ping administers the system, and sees no customer."""
    return UserFactory(display_name="He Ping", role="administrator")


@pytest.mark.parametrize("role", RoleKey.values)
def test_administrators_and_officers_alone_come_in(desk, role):
    answer = at_desk(UserFactory(role=role)).get(reverse(PAGE))
    allowed = role in {"administrator", "data_protection_officer"}
    assert answer.status_code == (200 if allowed else 404)


def ask(person, **changes):
    """Save the page with changes; return the answer."""
    browser = at_desk(person)
    given = filled(browser, **changes)
    return browser.post(reverse(PAGE), given, follow=True).content.decode()


def mode(role, field):
    return MaskRule.objects.get(role__key=role, field=field).mode


def act(person, what, change):
    page = reverse(f"{PAGE}-{what}", args=[change.pk])
    return at_desk(person).post(page, follow=True).content.decode()


def told(state):
    rows = Notification.objects.filter(kind="customers.masks_changed")
    return {each.user for each in rows if each.data["state"] == state}


def test_what_shows_less_holds_at_once_is_logged_and_told(admin_, officer, wang, hua):
    answer = ask(admin_, **{"agent-phone": Mode.HIDDEN, "agent-email": Mode.HIDDEN})
    assert "2 rules changed." in answer
    assert masks.contact_of(hua.contact_points.get(), again(wang)).text == ""
    entries = LogEntry.objects.filter(content_type__model="maskrule")
    assert entries.count() == 2
    assert {each.actor for each in entries} == {admin_}
    [row] = Notification.objects.filter(kind="customers.masks_changed")
    assert (row.user, row.data["changed"]) == (officer, 2)


@pytest.mark.parametrize(
    ("field", "more"),
    [("name", Mode.READ), ("phone", Mode.EDIT), ("account", Mode.MASKED)],
)
def test_what_shows_more_waits_for_another(admin_, officer, wang, hua, field, more):
    before = mode("agent", field)
    answer = ask(admin_, **{f"agent-{field}": more})
    assert "1 rule shows more: it waits for another person." in answer
    assert mode("agent", field) == before
    assert masks.name_of(hua, again(wang)) == "李*"
    change = MaskChange.objects.get()
    assert told("waiting") == {officer}
    act(officer, "confirm", change)
    assert mode("agent", field) == more
    change.refresh_from_db()
    assert (change.by, change.decided_by) == (admin_, officer)
    assert told("in_force") == {admin_}
    logged = LogEntry.objects.filter(content_type__model__in=["maskrule", "maskchange"])
    assert {each.content_type.model for each in logged.filter(actor=officer)} == {
        "maskrule",
        "maskchange",
    }


def test_less_and_more_saved_together_part_ways(admin_, officer):
    answer = ask(admin_, **{"agent-phone": Mode.HIDDEN, "agent-name": Mode.READ})
    assert "1 rule changed." in answer
    assert "1 rule shows more" in answer
    assert (mode("agent", "phone"), mode("agent", "name")) == (0, 1)
    waits = MaskChange.objects.get(state="waiting")
    assert waits.values == {"agent:name": 2}


def test_the_page_shows_what_waits_and_who_may_do_what(admin_, officer, zhao):
    ask(admin_, **{"agent-name": Mode.READ})
    change = MaskChange.objects.get()
    confirm = reverse(f"{PAGE}-confirm", args=[change.pk])
    own = at_desk(admin_).get(reverse(PAGE)).content.decode()
    assert "Withdraw" in own
    assert confirm not in own
    others = at_desk(officer).get(reverse(PAGE)).content.decode()
    assert "He Ping" in others
    assert "Agent: Name" in others
    assert "Masked → Read" in others
    assert confirm in others
    assert "Decline" in others
    for what in ("confirm", "drop"):
        page = reverse(f"{PAGE}-{what}", args=[change.pk])
        assert at_desk(zhao).post(page).status_code == 404
        assert at_desk(officer).get(page).status_code == 405
    assert mode("agent", "name") == Mode.MASKED


def test_the_buttons_work_where_forged_requests_are_refused(admin_, officer):
    ask(admin_, **{"agent-name": Mode.READ})
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(officer)
    shown = browser.get(reverse(PAGE)).content.decode()
    form = shown.partition("/confirm/")[2]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    page = reverse(f"{PAGE}-confirm", args=[MaskChange.objects.get().pk])
    assert browser.post(page).status_code == 403
    browser.post(page, {"csrfmiddlewaretoken": token})
    assert mode("agent", "name") == Mode.READ


def test_nobody_confirms_what_they_asked_for(admin_):
    ask(admin_, **{"agent-name": Mode.READ})
    change = MaskChange.objects.get()
    assert "Another person has to confirm" in act(admin_, "confirm", change)
    assert mode("agent", "name") == Mode.MASKED
    with pytest.raises(IntegrityError), transaction.atomic():
        MaskChange.objects.update(state="in_force", decided_by=admin_)


@pytest.mark.parametrize(
    ("who", "word"), [("admin_", "Withdrawn"), ("officer", "Declined")]
)
def test_it_is_declined_or_withdrawn_and_told(request, admin_, officer, who, word):
    ask(admin_, **{"agent-name": Mode.READ})
    change = MaskChange.objects.get()
    answer = act(request.getfixturevalue(who), "drop", change)
    assert word in answer
    assert told("dropped") == {officer if who == "admin_" else admin_}
    assert "waits no longer" in act(officer, "confirm", change)
    assert mode("agent", "name") == Mode.MASKED


def test_after_seven_days_it_lapses_and_everybody_hears(admin_, officer):
    ask(admin_, **{"agent-name": Mode.READ})
    change = MaskChange.objects.get()
    assert lapse_due(now=change.at + WAITS - MINUTE) == 0
    with pytest.raises(RuleError, match="no longer"):
        confirm_masks(change=change, by=officer, now=change.at + WAITS)
    assert lapse_due(now=change.at + WAITS) == 1
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("lapsed", None)
    assert told("lapsed") == {admin_, officer}
    assert "Lapsed" in at_desk(officer).get(reverse(PAGE)).content.decode()
    assert lapse_due(now=change.at + WAITS) == 0


def test_the_sweep_ends_it(admin_):
    ask(admin_, **{"agent-name": Mode.READ})
    MaskChange.objects.update(at=F("at") - WAITS)
    sweep_access()
    assert MaskChange.objects.get().state == "lapsed"


def test_a_later_change_of_the_same_rule_replaces_what_waits(admin_, officer):
    ask(admin_, **{"agent-name": Mode.READ, "agent-email": Mode.READ})
    first = MaskChange.objects.get()
    ask(officer, **{"supervisor-email": Mode.READ})
    first.refresh_from_db()
    assert first.state == "waiting"
    ask(officer, **{"agent-name": Mode.HIDDEN})
    first.refresh_from_db()
    assert first.state == "dropped"
    assert "waits no longer" in act(officer, "confirm", first)
    assert mode("agent", "email") == Mode.MASKED


def test_what_was_asked_of_another_matrix_is_not_confirmed(admin_, officer):
    ask(admin_, **{"agent-name": Mode.READ})
    MaskRule.objects.filter(role__key="agent", field="name").update(mode=Mode.HIDDEN)
    answer = act(officer, "confirm", MaskChange.objects.get())
    assert "The matrix has changed since" in answer
    assert mode("agent", "name") == Mode.HIDDEN


def test_nobody_asks_for_more_for_their_own_role(officer, admin_):
    answer = ask(officer, **{"data_protection_officer-name": Mode.READ})
    assert "You cannot let your own role see more" in answer
    assert not MaskChange.objects.exists()


def test_two_who_change_it_at_once_do_not_undo_each_other(admin_, officer):
    first, second = at_desk(admin_), at_desk(officer)
    early = filled(second, **{"agent-email": Mode.HIDDEN})
    first.post(reverse(PAGE), filled(first, **{"agent-name": Mode.HIDDEN}))
    answer = second.post(reverse(PAGE), early)
    assert answer.status_code == 422
    assert "Somebody has changed the matrix meanwhile" in answer.content.decode()
    rule = MaskRule.objects.get(role__key="agent", field="email")
    assert rule.mode == Mode.MASKED


@pytest.mark.parametrize("mode", [Mode.READ, Mode.EDIT])
def test_no_account_becomes_readable_by_a_role(admin_, mode):
    browser = at_desk(admin_)
    changed = filled(browser, **{"supervisor-account": mode})
    assert browser.post(reverse(PAGE), changed).status_code == 422
    assert MaskRule.objects.filter(field=Field.ACCOUNT, mode__gt=1).count() == 0


def test_django_admin_does_not_get_around_it(admin_):
    models = {model._meta.label for model in admin.site._registry}
    shown = {label for label in models if label.startswith("customers.")}
    assert shown == {"customers.SearchSetting", "customers.Tag"}
    browser = at_desk(admin_)
    for name in ("maskrule", "customer", "contactpoint", "accessgrant", "honeyrecord"):
        assert browser.get(f"/admin/customers/{name}/").status_code in {302, 404}


def marked_in(told, label):
    part = told.partition(f'<nav class="section tabs" aria-label="{label}"')
    if label == "Main":
        part = told.partition('<nav aria-label="Main"')
    return re.findall(r"<a[^>]*aria-current[^>]*>", part[2].partition("</nav>")[0])


def test_the_rail_marks_the_part_and_the_tabs_the_page_itself(officer):
    told = at_desk(officer).get("/customers/masks/").content.decode()
    [stop] = marked_in(told, "Main")
    assert 'aria-label="Data protection"' in stop
    assert 'aria-current="true"' in stop
    [tab] = marked_in(told, "In this part")
    assert 'href="/customers/masks/"' in tab
    assert 'aria-current="page"' in tab


def test_all_that_an_officer_may_open_is_two_steps_away(officer):
    """The rail holds a part once; its pages stand above each of them."""
    browser = at_desk(officer)
    told = browser.get("/customers/masks/").content.decode()
    pages = ("grants", "alarms", "masks", "rights", "documents")
    for page in (reverse(f"customers:{name}") for name in pages):
        assert f'href="{page}"' in told
    rail = told.partition('<nav aria-label="Main"')[2].partition("</nav>")[0]
    assert rail.count("<a ") < 9
