"""Two web processes, workers and beats at once: who watches them learns of each."""

import http.client
import json
import re
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from tests.production.person import Person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.xdist_group("production"),
]
PATIENCE = 150


def until(true, production):
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, production.told()
        time.sleep(0.5)
    return found


def readiness(production):
    _status, _headers, word = Person(production, "127.0.5.1").ask("/readyz")
    return word.strip()


def lines(production, name):
    """Return the lines of a process's log that are JSON: all but a worker's banner."""
    told = production.log(name).read_text(errors="replace").splitlines()
    return [json.loads(line) for line in told if line.startswith("{")]


def test_every_process_is_heard_of(production):
    def heard():
        rows = production.ask(
            "SELECT kind, count(*) FROM core_heartbeat"
            " WHERE at > now() - interval '60 seconds' GROUP BY 1"
        )
        return dict(rows) == {"web": 2, "worker": 3, "beat": 2, "queue": 3}

    until(heard, production)
    # The disk of the machine that tests is not ours to judge.
    told = production.manage(
        "shell",
        "-c",
        "from servicedesk.core.health import findings; "
        "print([f.check.name for f in findings() if f.check.name != 'disks'])",
    )
    assert told.strip().splitlines()[-1] == "[]", told
    assert readiness(production) in {"ok", "degraded"}


def test_who_stops_in_good_order_takes_its_row_away(production):
    def rows():
        return production.ask(
            "SELECT name FROM core_heartbeat WHERE kind = 'worker'"
            " AND name LIKE 'jobs@%%'"
        )

    until(rows, production)
    assert production.end("worker-jobs") == 0, production.told()
    try:
        assert rows() == []
    finally:
        production.start("worker-jobs")
    until(rows, production)


def test_each_web_process_tells_its_own_figures_and_the_proxy_none(production):
    token = (production.secrets / "metrics_token").read_text().strip()
    for port in production.web.values():
        address = f"http://127.0.0.1:{port}/metrics"
        asked = urllib.request.Request(
            address, headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            told = answer.read().decode()
        samples = {s.name: s for f in families(told) for s in f.samples}
        assert samples["servicedesk_database_up"].value == 1
        assert samples["process_resident_memory_bytes"].value > 1024**2
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, timeout=20)
        assert refused.value.code == 401
        refused.value.close()
    stranger = Person(production, "127.0.5.2")
    for forged in ({}, {"Authorization": f"Bearer {token}"}):
        assert stranger.ask("/metrics", **forged)[0] == 404


def test_one_number_leads_from_the_answer_to_every_log(production):
    person = Person(production, "127.0.5.3")
    _status, headers, _text = person.request("一个号码")
    number = headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", number)
    forged = "f" * 32
    answer = Person(production, "127.0.5.4").ask("/help/", **{"X-Request-ID": forged})
    assert answer[1]["X-Request-ID"] != forged, "the proxy numbers, not the caller"

    assert number in production.log("proxy").read_text()
    rows = production.ask(
        "SELECT e.cid FROM audit_logentry e JOIN tickets_ticket t"
        " ON e.object_pk = t.id::text WHERE t.subject = '一个号码' AND e.action = 0"
    )
    assert rows == [(number,)]

    def sent():
        return [
            line
            for name in ("worker-1", "worker-2")
            for line in lines(production, name)
            if line.get("request_id") == number
        ]

    told = until(sent, production)
    assert {line["task"] for line in told} == {"tickets.sweep_letters"}
    assert all("customer.example" not in json.dumps(line) for line in told)


def test_while_the_proxy_is_told_to_everybody_reads_that_it_is_closed(production):
    flag = production.folder / "run/closed"
    flag.touch()
    try:
        for place in ("/help/", "/", "/r/AZqs:token/"):
            status, headers, text = Person(production, "127.0.5.5").ask(place)
            assert status == 503
            assert headers["Retry-After"] == "300"
            assert "系统维护中" in text
        assert Person(production, "127.0.5.5").ask("/healthz")[0] == 200
        assert Person(production, "127.0.5.5").ask("/_proxy/page.css")[0] == 200
    finally:
        flag.unlink()
    assert Person(production, "127.0.5.5").ask("/help/")[0] == 200


def test_the_command_closes_every_process_within_seconds(production):
    person = Person(production, "127.0.5.6")

    def answers(status):
        return lambda: all(direct(port) == status for port in production.web.values())

    def direct(port):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            line.request(
                "GET",
                "/help/",
                headers={"Host": production.name, "X-Forwarded-Proto": "https"},
            )
            answer = line.getresponse()
            answer.read()
            return answer.status
        finally:
            line.close()

    production.manage("maintenance", "on", "--reason", "test", "--zh", "今晚十点恢复。")
    try:
        until(answers(503), production)
        status, _headers, text = person.ask("/help/")
        assert (status, "今晚十点恢复。" in text) == (503, True)
    finally:
        production.manage("maintenance", "off")
    until(answers(200), production)
