import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from servicedesk.core.models import BusinessCalendar, CalendarVersion, LiveEvent
from servicedesk.staff.actions import team as teams
from servicedesk.staff.models import Membership, Presence, Role, Team, User
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NO_ROWS = {
    f"{prefix}-{part}_FORMS": "0"
    for prefix in ("memberships", "presence")
    for part in ("TOTAL", "INITIAL")
}


def rows(prefix, *given, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(given):
        data.update({f"{prefix}-{number}-{key}": value for key, value in row.items()})
    return data


def account(user, **changes):
    """Fill in the change page of a person."""
    return {
        "username": user.username,
        "display_name": user.display_name,
        "email": user.email,
        "is_active": "on",
        "language": "en",
        "time_zone": "Asia/Shanghai",
        "theme": "system",
        **NO_ROWS,
        **changes,
    }


@pytest.fixture
def admin(client, person):
    user = person("Bai Lu", "administrator")
    client.force_login(user)
    return user


def change(user):
    return reverse("admin:staff_user_change", args=[user.pk])


def saved(answer):
    if answer.status_code == 302:
        return True
    context = answer.context
    forms = [context["adminform"].form.errors] if "adminform" in context else []
    raise AssertionError((answer.status_code, forms, context.get("errors")))


def test_an_administrator_creates_a_person_who_can_sign_in(client, admin):
    answer = client.post(
        reverse("admin:staff_user_add"),
        {
            "username": "new.agent",
            "display_name": "New Agent",
            "email": "new@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert saved(answer)
    new = User.objects.get(username="new.agent")
    assert answer.url == change(new)
    assert client.get(answer.url).status_code == 200
    assert new.check_password(PASSWORD)
    assert not new.is_staff


def test_a_membership_typed_in_brings_the_group_and_takes_it_away(
    client, admin, person, team
):
    support, niu = team(), person("Niu Li")
    row = {"user": niu.pk, "team": support.pk, "lead": "on"}

    assert saved(client.post(change(niu), account(niu, **rows("memberships", row))))
    membership = Membership.objects.get(user=niu)
    assert membership.lead
    assert list(niu.groups.all()) == [support.group]

    gone = {**row, "id": membership.pk, "DELETE": "on"}
    data = account(niu, **rows("memberships", gone, initial=1))
    assert saved(client.post(change(niu), data))
    assert not niu.groups.exists()


def test_a_membership_moved_to_another_team_moves_the_group(
    client, admin, person, team
):
    one, two, niu = team("one"), team("two"), person("Niu Li")
    membership = teams.add_member(team=one, user=niu)
    row = {"id": membership.pk, "user": niu.pk, "team": two.pk}

    data = account(niu, **rows("memberships", row, initial=1))
    assert saved(client.post(change(niu), data))

    assert list(niu.groups.all()) == [two.group]


def test_people_are_listed_by_role(client, admin, person):
    person("Niu Li", "agent")
    role = Role.objects.get(key="agent")

    page = client.get(reverse("admin:staff_user_changelist"), {"role": role.pk})

    assert [each.username for each in page.context["cl"].result_list] == ["niu.li"]


def test_the_administration_changes_passwords_on_the_one_page(client, admin):
    answer = client.get(reverse("admin:password_change"))

    assert answer.url == reverse("account_change_password")


def test_roles_that_open_nothing_change_at_once_and_leave_teams_alone(
    client, admin, person, team
):
    support, niu = team(), person("Niu Li")
    teams.add_member(team=support, user=niu)
    trainers = Role.objects.get(key="trainer").group
    kept = {"id": niu.memberships.get().pk, "user": niu.pk, "team": support.pk}
    inline = rows("memberships", kept, initial=1)

    saved(client.post(change(niu), account(niu, roles=[trainers.pk], **inline)))
    assert set(niu.groups.all()) == {trainers, support.group}

    saved(client.post(change(niu), account(niu, **inline)))
    assert list(niu.groups.all()) == [support.group]


def test_who_is_no_administrator_any_more_does_not_get_in_here(client, admin, person):
    niu = person("Niu Li", "administrator")
    assert niu.is_staff

    saved(client.post(change(niu), account(niu)))

    niu.refresh_from_db()
    assert not niu.is_staff


def test_capacity_is_set_before_the_person_was_ever_there(client, admin, person):
    niu = person("Niu Li")
    row = {"user": niu.pk, "ticket_capacity": "7", "chat_capacity": "1"}

    assert saved(client.post(change(niu), account(niu, **rows("presence", row))))

    found = Presence.objects.get(user=niu)
    assert (found.ticket_capacity, found.state) == (7, "offline")


def test_creating_a_team_creates_its_group(client, admin, person, calendar):
    niu = person("Niu Li")
    answer = client.post(
        reverse("admin:staff_team_add"),
        {
            "slug": "night",
            "name_zh": "夜班",
            "name_en": "Night shift",
            "function": "call_centre",
            "calendar": calendar.pk,
            "active": "on",
            **rows("memberships", {"user": niu.pk}),
        },
    )

    assert saved(answer)
    night = Team.objects.get(slug="night")
    assert night.group.name == "team:night"
    assert list(niu.groups.all()) == [night.group]


def test_superuser_is_neither_seen_nor_given_nor_taken_over(client, admin, person):
    niu, root = person("Niu Li"), person("Root", is_superuser=True, is_staff=True)

    assert "is_superuser" not in client.get(change(niu)).content.decode()
    client.post(change(niu), account(niu, is_superuser="on", is_staff="on"))
    niu.refresh_from_db()
    assert (niu.is_superuser, niu.is_staff) == (False, False)

    client.post(change(root), account(root, email="mine@example.com"))
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.get(password).status_code == 403
    root.refresh_from_db()
    assert root.email == "root@example.com"


def test_nobody_changes_their_own_roles_or_teams(client, admin, team):
    support = team()
    agents = Role.objects.get(key="agent").group
    row = {"user": admin.pk, "team": support.pk}

    client.post(change(admin), account(admin, roles=[agents.pk]))
    client.post(change(admin), account(admin, **rows("memberships", row)))

    assert [each.role.key for each in admin.groups.all()] == ["administrator"]
    assert not admin.memberships.exists()
    admin.refresh_from_db()
    assert admin.is_active
    assert admin.is_staff


def test_administrators_change_roles_but_not_their_own(client, admin):
    own = Role.objects.get(key="administrator").group
    agents = Role.objects.get(key="agent").group
    page = reverse("admin:auth_group_change", args=[agents.pk])

    assert client.get(page).status_code == 200
    own_page = reverse("admin:auth_group_change", args=[own.pk])
    assert client.post(own_page, {"name": "x"}).status_code == 403


def test_groups_of_teams_are_not_offered(client, admin, person, team):
    support, niu = team(), person("Niu Li")

    assert "team:support" not in client.get(change(niu)).content.decode()
    groups = client.get(reverse("admin:auth_group_changelist")).content.decode()
    assert "team:support" not in groups
    page = reverse("admin:auth_group_change", args=[support.group_id])
    assert client.get(page).status_code == 302


def test_administrators_have_no_permission_about_customers_or_their_cases(admin):
    settings = (
        "category", "priorityrule", "servicelevel", "servicelevelversion", "maskrule", "tag",
        "searchsetting", "reveallimits",
    )  # fmt: skip

    beyond = {
        name
        for name in admin.get_all_permissions()
        if name.startswith(("customers.", "tickets.", "complaints.", "quality."))
        and name.partition("_")[2] not in settings
    }

    assert not beyond


def test_closing_an_account_ends_what_is_open_to_it(client, admin, person):
    niu = person("Niu Li")
    elsewhere = type(client)()
    elsewhere.post(
        reverse("account_login"), {"login": niu.username, "password": PASSWORD}
    )
    assert UserSession.objects.filter(user=niu).exists()
    closed = account(niu)
    del closed["is_active"]

    assert saved(client.post(change(niu), closed))

    assert not UserSession.objects.filter(user=niu).exists()
    assert LiveEvent.objects.filter(kind="signed_out", ref="*").exists()
    assert elsewhere.get(reverse("staff:profile")).status_code == 302


def test_nobody_is_deleted(client, admin, person):
    niu = person("Niu Li")

    delete = reverse("admin:staff_user_delete", args=[niu.pk])

    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=niu.pk).exists()


def test_who_lost_the_phone_is_let_back_in_but_not_by_themselves(client, admin, person):
    niu = person("Niu Li")
    for user in (niu, admin):
        Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})

    client.post(
        reverse("admin:staff_user_changelist"),
        {"action": "let_back_in", "_selected_action": [niu.pk, admin.pk]},
    )

    assert [each.user for each in Authenticator.objects.all()] == [admin]


def test_an_administrator_signs_somebody_out_everywhere(client, admin, person):
    niu = person("Niu Li")
    lost = Client()
    lost.force_login(niu)
    assert lost.get(reverse("staff:profile")).status_code == 200
    UserSession.objects.create(
        user=niu, session_key=lost.session.session_key, ip="192.0.2.7", data={}
    )

    client.post(
        reverse("admin:staff_user_changelist"),
        {"action": "sign_out", "_selected_action": [niu.pk]},
    )

    assert lost.get(reverse("staff:profile")).status_code == 302
    assert client.get(reverse("staff:profile")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "index",
        "staff_user_changelist",
        "staff_user_add",
        "staff_team_changelist",
        "staff_team_add",
        "staff_role_changelist",
        "auth_group_changelist",
        "auth_group_add",
        "core_businesscalendar_changelist",
        "core_businesscalendar_add",
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_of_the_administration_open(client, admin, name, language):
    admin.language = language
    admin.save()

    assert client.get(reverse(f"admin:{name}")).status_code == 200


def test_the_list_of_people_takes_as_many_queries_for_three_as_for_one(
    client, admin, person, team
):
    support = team()

    def count():
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("admin:staff_user_changelist"))
        return len(found)

    client.get(reverse("admin:staff_user_changelist"))
    alone = count()
    for name in ("A One", "B Two", "C Three"):
        teams.add_member(team=support, user=person(name, "agent"))

    assert count() <= alone


def test_a_saved_calendar_is_published_and_a_wrong_one_refused_in_words(client, admin):
    data = {
        "slug": "early",
        "name_zh": "早班",
        "name_en": "Early",
        "zone": "Asia/Shanghai",
        "windows": '{"mon": [["06:00", "14:00"]]}',
        "active": "on",
        **rows("days"),
        **rows("versions"),
    }

    assert saved(client.post(reverse("admin:core_businesscalendar_add"), data))
    early = BusinessCalendar.objects.get(slug="early")
    version = CalendarVersion.objects.get(calendar=early)
    assert version.created_by == admin.username

    wrong = {**data, "windows": '{"mon": [["14:00", "06:00"]]}'}
    page = reverse("admin:core_businesscalendar_change", args=[early.pk])
    assert client.post(page, {**wrong, **rows("versions")}).status_code == 200
    assert Group.objects.count() > 0
