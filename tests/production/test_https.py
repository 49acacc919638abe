"""The production form as its users meet it: through the proxy, over HTTPS."""

import http.client
import re
import signal
import ssl
import time

import pytest

from tests.browser.words import Words
from tests.production.desk import make_certificate
from tests.production.person import Person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.xdist_group("production"),
]
say = Words("zh-hans")
TEN_MIB = b"\x89PNG\r\n\x1a\n" + b"\x00" * (10 * 1024 * 1024 - 8)


def plain(desk, host, path="/help/?a=b"):
    connection = http.client.HTTPConnection("127.0.0.1", desk.http, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return answer


def test_plain_http_is_sent_to_https(production):
    answer = plain(production, f"{production.name}:{production.http}")
    assert answer.status == 301
    assert answer.headers["Location"] == f"{production.url}/help/?a=b"
    assert answer.headers["Server"] == "nginx"


def test_another_name_gets_no_word(production):
    with pytest.raises(ConnectionError):
        plain(production, "evil.example.com")
    stranger = Person(production)
    stranger.desk = type("Other", (), {**vars(production), "name": "evil.example.com"})
    with pytest.raises(ssl.SSLError):
        stranger.connect()


def test_pages_carry_what_keeps_browsers_safe(production):
    status, headers, _ = Person(production, "127.0.0.11").ask("/accounts/login/")
    assert status == 200
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] == "nginx"


def test_whoever_signs_in_gets_cookies_for_this_host_and_tls_alone(production):
    person = Person(production, "127.0.0.12")

    status, headers, _ = person.sign_in("agent", production.password)

    assert (status, headers["Location"]) == (302, "/")
    assert {"__Host-session", "__Host-csrf"} <= set(person.cookies)
    for cookie in person.raw_cookies:
        if cookie.startswith("__Host-"):
            assert "Secure" in cookie
            assert "Path=/" in cookie
            assert "Domain" not in cookie
            assert "SameSite=Lax" in cookie
    assert person.ask("/inbox/")[0] == 200


def test_a_form_of_another_site_is_refused(production):
    person = Person(production, "127.0.0.13")
    fields, _ = person.form("/accounts/login/")
    words = {**fields, "login": "agent", "password": production.password}

    status, _, _ = person.ask(
        "/accounts/login/", words, Origin="https://evil.example.com"
    )

    assert status == 403


def test_a_forged_address_does_not_help_against_the_lock(production):
    locked = say(
        "There were too many wrong tries for this account. For its safety, "
        "signing in is closed for ten minutes. If it was not you, "
        "tell your administrator."
    )
    answers = []
    for number in range(6):
        liar = Person(production, "127.0.0.14", forged=f"203.0.113.{number}, 10.0.0.1")
        answers.append(liar.sign_in("agent2", "wrong")[2])

    assert [locked in text for text in answers] == [False] * 5 + [True]


def test_the_audit_log_knows_the_true_address(production):
    liar = Person(production, "127.0.0.15", forged="203.0.113.99, ::1")
    assert liar.request("谁在写")[0] == 302

    known = production.manage(
        "shell",
        "-c",
        "from auditlog import get_logentry_model as m;"
        "print(set(m().objects.exclude(remote_addr=None)"
        ".values_list('remote_addr', flat=True)))",
    )
    assert "'127.0.0.15'" in known
    assert "203.0.113" not in known
    assert "::1" not in known


def test_the_biggest_files_that_are_allowed_arrive(production):
    customer = Person(production, "127.0.0.16")

    status, headers, text = customer.request("五个大文件", *[TEN_MIB] * 5)

    assert status == 302, text[:2000]
    assert headers["Location"] == "/help/sent/"
    [[count, size]] = production.ask(
        "SELECT count(*), min(size) FROM tickets_attachment WHERE size = %s",
        len(TEN_MIB),
    )
    assert (count, size) == (5, len(TEN_MIB))


def test_what_is_too_big_gets_a_page_that_says_so(production):
    customer = Person(production, "127.0.0.17")

    status, headers, text = customer.request("太大", *[TEN_MIB] * 6)

    assert status == 413
    assert "太大了" in text
    assert "too much to take" in text
    assert headers["Strict-Transport-Security"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, headers, _ = customer.ask("/_proxy/page.css")
    assert (status, headers["Content-Type"]) == (200, "text/css")


def test_static_files_may_be_kept_for_ever(production):
    person = Person(production, "127.0.0.18")
    _, _, text = person.ask("/accounts/login/")
    address = re.search(r'href="(/static/css/[^"]+\.css)"', text)[1]

    status, headers, _ = person.ask(address)

    assert status == 200
    assert "immutable" in headers["Cache-Control"]


def test_too_many_at_once_meet_the_first_wall(production):
    person = Person(production, "127.0.0.19")
    connection = person.connect()
    found = set()
    for _ in range(400):
        connection.request("GET", "/healthz", headers={"Host": production.host})
        answer = connection.getresponse()
        body = answer.read().decode()
        found.add(answer.status)
        if answer.status == 429:
            assert "请稍等片刻" in body
            break
    connection.close()
    assert 429 in found
    assert Person(production, "127.0.0.20").ask("/healthz")[0] == 200


def test_strangers_learn_one_word_of_health(production):
    """Until all processes were heard of the word is another one, and no more than that."""
    person, deadline = Person(production, "127.0.0.21"), time.monotonic() + 120
    while True:
        status, _, text = person.ask("/readyz")
        assert status == 200
        assert text in {"ok\n", "degraded\n"}
        if text == "ok\n":
            return
        assert time.monotonic() < deadline, production.told()
        time.sleep(1)


def test_the_proxys_log_keeps_no_secret(production):
    person = Person(production, "127.0.0.22")
    person.ask("/r/a-secret-token/?q=a-secret-query")
    person.ask("/events/?token=a-secret-query")
    text = production.log("proxy").read_text()
    assert "a-secret" not in text
    assert "127.0.0.22" not in text
    assert re.search(r"GET /r 404 ", text)
    assert re.search(r"GET /events 403 ", text)


def test_the_first_administrator_is_made_by_a_command(production):
    password = "nine quiet lanterns"
    production.environment["DJANGO_SUPERUSER_PASSWORD"] = password
    try:
        production.manage(
            *("createsuperuser", "--noinput"),
            *("--username", "first", "--email", "first@desk.example"),
        )
    finally:
        del production.environment["DJANGO_SUPERUSER_PASSWORD"]
    person = Person(production, "127.0.0.23")

    assert person.sign_in("first", password)[0] == 302
    assert person.ask("/admin/staff/user/add/")[0] == 200


def test_a_renewed_certificate_is_taken_without_a_stop(production):
    listening = Person(production, "127.0.0.24").connect()
    make_certificate(production.secrets / "tls")
    production.processes["proxy"].send_signal(signal.SIGHUP)
    production.trust_certificate()

    deadline = time.monotonic() + 20
    while True:
        try:
            assert Person(production, "127.0.0.24").ask("/healthz")[0] == 200
            break
        except ssl.SSLError:
            assert time.monotonic() < deadline, "the old certificate is still shown"
            time.sleep(0.1)
    listening.close()
