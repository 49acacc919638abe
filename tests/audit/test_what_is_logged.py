"""Looking, leaving, refusals and sign-ins leave an entry; secrets do not."""

import json

import pytest
from allauth.mfa.models import Authenticator
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from servicedesk.audit import tasks
from servicedesk.audit.actions import record_export
from servicedesk.audit.following import remember
from servicedesk.audit.models import Kind, LogEntry
from servicedesk.staff.models import Team, User
from tests.factories import UserFactory
from tests.tickets.test_request_form import FORM, filled
from tickets.models import Attachment, FollowUp

PASSWORD = "three blue umbrellas"


@pytest.fixture(autouse=True)
def clean_cache():
    cache.clear()


@pytest.fixture
def desk_of_wang(desk, wang):
    client = Client()
    client.force_login(wang)
    return client


def of(*kinds):
    return list(LogEntry.objects.filter(action__in=kinds).order_by("pk"))


def everything():
    rows = LogEntry.objects.values()
    return json.dumps(list(rows), default=str, ensure_ascii=False)


# --- looking ---


def test_opening_a_ticket_is_logged_once_in_ten_minutes(desk_of_wang, wang, ticket):
    address = reverse("tickets:ticket", args=[ticket.number])
    for _time in range(3):
        desk_of_wang.get(address, REMOTE_ADDR="192.0.2.9")
    (entry,) = of(Kind.ACCESS)
    assert (entry.actor, entry.object_pk) == (wang, str(ticket.pk))
    assert (entry.remote_addr, entry.actor_email) == ("192.0.2.9", wang.email)
    assert entry.cid


def test_a_refresh_that_the_page_makes_by_itself_is_no_look(desk_of_wang, wang, ticket):
    address = reverse("tickets:ticket", args=[ticket.number])
    desk_of_wang.get(address)
    cache.delete(f"audit:look:{wang.pk}:tickets.ticket:{ticket.pk}")
    desk_of_wang.get(address, headers={"X-Background": "1"})
    assert len(of(Kind.ACCESS)) == 1


def test_who_calls_a_first_look_a_refresh_is_logged(desk_of_wang, wang, ticket):
    address = reverse("tickets:ticket", args=[ticket.number])
    for _time in range(2):
        desk_of_wang.get(address, headers={"X-Background": "1"})
    (entry,) = of(Kind.ACCESS)
    assert (entry.actor, entry.object_pk) == (wang, str(ticket.pk))


def test_a_look_costs_one_insert_and_the_next_one_nothing(desk_of_wang, ticket):

    address = reverse("tickets:ticket", args=[ticket.number])
    desk_of_wang.get(address, headers={"X-Background": "1"})
    counts = []
    for _time in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk_of_wang.get(address)
        counts.append(sum("audit" in q["sql"] for q in queries))
    assert counts == [1, 0]


def test_a_download_is_logged_each_time(desk, wang, client):
    client.post(FORM, filled(SimpleUploadedFile("list.txt", b"1\n2\n")))
    attachment = Attachment.objects.get()
    ticket = attachment.message.ticket
    ticket.team.memberships.get_or_create(user=wang)
    client.force_login(wang)
    for _time in range(2):
        file = client.get(reverse("tickets:file", args=[ticket.number, attachment.pk]))
        assert b"".join(file.streaming_content) == b"1\n2\n"
    looks = [e for e in of(Kind.ACCESS) if e.content_type.model == "attachment"]
    assert [e.object_pk for e in looks] == [str(attachment.pk)] * 2


def test_an_export_is_logged_with_its_purpose(desk, wang):
    record_export(
        model=Customer,
        count=12,
        purpose="yearly report",
        by=wang,
        now=timezone.now(),
        filters={"city": "成都"},
    )
    (entry,) = of(Kind.EXPORT)
    assert entry.content_type == ContentType.objects.get_for_model(Customer)
    assert entry.additional_data["count"] == 12


# --- refusals ---


def test_what_somebody_may_not_see_is_logged_with_its_object(desk, ticket, chen_of):
    answer = chen_of.get(reverse("tickets:ticket", args=[ticket.number]))
    assert answer.status_code == 404
    (entry,) = of(Kind.REFUSAL)
    assert entry.object_pk == str(ticket.pk)
    assert entry.additional_data == {
        "page": "tickets:ticket",
        "status": 404,
        "number": ticket.number,
    }
    assert entry.actor.display_name == "Chen Jie"


@pytest.fixture
def chen_of(desk):
    client = Client()
    client.force_login(UserFactory(display_name="Chen Jie", team="technical"))
    return client


def test_what_is_not_there_is_no_refusal(chen_of):
    assert chen_of.get(reverse("tickets:ticket", args=["SD-2026-999999"])).status_code
    assert chen_of.get("/no/such/page/").status_code == 404
    assert of(Kind.REFUSAL) == []


def test_a_page_that_a_role_does_not_have_is_a_refusal(desk_of_wang):
    for page in ("tickets:desk", "audit:log", "admin:index"):
        assert desk_of_wang.get(reverse(page)).status_code == 404
    pages = [e.additional_data["page"] for e in of(Kind.REFUSAL)]
    assert pages == ["tickets:desk", "audit:log", "admin:index"]


def test_a_form_without_its_token_is_a_refusal(desk, wang, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(wang)
    client.post(reverse("tickets:take", args=[ticket.number]))
    (entry,) = of(Kind.REFUSAL)
    assert entry.additional_data["status"] == 403


# --- accounts ---


@pytest.fixture
def zheng(desk):
    user = UserFactory(display_name="Zheng Yi")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, name, password):
    return client.post(
        reverse("account_login"), {"login": name, "password": password}, follow=False
    )


def test_signing_in_and_out_is_logged(client, zheng):
    assert sign_in(client, zheng.username, PASSWORD).status_code == 302
    client.post(reverse("account_logout"))
    kinds = (Kind.SIGN_IN, Kind.SIGN_OUT)
    assert [(e.action, e.actor, e.object_pk) for e in of(*kinds)] == [
        (kind, zheng, str(zheng.pk)) for kind in kinds
    ]
    assert {e.remote_addr for e in of(*kinds)} == {"127.0.0.1"}


def test_a_wrong_password_is_logged_and_not_kept(client, zheng):
    sign_in(client, zheng.email, "not my password")
    sign_in(client, "my secret by mistake", "x")
    known, unknown = of(Kind.SIGN_IN_FAILED)
    assert (known.object_pk, known.actor) == (str(zheng.pk), None)
    assert (unknown.object_pk, len(unknown.additional_data["typed"])) == ("", 16)
    for secret in ("not my password", "by mistake", PASSWORD):
        assert secret not in everything()


def test_a_lockout_is_logged(client, zheng):
    for _time in range(6):
        sign_in(client, zheng.username, "wrong")
    assert {e.object_pk for e in of(Kind.LOCKOUT)} == {str(zheng.pk)}
    assert len(of(Kind.SIGN_IN_FAILED)) == 5


def test_a_new_password_is_logged_and_its_hash_is_not(zheng):
    assert len(of(Kind.PASSWORD)) == 1
    zheng.display_name = "Zheng Er"
    zheng.save()
    assert len(of(Kind.PASSWORD)) == 1
    assert zheng.password not in everything()


def test_second_factors_are_logged_as_they_come_and_go(zheng):

    factor = Authenticator.objects.create(
        user=zheng, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DP"}
    )
    factor.save()
    factor.delete()
    said = [e.additional_data for e in of(Kind.FACTOR)]
    assert [each["change"] for each in said] == ["added", "removed"]
    assert "JBSWY3DP" not in everything()


# --- what tasks write, and what a locked row spares ---


def test_a_task_acts_by_its_name(desk, ticket):

    class Task:
        name = "tickets.sweep_clocks"

    tasks._begin("1", Task)
    User.objects.create(username="by.night")
    tasks._end("1")
    entry = LogEntry.objects.latest("id")
    assert (entry.source, entry.actor) == ("task tickets.sweep_clocks", None)
    User.objects.get_or_create(username="later")
    assert LogEntry.objects.latest("id").source == ""


def test_a_remembered_row_spares_the_look_at_what_was(desk, django_assert_num_queries):
    team = Team.objects.select_for_update().get(slug="technical")
    ContentType.objects.get_for_model(Team)
    remember(team)
    for name in ("Engineers", "Wizards"):
        team.name_en = name
        with django_assert_num_queries(2):
            team.save(update_fields=["name_en"])
    said = [e.changes["name_en"] for e in of(Kind.UPDATE)[-2:]]
    assert said == [["Technical support", "Engineers"], ["Engineers", "Wizards"]]
    with django_assert_num_queries(1):
        team.save(update_fields=["name_en"])


def test_customers_words_are_masked(desk, ticket):
    ticket.subject = "我叫张伟"
    ticket.save()
    changed = LogEntry.objects.filter(action=Kind.UPDATE).latest("id")
    assert changed.changes["subject"] == ["<sealed>", "<sealed>"]
    assert "张伟" not in everything()


SHORT = {"slug", "number", "kind", "code", "due_target", "zone", "time_zone", "error"}
NOT_OF_CUSTOMERS = {
    "auth.Group": {"name"},
    "backups.Backup": {"name", "note", "digest", "step", "detail"},
    "backups.Drill": {"verdict", "seconds", "detail", "step"},
    "backups.Recipient": {"name", "key"},
    "core.BusinessCalendar": {"name_zh", "name_en", "windows"},
    "core.CalendarDay": {"name_zh", "name_en", "source", "windows"},
    "core.CalendarVersion": {"spec", "created_by"},
    "core.KeyBackup": {"name", "digest", "marks", "group_one", "group_two"},
    "core.Job": {"params", "cursor", "result"},
    "core.KeyRun": {"cursor", "result"},
    "core.Maintenance": {"reason", "message_zh", "message_en"},
    "customers.AccessAlarm": {"about"},
    "customers.CarePlan": {"name_zh", "name_en", "city"},
    "customers.Customer": {"city"},
    "customers.CustomerMerge": {"moved"},
    "customers.ExportRequest": {"filters", "columns"},
    "customers.ImportBatch": {"mapping", "counts"},
    "customers.PaymentRecord": {"currency"},
    # Numbers, and what roles see of which kind of field.
    "customers.LimitsChange": {"before", "values"},
    "customers.MaskChange": {"before", "values"},
    # Ids, numbers, and names of settings and packages.
    "core.SecurityFinding": {"check_key", "code", "numbers", "subjects"},
    "customers.PrivacyDocument": {"title"},
    "customers.PrivacyDocumentVersion": {"purpose", "data", "risks", "measures"},
    "customers.Purchase": {"currency"},
    "customers.RetentionRule": {"key", "basis"},
    "customers.RightsRequest": {"checked_facts", "kept"},
    "customers.RightsSettings": {"source"},
    "customers.Tag": {"name_zh", "name_en"},
    # Names of permissions, addresses of colleagues, and what administrators write.
    "staff.AccessProposal": {"before", "values", "why", "note"},
    "staff.AgreementSignature": {"digest"},
    "staff.ConfidentialityAgreement": {
        *("text_zh", "text_en", "changes_zh", "changes_en"),
    },
    "staff.Departure": {"handed"},
    "staff.Role": {"name_zh", "name_en"},
    "staff.Team": {"name_zh", "name_en"},
    "staff.TrainingRecord": {"reference"},
    "staff.User": {"username", "email", "display_name"},
    "tickets.Category": {"name_zh", "name_en"},
    "tickets.ServiceLevel": {"name_zh", "name_en"},
}


@pytest.mark.parametrize("label", [m._meta.label for m in auditlog.get_models()])
def test_no_words_of_customers_are_logged_in_clear(label):
    """Whoever adds a text to a model masks it, or says here that it is nobody's."""
    model = apps.get_model(label)
    said = auditlog.get_model_fields(model)
    hidden = {*said["mask_fields"], *said["exclude_fields"]} | SHORT
    texts = (models.CharField, models.TextField, models.JSONField)
    clear = {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, texts) and not field.choices and field.name not in hidden
    }
    assert clear <= NOT_OF_CUSTOMERS.get(label, set())


def test_what_a_customer_said_on_the_telephone_is_masked(desk, ticket):
    moment = timezone.now()
    owed = FollowUp(ticket=ticket, team=ticket.team, resolved_at=moment, due_at=moment)
    owed.save()
    owed.words = "我叫张伟，电话 13800138000"
    owed.save()
    ticket.root_cause = "张伟 moved"
    ticket.save()
    assert "张伟" not in everything()
    assert "13800138000" not in everything()


def test_what_a_role_may_do_is_logged_as_it_changes(desk, wang):
    role = Group.objects.create(name="Night watch")
    seeing = Permission.objects.get(
        codename="view_logentry", content_type__app_label="audit"
    )
    role.permissions.add(seeing)
    wang.groups.add(role)
    *_rest, given, joined = LogEntry.objects.order_by("pk")
    assert given.object_repr == "Night watch"
    assert given.changes["permissions"]["operation"] == "add"
    assert given.changes["permissions"]["objects"] == [str(seeing)]
    assert (joined.object_pk, joined.changes["groups"]["objects"]) == (
        str(wang.pk),
        ["Night watch"],
    )
