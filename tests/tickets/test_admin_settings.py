"""Settings of tickets in Django admin, for the administrator and nobody else."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.urls import reverse

from servicedesk.core.models import BusinessCalendar
from tests.factories import NOW, TicketFactory, UserFactory, ensure_defaults
from tickets.models import (
    Category,
    PriorityRule,
    ServiceLevel,
    ServiceLevelVersion,
    TicketEvent,
)

pytestmark = pytest.mark.django_db
PAGES = [
    f"tickets_{model}_{page}"
    for model in ("category", "servicelevel")
    for page in ("changelist", "add")
] + ["tickets_priorityrule_changelist"]


@pytest.fixture(autouse=True)
def _a_fresh_desk(db):
    cache.clear()
    ensure_defaults()


@pytest.fixture
def he_lei(client):
    user = UserFactory(display_name="He Lei", role="administrator")
    client.force_login(user)
    return user


def form_of(answer):
    """Return what the browser would send back unchanged."""
    data = {}
    for form in (answer.context["adminform"].form, *_inline_forms(answer)):
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = "on" if value is True else value
    return data


def _inline_forms(answer):
    return [
        inline.formset.management_form
        for inline in answer.context["inline_admin_formsets"]
    ]


def change(row):
    return reverse(f"admin:tickets_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_open_for_the_administrator(client, he_lei, name, language):
    he_lei.language = language
    he_lei.save()

    assert client.get(reverse(f"admin:{name}")).status_code == 200


@pytest.mark.parametrize("role", ["agent", "supervisor", "management", None])
@pytest.mark.parametrize("name", PAGES)
def test_for_others_there_is_no_such_page(client, role, name):
    client.force_login(UserFactory(role=role))

    assert client.get(reverse(f"admin:{name}")).status_code == 404


def test_nothing_of_a_customer_is_in_the_administration(client, he_lei):
    TicketFactory(subject="Secret of a customer")
    kept = {"category", "priorityrule", "servicelevel"}
    shown = {
        model._meta.model_name
        for model in admin.site._registry
        if model._meta.app_label in {"tickets", "customers"}
    }
    assert shown == {*kept, "tag", "searchsetting"}
    codes = {name for name in he_lei.get_all_permissions() if "tickets." in name}
    touched = {code.split("_", 1)[1] for code in codes}
    assert touched == {*kept, "servicelevelversion"}
    about = {name for name in he_lei.get_all_permissions() if "customers." in name}
    assert {name.split("_", 1)[1] for name in about} == {
        "maskrule",
        "reveallimits",
        "tag",
        "searchsetting",
    }
    assert apps.get_model("tickets", "Letter") not in admin.site._registry


def test_categories_stand_in_the_order_of_the_tree(client, he_lei):
    page = client.get(reverse("admin:tickets_category_changelist"))

    slugs = [each.slug for each in page.context["cl"].result_list]
    assert slugs.index("refund") == slugs.index("order") + 1
    assert slugs.index("repair") == slugs.index("technical") + 1


def test_a_category_is_renamed_and_given_to_another_team(client, he_lei):
    category = Category.objects.get(slug="refund")
    data = form_of(client.get(change(category)))

    answer = client.post(change(category), {**data, "name_en": "Money back"})

    assert answer.status_code == 302
    category.refresh_from_db()
    assert category.name_en == "Money back"


def test_a_category_cannot_stand_below_itself(client, he_lei):
    above, below = (
        Category.objects.get(slug="order"),
        Category.objects.get(slug="refund"),
    )
    data = form_of(client.get(change(above)))

    answer = client.post(change(above), {**data, "parent": below.pk})

    assert answer.status_code == 200
    assert "cannot stand below itself" in answer.content.decode()


@pytest.mark.parametrize("model", [Category, ServiceLevel, PriorityRule])
def test_nothing_is_deleted_and_so_no_ticket_is_named(client, he_lei, model):
    ticket = TicketFactory()
    row = ticket.category if model is Category else model.objects.first()
    page = reverse(f"admin:tickets_{model._meta.model_name}_delete", args=[row.pk])

    for answer in (client.get(page), client.post(page, {"post": "yes"})):
        assert answer.status_code == 403
        assert ticket.number not in answer.content.decode()


def test_the_matrix_is_edited_as_a_list_and_new_tickets_follow_it(client, he_lei):
    page = reverse("admin:tickets_priorityrule_changelist")
    rules = list(PriorityRule.objects.order_by("severity", "urgency"))
    data = {"form-TOTAL_FORMS": len(rules), "form-INITIAL_FORMS": len(rules)}
    for place, rule in enumerate(rules):
        normal = (rule.severity, rule.urgency) == (3, 3)
        data[f"form-{place}-id"] = rule.pk
        data[f"form-{place}-priority"] = 1 if normal else rule.priority

    answer = client.post(page, {**data, "_save": "Save"})

    assert answer.status_code == 302
    assert TicketFactory(severity=3, urgency=3).priority == 1


def test_a_full_matrix_takes_no_more_cells(client, he_lei):
    page = reverse("admin:tickets_priorityrule_add")
    assert client.get(page).status_code == 403

    PriorityRule.objects.first().delete()
    assert client.get(page).status_code == 200


def test_a_saved_level_is_a_new_version_and_running_clocks_keep_theirs(client, he_lei):
    level = ServiceLevel.objects.get(slug="web")
    ticket = TicketFactory()
    data = form_of(client.get(change(level)))

    client.post(change(level), {**data, "first_response": "3600"})
    client.post(change(level), {**data, "first_response": "3600"})

    newest = level.versions.first()
    assert (newest.number, newest.rule["first_response"]) == (2, 3600)
    assert newest.by == he_lei
    clock = ticket.clocks.get(target="first_response")
    assert (clock.level.number, clock.seconds) == (1, 4 * 3600)
    later = TicketFactory().clocks.get(target="first_response")
    assert (later.level.number, later.seconds) == (2, 3600)


def test_a_new_level_is_published_at_once(client, he_lei):
    data = form_of(client.get(reverse("admin:tickets_servicelevel_add")))
    always = BusinessCalendar.objects.get(slug="always")
    told = {
        "slug": "social",
        "name_zh": "社交媒体",
        "name_en": "Social media",
        "channel": "social",
        "calendar": always.pk,
        "first_response": 600,
        "active": "on",
    }

    answer = client.post(reverse("admin:tickets_servicelevel_add"), {**data, **told})

    assert answer.status_code == 302, answer.context["errors"]
    assert ServiceLevelVersion.objects.get(level__slug="social").number == 1


def test_a_promise_of_nothing_and_an_unpublished_calendar_are_refused(client, he_lei):
    level = ServiceLevel.objects.get(slug="web")
    empty = BusinessCalendar.objects.create(
        slug="draft", name_zh="草稿", name_en="Draft", always_open=True
    )
    data = form_of(client.get(change(level)))

    for wrong in ({"first_response": "0"}, {"calendar": empty.pk}):
        assert client.post(change(level), {**data, **wrong}).status_code == 200
    assert level.versions.count() == 1


def test_versions_are_shown_and_cannot_be_changed(client, he_lei):
    level = ServiceLevel.objects.get(slug="web")
    page = client.get(change(level)).content.decode()

    assert "14400" in page
    assert "versions-0-number" not in page
    assert not TicketEvent.objects.filter(at__lt=NOW).exists()
