"""What an error server is told, byte by byte, when everything around holds values."""

import gzip
import http.server
import json
import os
import subprocess
import sys
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured

from servicedesk.core.operations import reporting
from tests.customers.surfaces import places
from tests.production.compose import ROOT

PLANTED = {
    "NAME": "欧阳娜娜",
    "PHONE": "13812345678",
    "EMAIL": "nana.ouyang@example.com",
}
NUMBER = "0123456789abcdef0123456789abcdef"


class ErrorServer(http.server.ThreadingHTTPServer):
    """Takes envelopes as Sentry does, and keeps their bytes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.paths, self.bodies, self.heads = [], [], []

    def events(self):
        found = []
        for raw in self.bodies:
            lines = raw.split(b"\n")
            for head, body in zip(lines[1::2], lines[2::2], strict=False):
                if json.loads(head).get("type") == "event":
                    found.append(json.loads(body))
        return found


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.paths.append(self.path)
        self.server.bodies.append(body)
        self.server.heads.append(str(self.headers).encode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_given):
        pass


@pytest.fixture(scope="module")
def told():
    """Run the process in which everything falls; give what the server was told."""
    with ErrorServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            environment = os.environ | {
                "DJANGO_SETTINGS_MODULE": "servicedesk.settings.test",
                "SENTRY_DSN": f"http://key@127.0.0.1:{server.server_port}/7",
                "no_proxy": "127.0.0.1",
                **{f"PLANTED_{name}": value for name, value in PLANTED.items()},
            }
            done = subprocess.run(
                [sys.executable, "-m", "tests.core.operations.falling"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            server.shutdown()
            thread.join()
    assert done.returncode == 0, done.stderr[-3000:]
    server.raw = server.bodies + server.heads
    server.log = done.stderr
    return server


def test_it_hears_of_pages_tasks_and_our_own_lines(told):
    assert set(told.paths) == {"/api/7/envelope/"}
    kinds = {
        value["type"]
        for event in told.events()
        for value in event.get("exception", {}).get("values", [])
    }
    assert {"ValueError", "KeyError", "RuntimeError", "DataError"} <= kinds
    said = {event.get("logentry", {}).get("message") for event in told.events()}
    assert "A letter to %s was not sent" in said


def test_of_each_it_is_told_where_and_under_which_number(told):
    fall = next(
        event for event in told.events() if event.get("tags", {}).get("page") == "falls"
    )
    assert fall["tags"]["request_id"] == NUMBER
    assert fall["release"].startswith("servicedesk@")
    frames = fall["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "falls"
    assert frames[-1]["lineno"] > 0
    task = [e for e in told.events() if e.get("tags", {}).get("task")]
    assert [event["tags"]["task"] for event in task] == ["tests.falls"]


@pytest.mark.parametrize("name", PLANTED)
def test_no_value_of_a_customer_leaves_however_it_is_spelled(told, name):
    assert told.raw
    for raw in told.raw:
        assert not places(raw, PLANTED[name]), raw[:500]
        assert not places(raw, json.dumps(PLANTED[name])[1:-1])


def test_neither_requests_nor_variables_nor_addresses_leave(told):
    for event in told.events():
        assert not {"request", "user", "breadcrumbs", "extra", "contexts"} & set(event)
    raw = b"\n".join(told.raw)
    for word in (b"secret-token", b"vars", b"cookie", b"csrf", b"User-Agent: \xe6"):
        assert word not in raw


def test_our_own_log_leaves_out_what_people_are_reached_by_too(told):
    assert "ValueError" in told.log
    for name in ("PHONE", "EMAIL"):
        assert PLANTED[name] not in told.log


def test_without_an_address_nothing_is_loaded(settings):
    script = (
        "import django, sys; django.setup(); "
        "assert 'sentry_sdk' not in sys.modules, 'loaded'"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "servicedesk.settings.test"}
    environment.pop("SENTRY_DSN", None)
    subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, check=True
    )


def test_an_address_that_is_none_is_refused_in_words(settings):
    settings.SENTRY_DSN = "not an address"
    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN"):
        reporting.connect()
