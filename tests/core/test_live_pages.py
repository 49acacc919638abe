"""Django's side of the web server: bodies, broken uploads, headers, big answers."""

import contextlib
import http.client
import socket
import threading
import time

import pytest
import uvicorn

from servicedesk.pages import Pages

MAX_BODY = 3_000_000


class Echo:
    """A WSGI application that says what reached it."""

    def __init__(self):
        self.calls = 0
        self.threads = set()

    def __call__(self, environ, start_response):
        self.calls += 1
        self.threads.add(threading.get_ident())
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        if environ["PATH_INFO"] == "/big":
            start_response("200 OK", [("Content-Type", "application/octet-stream")])
            return (b"x" * 65536 for _ in range(400))
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        said = (
            f"{environ['REQUEST_METHOD']} {len(body)} {environ['REMOTE_ADDR']}"
            f" {environ.get('HTTP_X_FORWARDED_FOR', '-')} {environ['QUERY_STRING']}"
        ).encode()
        start_response("200 OK", [("Content-Length", str(len(said)))])
        return [said]


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def port(echo):
    pages = Pages(echo, threads=2, max_body=MAX_BODY)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            pages, lifespan="off", log_level="critical", proxy_headers=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)
        pages.close()


def ask(port, method="GET", path="/", body=None, headers=()):
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    ) as line:
        line.request(method, path, body, dict(headers))
        with line.getresponse() as response:
            return response.status, response.read().decode(), response.headers


@pytest.mark.parametrize("size", [0, 1, 262_144, 524_288, 2_999_999])
def test_a_body_arrives_whole(port, size):
    status, said, _ = ask(port, "POST", "/?a=1", b"x" * size)

    assert (status, said) == (200, f"POST {size} 127.0.0.1 - a=1")


def test_a_chunked_body_arrives_whole(port):
    parts = (b"y" * 1000 for _ in range(300))

    assert ask(port, "POST", "/", parts)[1].startswith("POST 300000 ")


def test_a_body_that_is_too_big_is_refused_before_it_is_read(port, echo):
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    assert echo.calls == 0


def test_half_a_body_never_reaches_the_application(port, echo):
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nname=")

    assert ask(port)[0] == 200
    assert echo.calls == 1


def test_slow_bodies_hold_no_thread(port):
    with contextlib.ExitStack() as lines:
        for _ in range(6):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port)))
            line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")

        started = time.monotonic()
        assert ask(port)[0] == 200
        assert time.monotonic() - started < 5


def test_head_says_the_length_and_sends_nothing(port):
    status, said, headers = ask(port, "HEAD")

    assert (status, said) == (200, "")
    assert int(headers["Content-Length"]) > 0


def test_a_header_with_underscores_cannot_pose_as_the_proxys(port):
    said = ask(port, headers={"X_Forwarded_For": "6.6.6.6"})[1]

    assert " - " in said


def test_an_exception_answers_500_and_the_next_request_works(port):
    assert ask(port, path="/broken")[0] == 500
    assert ask(port)[0] == 200


def test_clients_that_leave_during_a_big_answer_free_their_threads(port):
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", port), 20) as line:
            line.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            line.recv(1000)

    assert ask(port)[0] == 200
    assert len(ask(port, path="/big")[1]) == 400 * 65536


def test_the_threads_live_on(port, echo):
    for _ in range(12):
        ask(port)

    assert len(echo.threads) <= 2
