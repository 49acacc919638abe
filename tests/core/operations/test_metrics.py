"""`/metrics`: for whoever has the token, read by Prometheus's own parser."""

import re

import pytest
import yaml
from django.db import OperationalError, connection
from django.test import Client
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_families,
)
from prometheus_client.parser import text_string_to_metric_families as families

from servicedesk.core import figures
from servicedesk.core.figures import Gauge, registered_gauges
from servicedesk.core.operations import gauges, sweeps
from servicedesk.core.own_line import own_line
from tests.desk import ticket, wang
from tests.production.compose import ROOT
from tests.tickets.post import free_port

assert all([ticket, wang])  # fixtures
TOKEN = "three-blue-umbrellas-in-the-rain"


@pytest.fixture(autouse=True)
def _token(settings):
    settings.METRICS_TOKEN = TOKEN
    settings.ALLOWED_HOSTS = ["desk.example.com"]


@pytest.fixture
def prometheus():
    return Client(headers={"host": "10.0.0.5:8000", "Authorization": f"Bearer {TOKEN}"})


def read(prometheus):
    answer = prometheus.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}张"],
)
def test_without_the_token_there_is_nothing_to_read(authorization):
    answer = Client(headers={"Authorization": authorization}).get("/metrics")
    assert (answer.status_code, answer.content) == (401, b"")


def test_without_a_token_of_ours_there_is_no_such_page(settings, prometheus):
    settings.METRICS_TOKEN = ""
    assert prometheus.get("/metrics").status_code == 404
    assert (
        Client(headers={"Authorization": "Bearer "}).get("/metrics").status_code == 404
    )


@pytest.mark.django_db
def test_answers_are_counted_by_view_and_never_by_path(prometheus, settings):
    settings.ALLOWED_HOSTS = ["*"]
    before = read(prometheus)
    for place in ("/help/", "/help/", "/r/AZqs:secret-token/", "/no/such/page/"):
        Client().get(place)
    after = read(prometheus)

    def more(view, status):
        name = "servicedesk_http_requests_total"
        key = (name, ("method", "GET"), ("status", status), ("view", view))
        return after[key] - before.get(key, 0)

    assert more("tickets:help", "200") == 2
    assert more("tickets:link", "404") == 1
    assert more("none", "404") == 1
    count = ("servicedesk_http_request_seconds_count", ("view", "tickets:help"))
    assert after[count] - before.get(count, 0) == 2
    assert not any("secret-token" in str(key) for key in after)


@pytest.mark.django_db
def test_an_outage_is_counted_by_its_name(prometheus, wang, settings):
    settings.ALLOWED_HOSTS = ["*"]
    browser = Client(raise_request_exception=False)
    browser.force_login(wang)
    key = ("servicedesk_outages_total", ("reason", "OperationalError"))
    before = read(prometheus).get(key, 0)

    def away(*_given):
        raise OperationalError("张伟's own words")

    with connection.execute_wrapper(away):
        assert browser.get("/inbox/").status_code == 503
    assert read(prometheus)[key] - before == 1


def test_figures_of_the_daily_work_come_from_the_database(committed, prometheus):
    with connection.cursor() as cursor:
        sweeps.expect_sweeps(cursor)
    from tests.factories import TicketFactory  # noqa: PLC0415

    TicketFactory.create_batch(3)
    found = read(prometheus)
    assert found["servicedesk_tickets_open", ("team", "call-centre")] == 3
    assert found["servicedesk_letters_due",] == 3
    assert found["servicedesk_follow_ups_overdue",] == 0
    assert found["servicedesk_database_up",] == 1
    assert found["servicedesk_database_bytes",] > 1_000_000
    assert (
        found["servicedesk_sweep_age_seconds", ("task", "tickets.sweep_letters")] < 60
    )
    assert found["servicedesk_disk_free_bytes", ("place", "media")] > 0
    assert found["servicedesk_queue_depth", ("queue", "letters")] >= 0
    assert not any(name == "servicedesk_scrape_failures" for name, *_rest in found)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_sweep")


@pytest.mark.django_db
def test_other_formats_are_spoken_as_well(prometheus):
    answer = prometheus.get(
        "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
    )
    names = {family.name for family in open_families(answer.content.decode())}
    assert "servicedesk_http_request_seconds" in names


@pytest.mark.django_db
def test_without_the_database_it_says_so(prometheus, monkeypatch):
    def refuse(_about):
        raise gauges.psycopg2.OperationalError("nobody there")

    monkeypatch.setattr(gauges, "own_line", refuse)
    found = read(prometheus)
    assert found["servicedesk_database_up",] == 0
    assert not any("tickets_open" in name for name, *_rest in found)


@pytest.mark.django_db
def test_a_figure_that_takes_too_long_is_named_and_costs_no_other(
    prometheus, monkeypatch
):
    slow = Gauge("slow", "…", "SELECT pg_sleep(60)")
    monkeypatch.setattr(figures, "_gauges", {"slow": slow, **figures._gauges})
    found = read(prometheus)
    assert found["servicedesk_scrape_failures", ("figure", "slow")] == 1
    assert found["servicedesk_letters_due",] == 0


@pytest.mark.django_db
def test_without_the_broker_the_rest_is_there(prometheus, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    found = read(prometheus)
    assert not any("queue_depth" in name for name, *_rest in found)
    assert found["servicedesk_database_up",] == 1


@pytest.mark.django_db
def test_no_figure_reads_a_large_table_as_a_whole():
    """With a million tickets a scrape must cost what the open ones cost."""
    large = {
        "tickets_ticket",
        "tickets_letter",
        "tickets_followup",
        "core_notification",
    }
    with own_line("test") as cursor:
        cursor.execute("SET enable_seqscan = off")
        for gauge in registered_gauges():
            cursor.execute(f"EXPLAIN {gauge.sql}", gauge.values() or None)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert not set(re.findall(r"Seq Scan on (\w+)", plan)) & large, plan


def test_the_example_asks_for_what_there_is():
    folder = ROOT / "deploy/prometheus"
    scrape = yaml.safe_load((folder / "prometheus.yml").read_text())
    [job] = scrape["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"
    known = {f"servicedesk_{gauge.name}" for gauge in registered_gauges()}
    known |= {f"servicedesk_{name}" for name in (
        "database_up", "disk_bytes", "disk_free_bytes", "http_requests_total",
        "http_request_seconds_bucket", "sweep_limit_seconds",
    )}  # fmt: skip
    alerts = yaml.safe_load((folder / "alerts.yml").read_text())
    for rule in alerts["groups"][0]["rules"]:
        asked = set(re.findall(r"servicedesk_\w+", rule["expr"]))
        assert asked <= known, asked - known
        assert rule["annotations"]["summary"]
