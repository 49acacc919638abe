"""Each form posted twice, in turn and at once: done once, and the second says so."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import translation

from servicedesk.audit.models import Kind
from tests.desk import at_once
from tests.faults.crash import TABLES
from tests.faults.forms import FORMS, browser_of, stage_of

QUIET = {"core_liveevent"}
"""A second look is told to the browsers: it changes nothing."""


@pytest.fixture(autouse=True)
def _no_limits():
    cache.clear()
    yield
    cache.clear()


def counted():
    """Return how many rows there are of everything an act may write."""
    tables = [name for name in TABLES if name not in QUIET]
    one = "SELECT '{0}', count(*) FROM \"{0}\""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in tables))
        found = dict(cursor.fetchall())
        # That a row was touched is no second act, nor is looking or signing in.
        cursor.execute(
            "SELECT count(*) FROM audit_logentry WHERE action = ANY(%s) OR action = 1 "
            "AND changes->>'changed_at' IS NOT NULL "
            "AND (SELECT count(*) FROM jsonb_object_keys(changes)) = 1",
            [[Kind.ACCESS, Kind.SIGN_IN]],
        )
        found["audit_logentry"] -= cursor.fetchone()[0]
    return found


def said(answer):
    """Return the text of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_posted_twice_is_done_once_and_says_so(desk, name, language):
    form, stage = FORMS[name], stage_of(language)
    place, content = form.fill(stage)
    browser = browser_of(stage, form, language)

    first = browser.post(place, content, follow=True)
    once = counted()
    second = browser.post(place, content)
    assert second.status_code == form.again
    assert counted() == once
    shown = (
        browser.get(second.url, follow=True) if second.status_code == 302 else second
    )

    assert first.status_code == 200
    assert first.redirect_chain, "it was done"
    with translation.override(language):
        begin = translation.gettext(form.words) if form.words else ""
    assert begin[:12] in said(shown)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_form_posted_twice_at_once_is_done_once(committed, name):
    form = FORMS[name]
    stage = stage_of()
    place, content = form.fill(stage)
    before = counted()
    browsers = [browser_of(stage, form) for _ in range(2)]
    for browser in browsers:
        browser.cookies = browsers[0].cookies

    answers = at_once(*[lambda one=one: one.post(place, content) for one in browsers])

    assert min(answer.status_code for answer in answers) == 302
    assert {answer.status_code for answer in answers} <= {302, 422}
    grown = {name: number - before[name] for name, number in counted().items()}
    cache.clear()
    assert grown == alone(name)


def alone(name):
    """Return what the form adds when it is posted once."""
    form = FORMS[name]
    stage = stage_of()
    place, content = form.fill(stage)
    browser, before = browser_of(stage, form), counted()
    assert browser.post(place, content).status_code == 302
    return {name: number - before[name] for name, number in counted().items()}
