"""Packages against a list: the real pip-audit, in its own process, over real HTTP."""

import http.server
import json
import threading

import pytest

from servicedesk.core.models import Level
from servicedesk.core.security_checks import dependencies
from tests.factories import NOW

pytestmark = pytest.mark.slow
KNOWN = {"pyyaml", "jinja2", "pillow", "rsa"}


class OsvList:
    """A small list of vulnerabilities that speaks OSV's language."""

    def __init__(self):
        self.known = dict.fromkeys(KNOWN, "PYSEC-2021-142")
        self.status = 200
        self.asked = []
        self.headers = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                query = json.loads(self.rfile.read(length))
                outer.asked.append((query["package"]["name"], query["version"]))
                body = json.dumps(outer.answer(query)).encode()
                self.send_response(outer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}/v1/query"

    def answer(self, query):
        found = self.known.get(query["package"]["name"])
        if not found:
            return {}
        ranges = [{"type": "ECOSYSTEM", "events": [{"fixed": "99.0"}]}]
        return {
            "vulns": [
                {
                    "id": found, "summary": "It can be broken", "aliases": [],
                    "published": "2021-01-01T00:00:00Z",
                    "affected": [{"package": query["package"], "ranges": ranges}],
                }
            ]
        }  # fmt: skip


@pytest.fixture
def osv(settings, monkeypatch):
    monkeypatch.setattr(
        dependencies, "installed", lambda: {"Django": "5.2.19", "redis": "8.1.0"}
    )
    made = OsvList()
    settings.VULNERABILITY_LIST = made.address
    yield made
    made.server.shutdown()
    made.server.server_close()


def look():
    return list(dependencies.look(NOW))


def test_nothing_is_known_of_what_runs_here(osv):
    assert look() == []
    assert ("django", "5.2.19") in osv.asked
    assert ("redis", "8.1.0") in osv.asked


def test_a_known_vulnerability_names_package_and_number(osv):
    osv.known["redis"] = "CVE-2026-1234"
    (found,) = look()
    assert (found.level, found.code, found.count) == (Level.BAD, "vulnerable", 1)
    assert found.numbers == {"packages": ["redis-8.1.0"], "ids": ["CVE-2026-1234"]}


def test_a_list_that_knows_nothing_at_all_is_no_list(osv):
    """A mirror that answers everything with "nothing known" must not look like safety."""
    osv.known.clear()
    (found,) = look()
    assert (found.level, found.code) == (Level.UNCHECKED, "unreachable")


def test_a_list_that_fails_is_not_checked(osv):
    osv.status = 500
    (found,) = look()
    assert found.level == Level.UNCHECKED


def test_a_list_that_is_not_there_is_not_checked(osv):
    osv.server.shutdown()
    osv.server.server_close()
    (found,) = look()
    assert (found.level, found.code) == (Level.UNCHECKED, "unreachable")


def test_a_list_that_takes_too_long_is_not_checked(osv, monkeypatch):
    monkeypatch.setattr(dependencies, "LONGEST", 0.01)
    (found,) = look()
    assert found.level == Level.UNCHECKED


def test_the_other_process_is_given_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://desk:secret@db/desk")
    monkeypatch.setenv("SECRET_KEY", "secret")
    given = dependencies._environment(str(tmp_path))
    assert "secret" not in str(given)
    assert given["HOME"] == str(tmp_path)


def test_every_installed_package_is_asked_about():
    found = dependencies.installed()
    assert found["Django"].startswith("5.2")
    assert "cryptography" in found


def test_it_can_be_off_and_says_so(settings):
    settings.VULNERABILITY_LIST = "off"
    (found,) = look()
    assert (found.level, found.code) == (Level.NOTE, "off")
