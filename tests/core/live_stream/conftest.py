"""A real server process, and browsers that listen to it."""

import signal

import pytest

from servicedesk.core.models import LiveEvent
from tests.core.live_stream.ways import Browser, Server, really


@pytest.fixture(autouse=True)
def _leave_nothing(db):
    yield
    really(lambda: LiveEvent.objects.all().delete())


@pytest.fixture
def server(_leave_nothing):
    server = Server()
    server.start()
    yield server
    if server.process.poll() is None:
        server.end(signal.SIGKILL)


@pytest.fixture
def browse(server):
    """Open streams of the server; all are closed in the end."""
    opened = []

    def do(*channels, **options):
        opened.append(Browser(server, *channels, **options))
        return opened[-1]

    yield do
    for browser in opened:
        browser.close()
