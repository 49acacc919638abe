"""The disk is full while something is uploaded: a sentence, and nothing half stored.

A limit on the size of files stands for the end of the disk: the system itself refuses
in the middle of a write, to root as well.
"""

import asyncio
import contextlib
import resource
import uuid

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from servicedesk.pages import Pages
from tests.faults.crash import stored
from tests.tickets.test_request_form import FORM, file, filled
from tickets.models import Attachment

ROOM = 256 * 1024
LARGE = b"\x89PNG\r\n\x1a\n" + b"\x00" * (3 * ROOM)
SORRY = "Files cannot be stored at the moment"


@pytest.fixture(autouse=True)
def _no_limits_were_met():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@contextlib.contextmanager
def full_disk():
    """Let every write beyond 256 KiB of a file fail, for a `with` block."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def kept(media):
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_request_comes_back_in_words_and_leaves_no_half_file(desk, media):
    before, form = stored(), filled(file("large.png", LARGE))
    with full_disk():
        answer = Client(headers={"Accept-Language": "en"}).post(FORM, form)
    told = answer.content.decode()
    assert answer.status_code == 503
    assert SORRY in told
    assert form["body"] in told
    assert stored() == before
    assert kept(media) == []

    again = {**form, "attachments": [file("large.png", LARGE)]}
    assert Client().post(FORM, again).status_code == 302
    assert [path.stat().st_size for path in kept(media)] == [len(LARGE)]
    assert Attachment.objects.get().size == len(LARGE)


def test_the_files_of_one_message_are_all_kept_or_none(ticket, wang, media):
    browser = Client()
    browser.force_login(wang)
    form = {"body": "请看附件", "seen_seq": 1, "client_key": str(uuid.uuid4())}
    files = [file("small.png"), file("large.png", LARGE)]
    place = reverse("tickets:reply", args=[ticket.number])
    with full_disk():
        answer = browser.post(place, {**form, "attachments": files})
    assert answer.status_code == 422
    assert SORRY in answer.content.decode()
    assert ticket.messages.count() == 1
    assert not Attachment.objects.exists()
    assert not any(path.stat().st_size > ROOM / 2 for path in kept(media))


def test_an_upload_without_room_to_wait_in_never_reaches_the_desk(caplog):
    reached, sent = [], []

    async def ask():
        pages = Pages(lambda *given: reached.append(given), threads=1, max_body=2**24)
        parts = [b"x" * ROOM] * 8

        async def receive():
            body = parts.pop()
            return {"type": "http.request", "body": body, "more_body": bool(parts)}

        async def send(message):
            sent.append(message)

        await pages({"type": "http", "headers": []}, receive, send)
        pages.close()

    with full_disk():
        asyncio.run(ask())
    assert sent[0]["status"] == 503
    assert "Please send it again" in sent[1]["body"].decode()
    assert not reached
    assert "no room" in caplog.text
