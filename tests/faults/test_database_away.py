"""While the database is away a page says so, in words, and the next one works."""

import errno

import pytest
from django.db import IntegrityError, InternalError, OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from servicedesk.core import views
from servicedesk.core.outage import reason_of
from tests.faults.crash import Crash
from tests.tickets.test_request_form import FORM, filled
from tickets.models import Ticket

SORRY = "We cannot answer right now"


def sorry(language):
    with translation.override(language):
        return f"<h1>{translation.gettext(SORRY)}</h1>"


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as found:
        return found


class Away(Crash):
    """Nothing gets through at all."""

    def __call__(self, execute, sql, params, many, context):
        self.strike()


class _CodedError(Exception):
    def __init__(self, code):
        super().__init__("張偉's own words")
        self.pgcode = code


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OperationalError("connection refused"), "OperationalError"),
        (raised(OperationalError("x"), _CodedError("57014")), "OperationalError 57014"),
        (raised(InternalError("x"), _CodedError("25006")), "_CodedError 25006"),
        (raised(ValueError("x"), OperationalError("y")), "OperationalError"),
        (OSError(errno.ENOSPC, "No space left on device"), "ENOSPC"),
        (OSError(errno.EPERM, "Not permitted"), ""),
        (IntegrityError("duplicate key"), ""),
        (ValueError("a mistake of ours"), ""),
        (None, ""),
    ],
)
def test_an_outage_is_told_from_a_mistake(error, reason):
    assert reason_of(error) == reason


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_page_speaks_both_languages_and_says_when_to_come_back(language, method):
    request = getattr(RequestFactory(), method)("/")
    with translation.override(language):
        answer = views.unavailable(request, reason="OperationalError")
    told = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Cache-Control"] == "no-store"
    assert sorry(language) in told
    assert 'lang="zh-Hans"' in told
    assert 'lang="en"' in told
    with translation.override("en"):
        told = views.unavailable(request, reason="x").content.decode()
    assert ("Nothing is done twice" in told) == (method == "post")


@pytest.mark.parametrize(
    "address", ["tickets:inbox", "tickets:follow-ups", "tickets:home"]
)
def test_staff_is_told_and_the_next_page_works(wang, address, caplog):
    browser = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    browser.force_login(wang)
    with connection.execute_wrapper(Away(at=1)):
        answer = browser.get(reverse(address))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert sorry("en") in answer.content.decode()
    assert "Traceback" not in caplog.text
    assert "OperationalError" in caplog.text
    assert browser.get(reverse(address)).status_code == 200


def test_a_mistake_of_ours_is_still_a_500(wang, monkeypatch):
    browser = Client(raise_request_exception=False)
    browser.force_login(wang)
    monkeypatch.setattr("tickets.views.workspace.frame", lambda *_given: 1 / 0)
    assert browser.get(reverse("tickets:inbox")).status_code == 500


def test_a_customer_sends_the_same_form_again_after_the_outage(desk):
    browser = Client(raise_request_exception=False, headers={"Accept-Language": "zh"})
    form = filled()
    with connection.execute_wrapper(Away(at=1)):
        answer = browser.post(FORM, form)
    assert answer.status_code == 503
    assert sorry("zh-hans") in answer.content.decode()
    assert form["body"] not in answer.content.decode()
    assert not Ticket.objects.exists()

    for _twice in range(2):
        assert browser.post(FORM, form).status_code == 302
    assert Ticket.objects.count() == 1
