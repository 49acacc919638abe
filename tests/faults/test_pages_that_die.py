"""A page that dies at any statement says so, has done all or nothing, and works again."""

import pytest
from django.core.cache import cache
from django.db import connection

from tests.faults.crash import Crash
from tests.faults.forms import FORMS, browser_of, stage_of
from tests.faults.test_twice import counted
from tickets.actions.drafts import save_draft
from tickets.models import Draft, MessageKind

SORRY = "We cannot answer right now"
MOST_STATEMENTS = 200
EVERY = {"take", "reply", "resolve", "not solved"}
"""Forms that die at each statement; the others at every seventh."""


@pytest.fixture(autouse=True)
def _no_limits():
    cache.clear()
    yield
    cache.clear()


def grown(before):
    return {name: number - before[name] for name, number in counted().items()}


def once(name):
    """Return what the form adds when nothing dies."""
    stage = stage_of()
    place, content = FORMS[name].fill(stage)
    browser, before = browser_of(stage, FORMS[name]), counted()
    browser.post(place, content)
    cache.clear()
    return grown(before)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_page_that_dies_says_so_and_works_again(desk, name):
    form, whole, stage = FORMS[name], once(name), stage_of()
    place, content = form.fill(stage)
    browser, before = browser_of(stage, form), counted()
    browser.raise_request_exception = False
    nothing = dict.fromkeys(whole, 0)
    stride, died = 1 if name in EVERY else 3, 0
    for number in range(1, MOST_STATEMENTS, stride):
        crash = Crash(at=number)
        with connection.execute_wrapper(crash):
            answer = browser.post(place, content)
        if not crash.struck:
            break
        died += 1
        assert answer.status_code == 503, number
        assert SORRY in answer.content.decode()
        assert grown(before) in (nothing, whole), f"half done at statement {number}"
        cache.clear()
    assert died >= 3
    assert answer.status_code in {302, form.again}
    assert grown(before) == whole


def test_what_was_typed_is_kept_as_a_draft_through_the_outage(desk):
    stage = stage_of()
    place, content = FORMS["reply"].fill(stage)
    save_draft(
        ticket=stage.ticket, kind=MessageKind.OUTBOUND, body=content["body"],
        by=stage.wang, now=stage.now,
    )  # fmt: skip
    browser = browser_of(stage, FORMS["reply"])
    browser.raise_request_exception = False
    with connection.execute_wrapper(Crash(at=15)):
        assert browser.post(place, content).status_code == 503
    assert Draft.objects.get().body == content["body"]
    assert content["body"] in browser.get(f"/inbox/{stage.ticket}/").content.decode()
    assert browser.post(place, content).status_code == 302
    assert not Draft.objects.exists()
