"""The page of the audit log: who may open it, what it finds, what it never shows."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit import queries, views
from servicedesk.audit.models import Kind, LogEntry, Verification
from tests.audit.ways import seal_all, write
from tests.factories import TicketFactory, UserFactory

PAGE = "/audit/"


@pytest.fixture(autouse=True)
def clean_cache():
    cache.clear()


@pytest.fixture
def officer(desk):
    """Zheng Jie protects people's data."""
    return UserFactory(display_name="Zheng Jie", role="data_protection_officer")


@pytest.fixture
def page(officer):
    client = Client()
    client.force_login(officer)

    def look(**asked):
        answer = client.get(PAGE, asked)
        return answer, answer.content.decode()

    return look


def entries(text):
    return text.count('<th scope="row"')


@pytest.mark.parametrize("role", ["agent", "supervisor", "administrator", "management"])
def test_others_have_no_such_page(desk, role):
    client = Client()
    client.force_login(UserFactory(role=role, is_staff=role == "administrator"))
    assert client.get(PAGE).status_code == 404
    assert PAGE not in client.get(reverse("staff:profile")).content.decode()


def test_strangers_sign_in_first(client, desk):
    assert client.get(PAGE).url.startswith("/accounts/login/")


def test_the_library_s_own_admin_page_is_closed(desk):
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert client.get("/admin/").status_code == 200
    for address in ("/admin/audit/logentry/", "/admin/auditlog/logentry/"):
        assert client.get(address).status_code == 404


def test_it_shows_what_happened_and_no_customer(page, ticket, officer):
    answer, text = page()
    assert answer.status_code == 200
    assert ticket.number in text
    assert "(sealed)" in text
    for value in ("张伟", "zhang.wei@example.com", "没有声音"):
        assert value not in text
    assert f'href="{PAGE}"' in text  # the rail leads here


def test_looking_is_logged_once_for_each_question(page, officer):
    for _time in range(2):
        page()
    page(kind=Kind.REVEAL)
    looks = LogEntry.objects.filter(action=Kind.AUDIT).order_by("pk")
    assert [(e.actor, e.additional_data["asked"]) for e in looks] == [
        (officer, {}),
        (officer, {"kind": "4"}),
    ]


def test_what_names_nobody_of_ours_is_not_kept(page, wang, ticket):
    for typed in ("张伟", "13800138000", "zhang.wei@example.com"):
        page(about=typed, who=typed)
    page(about=ticket.number, who="Wang")
    page(about=str(ticket.pk))
    looks = LogEntry.objects.filter(action=Kind.AUDIT).order_by("pk")
    assert [e.additional_data["asked"] for e in looks] == [
        *[{"about": "…", "who": "…"}] * 3,
        {"about": ticket.number, "who": "Wang"},
        {"about": str(ticket.pk)},
    ]


def test_each_question_narrows(page, wang, ticket):
    write(1, actor=wang, remote_addr="192.0.2.77", cid="f" * 32)
    for asked, found in (
        ({"who": "Wang"}, 1),
        ({"who": "nobody"}, 0),
        ({"address": "192.0.2.77"}, 1),
        ({"cid": "f" * 32}, 1),
        ({"address": "192.0.2.77", "kind": Kind.REVEAL}, 0),
        ({"address": "192.0.2.77", "since": "2001-01-01"}, 1),
        ({"address": "192.0.2.77", "until": "2001-01-01"}, 0),
        ({"about": ticket.number.lower()}, 1),
        ({"about": str(ticket.customer.number), "model": "customers.customer"}, 1),
        ({"about": str(ticket.customer.number), "model": "customers.contactpoint"}, 1),
        ({"about": str(ticket.pk), "model": "tickets.ticket"}, 1),
        ({"about": str(ticket.pk), "model": "staff.user"}, 0),
        ({"about": "' OR 1=1 --"}, 0),
    ):
        answer, text = page(**asked)
        assert (asked, entries(text)) == (asked, found)
        assert answer.status_code == 200


def test_wrong_questions_are_explained(page):
    for asked, word in (
        ({"address": "somewhere"}, "no IP address"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "before the beginning"),
        ({"since": "tomorrow"}, "valid date"),
        ({"kind": "99"}, "valid choice"),
    ):
        answer, text = page(**asked)
        assert answer.status_code == 422
        assert word in text


def test_pages_follow_each_other_without_gap_or_double(page, wang):
    write(120, actor=wang)
    seen, address = [], f"{PAGE}?who=Wang+Fang"
    client = Client()
    client.force_login(wang.__class__.objects.get(display_name="Zheng Jie"))
    while address:
        answer = client.get(address)
        seen += [row.entry.pk for row in answer.context["rows"]]
        address = answer.context["next_url"]
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)
    for cursor in ("x", "1", "9" * 40 + ".1", "1.1.1"):
        assert page(before=cursor)[0].status_code == 200


def test_more_entries_take_no_more_queries(page, wang):
    def count():
        with CaptureQueriesContext(connection) as done:
            page(who="Wang")
        return len(done)

    write(1, actor=wang)
    count()
    few = count()
    write(30, actor=wang)
    TicketFactory()
    assert count() == few <= 14


def test_nothing_found_says_so(page):
    assert "Nothing in the log answers this search." in page(who="nobody")[1]


def test_what_would_take_too_long_asks_to_narrow(page, monkeypatch):
    monkeypatch.setattr(queries, "LONGEST_SEARCH", "1ms")
    slow = LogEntry.objects.extra(where=["pg_sleep(0.1) IS NOT NULL"])
    monkeypatch.setattr(queries, "readable_to", lambda _user: slow)
    answer, text = page()
    assert answer.status_code == 200
    assert "Narrow the search" in text


def test_an_app_above_can_keep_entries_from_readers(page, wang, monkeypatch):
    write(3, actor=wang)
    monkeypatch.setattr(queries, "_hidden", {})
    queries.hide("test", lambda user: Q(object_repr="thing 1"))
    assert entries(page(who="Wang")[1]) == 2


def test_the_panel_tells_the_state_of_the_seals(page, monkeypatch):
    text = page()[1]
    assert "Nothing has been sealed yet." in text
    assert "The first one runs tonight." in text
    now = timezone.now()
    common = {"entries": 1, "seals": 1, "unsealed": 0, "dropped": 0}
    Verification.objects.create(started_at=now, ended_at=now, whole=True, **common)
    assert "Whole" in page()[1]
    broken = {"whole": False, "finding": "Entry 7 was changed."}
    Verification.objects.create(started_at=now, ended_at=now, **broken, **common)
    assert "Entry 7 was changed." in page()[1]
    monkeypatch.setattr(views, "LATE", -views.LATE)
    assert "Sealing is late" in page()[1]


def test_an_entry_names_its_seal(committed, tmp_path, settings):
    settings.AUDIT_SEALS_DIR = tmp_path / "seals"
    officer = UserFactory(role="data_protection_officer")
    write(2, cid="e" * 32)
    seal_all()
    write(1, cid="e" * 32)
    client = Client()
    client.force_login(officer)
    rows = client.get(PAGE, {"cid": "e" * 32}).context["rows"]
    assert [row.seal is None for row in rows] == [True, False, False]
