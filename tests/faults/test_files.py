"""Attachments when the disk is full, shut, or the process dies after writing one."""

import errno
import os
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.desk import at_once
from tests.factories import DAY, HOUR, NOW, TicketFactory
from tests.faults.crash import Crash, stored
from tests.tickets.customer_page.ways import opened
from tests.tickets.test_request_form import FORM, PNG, file, filled
from tickets.actions.reply import reply
from tickets.actions.stored_files import (
    ASIDE,
    KEPT_ASIDE,
    forget_orphans,
    put_orphans_aside,
)
from tickets.models import Attachment, Ticket
from tickets.tasks import sweep_orphan_files

SORRY = "Files cannot be stored at the moment"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(params=[errno.ENOSPC, errno.EACCES, errno.EROFS])
def _no_room(request, monkeypatch):
    """Let the disk refuse: it is full, shut, or only reads.

    As root nothing is shut to the tests, so the refusal is put into the storage.
    """

    def refuse(*_given):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(FileSystemStorage, "_save", refuse)


def kept(media):
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("_no_room")
def test_a_request_whose_file_cannot_be_stored_comes_back_whole(desk):
    before, form = stored(), filled(file("photo.png"))
    answer = Client(headers=ENGLISH).post(FORM, form)
    told = answer.content.decode()
    assert answer.status_code == 503
    assert SORRY in told
    assert form["body"] in told
    assert form["client_key"] in told
    assert stored() == before

    without = {**form, "attachments": []}
    assert Client().post(FORM, without).status_code == 302
    assert Ticket.objects.count() == 1


@pytest.mark.usefixtures("_no_room")
@pytest.mark.parametrize("act", ["reply", "note"])
def test_what_staff_wrote_comes_back_when_its_file_cannot_be_stored(ticket, wang, act):
    browser = Client()
    browser.force_login(wang)
    before = stored()
    key = str(uuid.uuid4())
    form = {"body": "请看附件", "seen_seq": 1, "client_key": key}
    place = reverse(f"tickets:{act}", args=[ticket.number])
    answer = browser.post(place, {**form, "attachments": file("photo.png")})
    told = answer.content.decode()
    assert answer.status_code == 422
    assert SORRY in told
    assert "请看附件" in told
    assert key in told
    assert stored() == before
    assert browser.post(place, form).status_code == 302
    assert ticket.messages.count() == 2


@pytest.mark.usefixtures("_no_room")
def test_a_ticket_that_is_written_down_comes_back_when_its_file_cannot_be_stored(
    ticket, wang
):
    browser = Client()
    browser.force_login(wang)
    form = {
        "name": "Zhang", "contact": "138 0013 8000", "language": "zh-hans",
        "channel": "phone", "phase": "after_sale", "category": ticket.category_id,
        "severity": 3, "urgency": 3, "subject": "再次来电", "body": "还是没有声音",
        "client_key": str(uuid.uuid4()),
    }  # fmt: skip
    answer = browser.post(
        reverse("tickets:new"), {**form, "attachments": file("a.png")}
    )
    assert answer.status_code == 422
    assert SORRY in answer.content.decode()
    assert "还是没有声音" in answer.content.decode()
    assert Ticket.objects.count() == 1
    browser.post(reverse("tickets:new"), form)
    assert Ticket.objects.count() == 2


@pytest.mark.usefixtures("_no_room")
def test_a_customers_message_comes_back_when_its_file_cannot_be_stored(desk):
    ticket = TicketFactory(now=timezone.now())
    visitor = Client(headers=ENGLISH)
    place = opened(visitor, ticket, timezone.now()) + "reply/"
    form = {"body": "附上照片", "client_key": str(uuid.uuid4())}
    answer = visitor.post(place, {**form, "attachments": file("photo.png")})
    assert answer.status_code == 409
    assert SORRY in answer.content.decode()
    assert "附上照片" in answer.content.decode()
    assert ticket.messages.count() == 1
    assert visitor.post(place, form).status_code == 302
    assert ticket.messages.count() == 2


def test_an_upload_that_finds_no_room_for_itself_is_answered_in_words(desk, settings):
    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.Full"]
    answer = Client(headers=ENGLISH, raise_request_exception=False).post(
        FORM, filled(SimpleUploadedFile("big.png", PNG))
    )
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not Ticket.objects.exists()


def Full(*_given):  # noqa: N802  # stands for a class
    raise OSError(errno.ENOSPC, "No space left on device")


class AtTheRow(Crash):
    """Dies after the file was written, before its row is."""

    def __call__(self, execute, sql, params, many, context):
        if 'INSERT INTO "tickets_attachment"' in sql:
            self.strike()
        return execute(sql, params, many, context)


def grow_old(path, days):
    moment = (NOW - days * DAY).timestamp()
    os.utime(path, (moment, moment))


def test_a_crash_leaves_a_file_which_is_put_aside_and_forgotten(ticket, wang, media):
    def answer():
        files = [ContentFile(b"\x89PNG", name="photo.png")]
        reply(ticket=ticket, body="a", by=wang, now=NOW, files=files)

    answer()
    (mine,) = kept(media)
    with connection.execute_wrapper(AtTheRow(at=1)), pytest.raises(OperationalError):
        answer()
    (orphan,) = set(kept(media)) - {mine}

    for path in (mine, orphan):
        grow_old(path, 2)
    assert put_orphans_aside(now=NOW) == 1
    assert put_orphans_aside(now=NOW) == 0
    assert kept(media) in ([mine, aside := media / ASIDE / orphan.name], [aside, mine])
    assert forget_orphans(now=NOW + KEPT_ASIDE - HOUR) == 0
    assert forget_orphans(now=NOW + KEPT_ASIDE + HOUR) == 1
    assert kept(media) == [mine]
    assert mine.read_bytes() == b"\x89PNG"
    assert Attachment.objects.get().file.name.endswith(mine.name)


def test_a_young_file_may_belong_to_a_request_that_is_still_open(desk, media):
    young = media / "attachments/2026/03/a.bin"
    young.parent.mkdir(parents=True)
    young.write_bytes(b"x")
    os.utime(young, ((NOW - 23 * HOUR).timestamp(),) * 2)
    assert put_orphans_aside(now=NOW) == 0
    assert put_orphans_aside(now=NOW + 2 * HOUR) == 1


def test_every_month_gets_its_turn_though_each_sweep_is_bounded(desk, media):
    months = [media / f"attachments/2025/{month:02}" for month in range(1, 13)]
    for month in months:
        month.mkdir(parents=True)
        (month / f"{month.name}.bin").write_bytes(b"x")
        grow_old(month / f"{month.name}.bin", 9)
    assert put_orphans_aside(now=NOW) == 3
    moved = [put_orphans_aside(now=NOW + day * DAY) for day in range(1, 11)]
    assert max(moved) == 1
    assert len(list((media / ASIDE).iterdir())) == 12


def test_two_sweeps_at_once_and_no_folder_at_all(committed, media):
    assert sweep_orphan_files() == 0
    folder = media / "attachments/2026/03"
    folder.mkdir(parents=True)
    for number in range(50):
        (folder / f"{number}.bin").write_bytes(b"x")
        grow_old(folder / f"{number}.bin", 1000)
    assert sum(at_once(*[sweep_orphan_files] * 3)) == 50
    assert len(list((media / ASIDE).iterdir())) == 50
