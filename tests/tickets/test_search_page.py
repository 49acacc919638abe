"""The search page, as somebody at the desk uses it."""

import json
import logging
import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils.html import escape

from servicedesk.audit.models import Kind, LogEntry
from tests.factories import DAY, HOUR, NOW, TicketFactory, UserFactory
from tests.tickets.searching import have_read, search
from tickets.actions.reply import note, receive
from tickets.actions.resolve import resolve
from tickets.models import Search
from tickets.queries import search as queries

LATER = NOW + HOUR


@pytest.fixture(autouse=True)
def _clean_cache():
    """Nobody has looked at anything yet."""
    cache.clear()


@pytest.fixture
def refund(desk):
    ticket = TicketFactory(
        subject="退款什么时候到账", body="我上周申请的退款还没有到。"
    )
    have_read()
    return ticket


@pytest.fixture
def page(client, wang):
    client.force_login(wang)
    return client


def hits(response):
    return re.findall(
        r'class="row row--hit[^"]*" href="/inbox/([^/]+)/"', text(response)
    )


def text(response):
    return response.content.decode()


def test_before_typing_it_says_how(page):
    told = text(page.get(reverse("tickets:search")))
    assert "How to search" in told
    assert 'type="search"' in told


def test_what_is_found_is_marked_and_says_where(refund, page):
    told = text(search(page, "退款"))
    assert "<mark>退款</mark>什么时候到账" in told
    assert "我上周申请的<mark>退款</mark>还没有到。" in told
    assert "From the customer" in told
    assert refund.number in told


def test_where_it_was_found(refund, page, wang):
    note(ticket=refund, body="银行卡号有误", by=wang, now=LATER)
    resolve(
        ticket=refund, words="已重新打款", root_cause="账户填错", solution="核对后重发",
        by=wang, now=LATER,
    )  # fmt: skip
    have_read()
    for words, where in (
        ("银行卡", "Internal note"),
        ("打款", "To the customer"),
        ("填错", "Root cause"),
        ("核对", "Solution"),
    ):
        told = text(search(page, words))
        assert f"<mark>{words}</mark>" in told
        assert where in told


def test_text_that_looks_like_html_is_shown_as_text(page):
    nasty = '<script>alert(1)</script> <mark>退款</mark> & "退款" <img src=x onerror=y>'
    TicketFactory(subject=nasty[:200], body=nasty)
    have_read()
    told = text(search(page, "退款 alert"))
    assert "<script>alert" not in told
    assert "<img" not in told
    assert escape("<mark>") + "<mark>退款</mark>" + escape("</mark>") in told
    assert told.count("<mark>alert</mark>") == 2


def test_what_is_typed_stands_in_no_address_and_no_log(refund, page, caplog):
    caplog.set_level(logging.DEBUG)
    response = search(page, "退款 13800138000", status="open")
    address, _status = response.redirect_chain[-1]
    assert re.fullmatch(r"/search/[0-9a-f-]{36}/\?status=open", address)
    assert "13800138000" not in caplog.text
    assert 'value="退款 13800138000"' in text(response), "and it stands in the field"


def test_a_ticket_number_opens_the_ticket(refund, page):
    for typed in (refund.number, f" {refund.number.lower()} "):
        response = search(page, typed)
        assert response.redirect_chain[-1][0] == f"/inbox/{refund.number}/"


def test_a_number_that_may_not_be_seen_is_a_search_like_any_other(refund, client, chen):
    client.force_login(chen)
    for number in (refund.number, "SD-2026-999999"):
        response = search(client, number)
        assert response.redirect_chain[-1][0].startswith("/search/")
        assert "Nothing was found" in text(response)


def test_nobody_elses_search_can_be_opened(refund, page, client, chen):
    search(page, "退款")
    kept = Search.objects.get()
    client.force_login(chen)
    response = client.get(
        reverse("tickets:search-results", args=[kept.pk]), follow=True
    )
    assert response.redirect_chain[-1][0] == "/search/"
    assert "no longer kept" in text(response)
    assert "退款什么" not in text(response)


def test_a_stranger_sees_neither_hit_nor_snippet(refund, client, chen):
    client.force_login(chen)
    told = text(search(client, "退款"))
    assert "Nothing was found" in told
    assert "我上周" not in told


@pytest.mark.parametrize("typed", ["", "   ", "😀", "-退款", "退款" * 200, "a\x00b"])
def test_what_cannot_be_searched_is_said(page, typed):
    response = search(page, typed)
    assert response.status_code == 422
    assert "errorlist" in text(response)
    assert not Search.objects.exists()


@pytest.mark.parametrize(
    "typed", ["'", "\\", "退款' | 'x", "a:*", "!!", "<->", "((", "%", "-“", "1&2|3!4"]
)
def test_odd_characters_break_nothing(refund, page, typed):
    assert search(page, typed).status_code in {200, 422}


def test_filters_that_nobody_knows_are_no_filters(refund, page):
    search(page, "退款")
    address = reverse("tickets:search-results", args=[Search.objects.get().pk])
    for query in (
        "status=x",
        "team=x",
        "team=999",
        "since=-1",
        "sort=x",
        "after=x",
        "mine=1",
    ):
        response = page.get(f"{address}?{query}")
        assert response.status_code == 200
        assert hits(response) == ([] if query == "mine=1" else [refund.number])


def test_filters_and_order_are_kept_from_page_to_page(page, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    made = [TicketFactory(subject="退款", now=NOW + n * DAY).number for n in range(5)]
    have_read()
    response = search(page, "退款", status="open", sort="best")
    seen = hits(response)
    while True:
        found = re.search(r'href="([^"]+)" rel="next"', text(response))
        if not found:
            break
        address = found[1].replace("&amp;", "&")
        assert "status=open" in address
        assert "sort=best" in address
        response = page.get(address)
        seen += hits(response)
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5


def test_no_hits_say_what_to_try(refund, page):
    told = text(search(page, "发票", status="open"))
    assert "Nothing was found" in told
    assert "Search without filters" in told


def test_too_much_is_said(refund, page, monkeypatch):
    def give_up(*_given, **_more):
        raise queries.TooMuchError

    monkeypatch.setattr(queries, "find", give_up)
    assert "too much to look through" in text(search(page, "退款"))


@pytest.mark.slow
def test_a_hit_in_a_part_too_old_to_show_says_so(refund, page):
    for n in range(45):
        receive(ticket=refund, body=f"还在吗 {n}", now=LATER)
    have_read()
    told = text(search(page, "上周申请"))
    assert hits(search(page, "上周申请")) == [refund.number]
    assert "In an older part of the conversation" in told


def test_pages_cost_the_same_however_much_is_found(
    refund, page, django_assert_num_queries, django_assert_max_num_queries
):
    search(page, "退款")
    address = reverse("tickets:search-results", args=[Search.objects.get().pk])
    page.get(address)
    cache.clear()  # of whoever looked: all that is shown is logged
    with django_assert_max_num_queries(15) as few:
        assert len(hits(page.get(address))) == 1
    for _n in range(19):
        receive(ticket=TicketFactory(subject="退款"), body="退款", now=LATER)
    have_read()
    cache.clear()
    with django_assert_num_queries(len(few)):
        assert len(hits(page.get(address))) == 20


# --- what the audit log knows of it ---


def looks():
    rows = LogEntry.objects.filter(action=Kind.ACCESS).order_by("pk")
    return [(each.content_type.model, each.object_pk) for each in rows]


def test_a_search_and_what_it_showed_are_in_the_audit_log(refund, page, wang):
    other = TicketFactory(subject="退款")
    hidden = TicketFactory(subject="退款", category="technical")
    have_read()
    search(page, "退款 申请")
    kept = Search.objects.get()
    assert looks() == [("search", str(kept.pk)), ("ticket", str(refund.pk))]
    entries = LogEntry.objects.filter(action=Kind.ACCESS)
    assert {each.actor for each in entries} == {wang}
    assert len({each.cid for each in entries}) == 1
    assert entries[0].additional_data == {"fields": ["search result"]}
    search(page, "退款")
    shown = {key for model, key in looks() if model == "ticket"}
    assert shown == {str(refund.pk), str(other.pk)}
    assert str(hidden.pk) not in shown
    rows = list(LogEntry.objects.values())
    assert "退款" not in json.dumps(rows, default=str, ensure_ascii=False)


def test_a_search_that_finds_nothing_is_in_the_audit_log(refund, page):
    search(page, "发票")
    assert [model for model, _key in looks()] == ["search"]


def test_looking_at_the_same_results_again_is_the_same_look(refund, page):
    response = search(page, "退款")
    before = looks()
    page.get(response.request["PATH_INFO"])
    assert looks() == before
    page.get(reverse("tickets:ticket", args=[refund.number]))
    assert looks() == [*before, ("ticket", str(refund.pk))], "opening it is more"


@pytest.mark.parametrize("role", ["administrator", "management", "trainer"])
def test_whoever_may_not_read_tickets_has_no_search(client, desk, role):
    client.force_login(UserFactory(role=role, team="call-centre"))
    assert client.get(reverse("tickets:search")).status_code == 404
    assert "data-search" not in text(client.get("/"))


def test_it_stands_in_the_rail_and_the_palette(page):
    told = text(page.get("/inbox/"))
    assert 'data-search aria-keyshortcuts="/"' in " ".join(told.split())
    assert 'id="palette-search"' in told
