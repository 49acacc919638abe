"""Committing beside a test, a server process, and a browser that reads a stream."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import psycopg2
from django.db import connection, transaction
from django.utils.timezone import now

from servicedesk.core.live.publish import (
    publish,
    publish_signed_out,
)
from servicedesk.core.live.tokens import stream_token

ROOT = Path(__file__).resolve().parents[3]
MEI = {"user_id": 7, "session_key": "session-of-mei"}


def really(do):
    """Run `do` on a connection of its own and commit: another process must see it.

    The test's own connection is inside a transaction that never commits.
    """
    raised = []

    def run():
        try:
            do()
        except Exception as error:  # noqa: BLE001
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def connect():
    return psycopg2.connect(**connection.get_connection_params())


def tell(channel, ref, kind="changed"):
    def do():
        with transaction.atomic():
            publish(channels=[channel], kind=kind, ref=str(ref))

    really(do)


def sign_out(**whose):
    def do():
        with transaction.atomic():
            publish_signed_out(**whose)

    really(do)


class Server:
    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process = None

    def start(self):
        base = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
        name = connection.settings_dict["NAME"]
        environment = {
            **os.environ,
            "DATABASE_URL": base._replace(path=f"/{name}").geturl(),
            "DJANGO_SETTINGS_MODULE": "servicedesk.settings.test",
            "WEB_THREADS": "2",
        }
        command = [sys.executable, "-m", "uvicorn", "servicedesk.asgi:application"]
        options = ["--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.1)
        raise AssertionError("The server did not start")

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(10)


class Browser:
    """Opens a stream and reads it message by message."""

    def __init__(self, server, *channels, token=None, who=MEI, cookie=None, **query):
        token = token or stream_token(channels=channels, now=now(), **who)
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=20
        )
        address = "/events/?" + urllib.parse.urlencode({"token": token, **query})
        cookie = who["session_key"] if cookie is None else cookie
        self.connection.request(
            "GET", address, headers={"Cookie": f"sessionid={cookie}"}
        )
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.cursor = query.get("after")
        self.had = []

    def message(self):
        """Return the next (name, data); ("", "") at the end of the stream."""
        name, data = "message", []
        while line := self.response.readline().decode():
            field, _, value = line.rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                self.cursor = value
            elif not field and data:
                return name, "".join(data)
        return "", ""

    def until(self, ref):
        """Read until the event that refers to `ref`; return the refs on the way."""
        refs = []
        while True:
            name, data = self.message()
            assert name in {"message", "ping"}, f"{name or 'end'} before {ref}"
            if name == "message":
                event = json.loads(data)
                self.had.append(event["id"])
                refs.append(event["ref"])
                if event["ref"] == str(ref):
                    return refs

    def ready(self):
        """Wait until the stream is subscribed: it says so by a first cursor."""
        while not self.cursor or self.cursor == "":
            assert self.message()[0] == "ping"
        return self

    def close(self):
        self.response.close()
        self.connection.close()
