"""Uploads and the scanner: a small clamd of our own, spoken with over real sockets."""

import contextlib
import socket
import struct
import threading
import uuid

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from customers.forms.importing import UploadForm
from servicedesk.core import scanning
from tests.desk import desk, ticket, wang
from tests.faults.crash import stored
from tests.tickets.post import free_port
from tests.tickets.test_request_form import FORM, file, filled
from tickets.models import Attachment, Ticket

assert all([desk, ticket, wang])  # fixtures
BAD = b"\x89PNG\r\n\x1a\n" + b"harmful" * 20_000
CANNOT = "Files cannot be checked at the moment"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _no_limits_were_met():
    cache.clear()
    yield
    cache.clear()


class Clamd:
    """Speaks INSTREAM and PING as clamd does; `says` takes the place of its verdict."""

    def __init__(self, listener):
        self.listener, self.says, self.seen = listener, None, []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                line, _address = self.listener.accept()
                with line, contextlib.suppress(OSError):
                    self._talk(line, line.makefile("rb"))

    def _talk(self, line, given):
        word = b""
        while not word.endswith(b"\0"):
            word += given.read(1)
        if word == b"zPING\0":
            line.sendall(b"PONG\0")
            return
        assert word == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!L", given.read(4))[0]:
            content += given.read(length)
        self.seen.append(content)
        verdict = b"Eicar-Test-Signature FOUND" if b"harmful" in content else b"OK"
        line.sendall(self.says if self.says is not None else b"stream: %b\0" % verdict)


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, settings, tmp_path):
    if request.param == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        settings.UPLOAD_SCANNER = f"clamd://127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        place = str(tmp_path / "clamd.sock")
        listener.bind(place)
        listener.listen()
        settings.UPLOAD_SCANNER = f"clamd://{place}"
    with listener:
        yield Clamd(listener)


def post(*files):
    return Client(headers=ENGLISH).post(FORM, filled(*files))


@pytest.mark.usefixtures("desk")
def test_what_is_harmless_is_taken_as_it_was_sent(clamd):
    content = b"\x89PNG\r\n\x1a\n" + b"x" * 200_000
    assert post(file("photo.png", content)).status_code == 302
    assert clamd.seen == [content]
    with Attachment.objects.get().file.open() as kept:
        assert kept.read() == content


@pytest.mark.usefixtures("desk")
def test_what_is_harmful_is_refused_by_name_and_the_text_comes_back(clamd, caplog):
    before, form = stored(), filled(file("a.png"), file("photo.png", BAD))
    answer = Client(headers=ENGLISH).post(FORM, form)
    told = answer.content.decode()
    assert answer.status_code == 422
    assert "photo.png was refused: it holds something harmful." in told
    assert form["body"] in told
    assert stored() == before
    assert "Eicar-Test-Signature" in caplog.text
    assert "photo.png" not in caplog.text


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    "says",
    [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: broken ERROR\0", b"OK\0"],
)
def test_a_scanner_that_did_not_do_its_work_lets_nothing_in(clamd, says):
    clamd.says = says
    answer = post(file("photo.png"))
    assert answer.status_code == 422
    assert CANNOT in answer.content.decode()
    assert not Ticket.objects.exists()
    assert post().status_code == 302, "without files nobody waits for the scanner"


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("address", ["clamd://127.0.0.1:{}", "clamd:///no/such.sock"])
def test_without_the_scanner_no_file_is_taken(settings, address):
    settings.UPLOAD_SCANNER = address.format(free_port())
    answer = post(file("photo.png"))
    assert CANNOT in answer.content.decode()
    assert not Ticket.objects.exists()


def test_a_silent_scanner_is_given_up(settings, monkeypatch, desk):
    monkeypatch.setattr(scanning, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.UPLOAD_SCANNER = f"clamd://127.0.0.1:{silent.getsockname()[1]}"
        assert CANNOT in post(file("photo.png")).content.decode()


def test_what_staff_attach_is_looked_at_too(clamd, ticket, wang):
    browser = Client()
    browser.force_login(wang)
    form = {"body": "请看附件", "seen_seq": 1, "client_key": str(uuid.uuid4())}
    place = reverse("tickets:reply", args=[ticket.number])
    answer = browser.post(place, {**form, "attachments": file("photo.png", BAD)})
    assert answer.status_code == 422
    assert "请看附件" in answer.content.decode()
    assert ticket.messages.count() == 1


def test_files_of_customers_to_import_are_looked_at_too(clamd):
    given = SimpleUploadedFile("customers.csv", b"name\nharmful\n")
    with translation.override("en"):
        form = UploadForm({}, {"file": given})
        assert "holds something harmful" in str(form.errors)


def name_it(file):
    return "found by hand" if b"harmful" in file.read() else ""


@pytest.mark.usefixtures("desk")
def test_a_function_of_your_own_may_do_it(settings):
    settings.UPLOAD_SCANNER = f"{__name__}.name_it"
    assert post(file("photo.png", BAD)).status_code == 422
    assert post(file("photo.png")).status_code == 302
    settings.UPLOAD_SCANNER = "no.such.function"
    assert CANNOT in post(file("photo.png")).content.decode()


def test_the_health_of_the_scanner_is_watched(clamd, settings):
    with translation.override("en"):
        assert scanning._look(None) == ""
        settings.UPLOAD_SCANNER = f"clamd://127.0.0.1:{free_port()}"
        assert "does not answer" in scanning._look(None)
