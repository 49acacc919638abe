import pytest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from servicedesk.core.jobs.registry import Step, register_job
from servicedesk.core.models import Job, JobState
from tests.core.test_jobs import (
    anna,
    committed,
    counted,
    desk,
    kinds,
    numbers,
    start,
    work,
)
from tests.desk import fresh
from tests.factories import MINUTE, NOW, UserFactory

__all__ = ["anna", "committed", "counted", "desk", "kinds", "numbers"]


@pytest.fixture
def at_desk(client):
    """Give a way to sit down as somebody; the browser is theirs from then on."""

    def sit(user):
        client.force_login(user)
        return client

    return sit


@pytest.fixture
def ben(desk):
    """Ben answers customers and looks after nothing else."""
    return UserFactory(display_name="Ben", team="call-centre")


def address(name, job):
    return reverse(f"jobs:{name}", args=[job.pk])


def test_the_list_shows_ones_own_and_to_administrators_all(counted, anna, ben, at_desk):
    mine, other = start(by=anna), start()
    Job.objects.filter(pk=mine.pk).update(by=ben)

    seen = at_desk(ben).get(reverse("jobs:jobs")).content.decode()
    assert address("job", mine) in seen
    assert address("job", other) not in seen
    seen = at_desk(anna).get(reverse("jobs:jobs")).content.decode()
    assert address("job", mine) in seen
    assert address("job", other) in seen


def test_an_empty_list_says_what_would_be_there(counted, ben, at_desk):
    assert "No jobs yet" in at_desk(ben).get(reverse("jobs:jobs")).content.decode()


def test_the_list_goes_on_page_by_page(counted, anna, at_desk):
    jobs = [start() for _ in range(26)]
    first = at_desk(anna).get(reverse("jobs:jobs"))
    assert address("job", jobs[0]) not in first.content.decode()
    older = at_desk(anna).get(first.context["next_url"]).content.decode()
    assert address("job", jobs[0]) in older
    assert address("job", jobs[25]) not in older
    assert at_desk(anna).get(reverse("jobs:jobs") + "?before=x").status_code == 200


def test_a_job_shows_its_progress(counted, anna, at_desk):
    job = start(by=anna, to=4)
    work(portions=1)
    page = at_desk(anna).get(address("job", job)).content.decode()
    assert "1 of 4" in page
    assert 'value="1"' in page
    assert 'max="4"' in page
    assert address("cancel", job) in page
    assert f'data-live-on="job:{job.pk}"' in page


def test_cancelling_asks_first(counted, anna, at_desk):
    job = start(by=anna)
    asked = at_desk(anna).get(address("cancel", job)).content.decode()
    assert "Cancel this job?" in asked
    assert fresh(job).active

    after = at_desk(anna).post(address("cancel", job), follow=True).content.decode()

    assert fresh(job).state == JobState.CANCELLED
    assert "What was done before stays done" in after
    again = at_desk(anna).post(address("cancel", job), follow=True)
    assert again.status_code == 200


def test_a_job_under_way_says_that_it_stops(counted, anna, at_desk):
    job = start(by=anna)
    Job.objects.filter(pk=job.pk).update(
        state="running", holder=job.pk, beat_at=NOW, started_at=NOW
    )
    after = at_desk(anna).post(address("cancel", job), follow=True).content.decode()
    assert "Stopping …" in after
    assert address("cancel", job) not in after


def test_a_failed_job_is_tried_again(counted, anna, at_desk):
    job = start(by=anna, to=3, stumble=2)
    Job.objects.filter(pk=job.pk).update(tries=4, cursor=1, done=1)
    work()
    page = at_desk(anna).get(address("job", job)).content.decode()
    assert "ZeroDivisionError" in page
    assert address("retry", job) in page

    at_desk(anna).post(address("retry", job))

    assert fresh(job).state == JobState.QUEUED
    refused = at_desk(anna).post(address("retry", job), follow=True).content.decode()
    assert "Only a job that failed" in refused


def test_who_may_not_start_it_any_more_cannot_have_it_tried_again(
    counted, anna, ben, at_desk
):
    job = start(by=anna)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED, error="Broken", ended_at=NOW, by=ben
    )
    browser = at_desk(ben)
    page = browser.get(address("job", job)).content.decode()
    assert address("retry", job) not in page
    assert browser.post(address("retry", job)).status_code == 403
    assert fresh(job).state == JobState.FAILED


def test_a_done_job_shows_its_result(counted, anna, at_desk):
    job = start(by=anna, to=2)
    work(NOW + MINUTE)
    page = at_desk(anna).get(address("job", job)).content.decode()
    assert "2 of 2" in page
    assert address("cancel", job) not in page


def test_a_result_has_words_and_its_numbers_are_written_as_people_do(
    counted, anna, at_desk
):
    def measure(_job, _now):
        result = {
            "until": "2026-03-04", "rows": 1234567, "spread": 12.5,
            "cursor": 42, "nested": {"a": 1},
        }  # fmt: skip
        return Step(None, 1, 1, finished=True, result=result)

    register_job(
        "tests.measure",
        title="Measuring",
        step=measure,
        permission="core.view_job",
        result_labels={
            "rows": gettext_lazy("Customers"),
            "spread": "Spread",
            "until": "Until",
            "nested": "Nested",
            "missing": "Missing",
        },
    )
    job = start("tests.measure", by=anna)
    work()
    response = at_desk(anna).get(address("job", job))
    page = response.content.decode()
    expected = [("Customers", "1,234,567"), ("Spread", "12.5"), ("Until", "2026-03-04")]
    assert response.context["result"] == expected
    assert all(label in page and value in page for label, value in expected)
    assert not {"cursor", "Nested", "Missing"} & set(page.split())
    type(anna).objects.filter(pk=anna.pk).update(language="zh-hans")
    first = at_desk(anna).get(address("job", job)).context["result"][0]
    assert first == ("客户", "1234567")


@pytest.mark.parametrize("name", ["job", "cancel", "retry"])
def test_who_may_open_it(counted, anna, ben, at_desk, client, name):
    job = start(by=anna)
    call = client.post if name == "retry" else client.get
    assert call(address(name, job)).status_code == 302
    at_desk(ben)
    assert call(address(name, job)).status_code == 404
    kind = UserFactory(display_name="Kim", role="administrator")
    at_desk(kind)
    assert call(address(name, job)).status_code in {200, 302}


def test_pages_ask_the_database_a_bounded_number_of_times(
    counted, anna, at_desk, django_assert_max_num_queries
):
    for _ in range(3):
        start(by=anna)
    browser = at_desk(anna)
    browser.get(reverse("jobs:jobs"))
    with django_assert_max_num_queries(12):
        browser.get(reverse("jobs:jobs"))
