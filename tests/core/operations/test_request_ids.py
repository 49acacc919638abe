"""One number from the proxy to the audit log, and into the tasks that a page sets going."""

import json
import logging
import re
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection
from django.test import Client, override_settings
from django.urls import path, reverse

from servicedesk.audit.models import LogEntry
from servicedesk.core.operations import request_ids
from servicedesk.core.operations.log_lines import JsonFormatter
from servicedesk.core.operations.request_ids import CARRIED, Doing, at
from servicedesk.urls import *  # noqa: F403
from servicedesk.urls import urlpatterns as ours
from tests.desk import ticket, wang
from tests.factories import UserFactory

assert all([ticket, wang])  # fixtures
NUMBER = "0123456789abcdef0123456789abcdef"
NAME = "欧阳娜娜"
PHONE, EMAIL = "13812345678", "nana.ouyang@example.com"
log = logging.getLogger("servicedesk.test")


def falls(request):
    raise ValueError(f"cannot deal with {PHONE} or {EMAIL}")


def tells(request, token):
    log.warning("Something was told")


urlpatterns = [
    path("falls/", falls, name="falls"),
    path("tells/<str:token>/", tells, name="tells"),
    *ours,
]


def ask(place, number=NUMBER, **more):
    return Client(raise_request_exception=False, **more).get(
        place, headers={"X-Request-ID": number}
    )


@pytest.fixture
def formatted():
    """Format each record at once, while what it belongs to is still there."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonFormatter("%(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in found]
    root.removeHandler(handler)


@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [
        (1, NUMBER, True),
        (0, NUMBER, False),
        (1, "short", False),
        (1, "a" * 65, False),
        (1, "x" * 30 + "\\n13812345678", False),
        (1, "zhang.wei@example.com", False),
    ],
)
@pytest.mark.django_db
def test_only_our_proxys_word_is_taken(settings, proxies, given, kept):
    settings.TRUSTED_PROXIES = proxies
    said = ask("/help/", given).headers["X-Request-ID"]
    assert (said == given) is kept
    assert re.fullmatch(r"[0-9a-f]{32}", said)


@override_settings(ROOT_URLCONF=__name__, TRUSTED_PROXIES=1)
@pytest.mark.django_db
def test_the_page_for_errors_gives_the_number_and_the_log_has_it(formatted):
    answer = ask("/falls/")

    assert answer.status_code == 500
    assert f"<code>{NUMBER}</code>" in answer.content.decode()
    (line,) = [each for each in formatted() if each["logger"] == "django.request"]
    assert line["request_id"] == NUMBER
    assert line["page"] == "falls"
    assert line["level"] == "ERROR"
    assert "ValueError" in line["error"]
    assert "falls/" not in line["message"]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.django_db
def test_what_a_mistake_puts_into_an_error_is_not_in_the_log(formatted):
    ask("/falls/")
    told = json.dumps(formatted(), ensure_ascii=False)
    assert PHONE not in told
    assert EMAIL not in told
    assert "cannot deal with (left out) or (left out)" in told


@override_settings(ROOT_URLCONF=__name__)
def test_a_line_names_page_and_person_and_no_address(formatted, desk):
    wang = UserFactory(display_name="Wang Fang", team="call-centre")
    browser = Client(raise_request_exception=False)
    browser.force_login(wang)

    browser.get("/tells/AZqs:secret-token/")

    (line,) = [each for each in formatted() if each["logger"] == "servicedesk.test"]
    assert (line["page"], line["user"]) == ("tells", wang.pk)
    told = json.dumps(formatted(), ensure_ascii=False)
    assert "secret-token" not in told
    assert "Wang Fang" not in told


def test_a_line_is_one_line_and_says_when(formatted):
    log.error("One\ntwo %s", "三")
    (line,) = formatted()
    assert line["message"] == "One\ntwo 三"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line["time"])
    assert "request_id" not in line


def test_an_error_of_the_database_is_discreet_here_too(db, formatted):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cast(%s AS integer)", [NAME])
    except DatabaseError:
        log.exception("It broke")
    (line,) = formatted()
    assert NAME not in json.dumps(line, ensure_ascii=False)
    assert "DataError" in line["error"]


def test_what_a_page_wrote_is_in_the_audit_log_under_its_number(settings, wang, ticket):
    settings.TRUSTED_PROXIES = 1
    browser = Client(headers={"X-Request-ID": NUMBER})
    browser.force_login(wang)
    browser.post(reverse("tickets:take", args=[ticket.number]))
    assert set(
        LogEntry.objects.filter(actor=wang, object_pk=str(ticket.pk)).values_list(
            "cid", flat=True
        )
    ) == {NUMBER}


def test_a_message_carries_the_number_and_the_task_goes_on_under_it(formatted):
    headers = {}
    with at(Doing(NUMBER)):
        request_ids._send(headers=headers)
    assert headers[CARRIED] == NUMBER

    task = SimpleNamespace(name="core.something", request=SimpleNamespace(**headers))
    request_ids._begin(task_id="t1", task=task)
    try:
        log.warning("Under way")
        assert request_ids.audit_number() == NUMBER
    finally:
        request_ids._end(task_id="t1")

    (line,) = formatted()
    assert (line["request_id"], line["task"]) == (NUMBER, "core.something")
    assert line["task_id"] == "t1"
    assert request_ids.audit_number() is None


@pytest.mark.parametrize("carried", [None, "", "x" * 200, "a b", "张伟" * 10])
def test_what_a_message_carries_is_not_believed_blindly(carried):
    request = SimpleNamespace(**{CARRIED: carried})
    request_ids._begin(task_id="t2", task=SimpleNamespace(name="x", request=request))
    try:
        assert re.fullmatch(r"[0-9a-f]{32}", request_ids.request_id())
    finally:
        request_ids._end(task_id="t2")
