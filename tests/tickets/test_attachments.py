"""Files that people send: names made harmless, contents under random names."""

import hashlib
import re
from pathlib import PurePath

import pytest
from django.core.files.base import ContentFile

from tests.factories import NOW, TicketFactory
from tickets.actions.reply import reply


def send(ticket, by, *files):
    message = reply(ticket=ticket, body="Look", by=by, now=NOW, files=files)
    return list(message.attachments.all())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("发票 2026.pdf", "发票_2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\zhang\\photo.jpg", "photo.jpg"),
        ("a\r\nContent-Type: text/html.html", "html.html"),
        ("bill\u202egpj.exe", "billgpj.exe"),
        ("<script>.svg", "script.svg"),
        ('quo"te;x.txt', "quotex.txt"),
        ("..", "file"),
        ("/", "file"),
        ("???", "file"),
    ],
)
def test_names_are_made_harmless(ticket, wang, given, kept):
    file = ContentFile(b"x", name="x")
    file.name = given
    (attachment,) = send(ticket, wang, file)
    assert attachment.name == kept


@pytest.mark.parametrize("name", ["长" * 300 + ".pdf", "a." + "b" * 300, "c" * 300])
def test_long_names_are_cut(ticket, wang, name):
    (attachment,) = send(ticket, wang, ContentFile(b"x", name=name))
    assert 0 < len(attachment.name) <= 120
    if name.endswith(".pdf"):
        assert attachment.name.endswith(".pdf")


def test_on_disk_nothing_is_named_by_the_sender(ticket, wang):
    (attachment,) = send(ticket, wang, ContentFile(b"x", name="secret-name.html"))
    stored = PurePath(attachment.file.name)
    assert re.fullmatch(r"[0-9a-f]{32}\.bin", stored.name)
    assert str(stored.parent).startswith("attachments/")


def test_contents_come_back_as_they_were(ticket, wang):
    contents = bytes(range(256)) * 1000
    (attachment,) = send(ticket, wang, ContentFile(contents, name="photo.jpg"))
    with attachment.file.open() as stored:
        assert stored.read() == contents
    assert attachment.size == len(contents)
    assert attachment.sha256 == hashlib.sha256(contents).hexdigest()


def test_two_files_of_one_name_are_two_files(ticket, wang):
    one, two = send(
        ticket, wang, ContentFile(b"1", name="a.txt"), ContentFile(b"2", name="a.txt")
    )
    assert one.name == two.name
    assert one.file.name != two.file.name


def test_a_request_brings_its_files_along(desk):
    ticket = TicketFactory(files=[ContentFile(b"%PDF", name="发票.pdf")])
    assert ticket.messages.get().attachments.get().name == "发票.pdf"
