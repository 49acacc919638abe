import datetime as dt

import pytest
from django.apps import apps
from django.core.cache import cache
from django.utils import translation

from servicedesk.core.models import BusinessCalendar
from servicedesk.staff.actions import team as teams
from servicedesk.staff.actions.roles import set_roles
from servicedesk.staff.models import Role, TeamFunction, User
from servicedesk.staff.roles import STAFF_PERMISSIONS, create_roles, grant
from tests.factories import clear

PASSWORD = "correct-horse-battery"
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _nothing_left_over():
    cache.clear()
    yield
    translation.deactivate()


@pytest.fixture
def person(db):
    """Make members of staff, in English, with a role if one is named."""
    create_roles(apps)
    grant(apps, STAFF_PERMISSIONS)

    def make(name, role=None, *, cleared=True, **fields):
        username = name.lower().replace(" ", ".")
        user = User.objects.create_user(
            username=username,
            email=fields.pop("email", f"{username}@example.com"),
            password=PASSWORD,
            display_name=name,
            **{"language": "en", **fields},
        )
        if cleared:
            clear(user)
        if role:
            set_roles(user=user, groups=[Role.objects.get(key=role).group])
        return user

    return make


@pytest.fixture
def calendar(db):
    always = BusinessCalendar.objects.filter(always_open=True).first()
    return always or BusinessCalendar.objects.create(
        slug="round", name_zh="全天候", name_en="Round the clock", always_open=True
    )


@pytest.fixture
def team(calendar):
    def make(slug="support", **fields):
        return teams.create_team(
            slug=slug,
            name_zh=fields.get("name_zh", "支持组"),
            name_en=fields.get("name_en", "Support"),
            function=TeamFunction.TECHNICAL,
            calendar=calendar,
        )

    return make


@pytest.fixture
def sign_in(client):
    def do(user, password=PASSWORD):
        return client.post(
            "/accounts/login/", {"login": user.username, "password": password}
        )

    return do


@pytest.fixture
def prove(client):
    """Prove again who one is, as the pages about factors ask."""

    def do(password=PASSWORD):
        return client.post("/accounts/reauthenticate/", {"password": password})

    return do
