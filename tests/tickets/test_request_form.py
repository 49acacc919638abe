"""The public request form, as people use it and as others abuse it."""

import datetime as dt
import uuid
import zipfile
from io import BytesIO

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from servicedesk.core.public_forms import TRAP, stamp
from tests.factories import ensure_defaults
from tickets.models import Attachment, Category, Letter, Message, Ticket

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
FORM = "/help/request/"


@pytest.fixture(autouse=True)
def _a_fresh_desk(db):
    cache.clear()
    ensure_defaults()
    yield
    cache.clear()


def filled(*files, **changes):
    """Fill in the form as Zhang Wei does, half a minute after he opened it."""
    opened = timezone.now() - dt.timedelta(seconds=30)
    words = {
        "name": "张伟",
        "contact": "zhang.wei@example.com",
        "category": Category.objects.get(slug="refund").pk,
        "subject": "退款还没到账",
        "body": "上周寄回的退货，退款还没有到账。",
        "client_key": str(uuid.uuid4()),
        "opened": stamp(opened),
        "attachments": list(files),
    }
    return {**words, **changes}


def file(name, content=PNG):
    return SimpleUploadedFile(name, content)


def office_file():
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return made.getvalue()


def test_a_request_becomes_a_ticket_and_the_number_is_shown_without_an_address(client):
    answer = client.post(FORM, filled(file("photo.png")))

    assert answer.status_code == 302
    assert answer.url == reverse("tickets:sent")
    ticket = Ticket.objects.get()
    page = client.get(answer.url)
    assert ticket.number in page.content.decode()
    assert reverse("tickets:link", args=["x"])[:3] in page.content.decode()
    assert (ticket.team.slug, ticket.channel) == ("call-centre", "web")
    assert ticket.messages.get().attachments.get().name == "photo.png"
    assert Letter.objects.get().kind == "received"
    assert str(ticket.customer.name) == "张伟"


def test_the_number_is_for_this_browser_only(client):
    client.post(FORM, filled())

    assert Client().get("/help/sent/").status_code == 302


@pytest.mark.parametrize(
    ("accepted", "language"), [("en-GB,en", "en"), ("zh-CN", "zh-hans")]
)
def test_the_browser_decides_the_first_language_and_the_ticket_keeps_it(
    client, accepted, language
):
    page = client.get(FORM, HTTP_ACCEPT_LANGUAGE=accepted).content.decode()
    client.post(FORM, filled(), HTTP_ACCEPT_LANGUAGE=accepted)

    shown = {"en": ("en", "Refund and return"), "zh-hans": ("zh-Hans", "退款退货")}
    lang, category = shown[language]
    assert f'lang="{lang}"' in page
    assert category in page
    assert Customer.objects.get().language == language


def test_the_language_can_be_switched_and_stays(client):
    client.post("/i18n/setlang/", {"language": "en", "next": FORM})

    assert 'lang="en"' in client.get(FORM, HTTP_ACCEPT_LANGUAGE="zh").content.decode()


def test_categories_are_grouped_and_hidden_ones_are_not_offered(client):
    Category.objects.filter(slug="suggestion").update(public=False)
    secret = Category.objects.get(slug="suggestion")

    page = client.get(FORM, HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert '<optgroup label="Order and delivery">' in page
    assert "Suggestion" not in page
    assert client.post(FORM, filled(category=secret.pk)).status_code == 422


@pytest.mark.parametrize(
    ("contact", "ok"),
    [
        ("138 0013 8000", True),
        ("１３８００１３８０００", True),
        ("+44 20 7946 0018", True),
        ("Li.Na@Example.com", True),
        ("li.na＠example.com", True),
        ("12", False),
        ("li.na@", False),
        ("call me", False),
        ("a@example.com\r\nBcc: all@example.com", False),
    ],
)
def test_a_contact_is_a_phone_number_or_an_address(client, contact, ok):
    answer = client.post(FORM, filled(contact=contact))

    assert answer.status_code == (302 if ok else 422)
    assert Ticket.objects.count() == ok
    if not ok:
        assert 'id="id_contact_error"' in answer.content.decode()


def test_what_was_typed_comes_back_with_the_mistake_named(client):
    answer = client.post(FORM, filled(contact="nobody", subject="会保留的主题"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "会保留的主题" in page
    assert "退款还没有到账。" in page
    assert 'role="alert"' in page


def test_the_same_form_twice_is_one_request(client):
    once = filled()

    first, second = client.post(FORM, once), client.post(FORM, once)

    assert first.url == second.url
    assert Ticket.objects.count() == 1
    assert Message.objects.count() == 1
    assert Ticket.objects.get().number in client.get(second.url).content.decode()


def test_other_words_in_a_form_gone_back_to_are_another_request(client):
    once = filled()
    client.post(FORM, once)

    client.post(FORM, {**once, "body": "还有一件事：发票也没有收到。"})

    assert Ticket.objects.count() == 2


def test_a_key_of_another_person_opens_nothing(client):
    hers = filled()
    client.post(FORM, hers)
    thief = Client()

    thief.post(FORM, filled(client_key=hers["client_key"], contact="13800138000"))

    first, second = Ticket.objects.order_by("number")
    page = thief.get("/help/sent/").content.decode()
    assert second.number in page
    assert first.number not in page


def test_programs_that_fill_in_everything_are_asked_again(client):
    trapped = filled(**{TRAP: "https://spam.example"})

    answer = client.post(FORM, trapped)

    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    assert "https://spam.example" not in answer.content.decode()


@pytest.mark.parametrize("opened", ["", "1:forged", "x" * 90])
def test_a_form_without_a_true_opening_time_can_be_sent_the_second_time(client, opened):
    answer = client.post(FORM, filled(opened=opened))

    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    assert answer.context["form"]["opened"].value() not in {"", opened}


def test_nobody_writes_a_request_within_a_second(client):
    words = filled(opened=stamp(timezone.now()))

    assert client.post(FORM, words).status_code == 422
    assert not Ticket.objects.exists()


def test_an_ordinary_second_try_goes_through(client):
    # The clock of the form runs from when it was first opened.
    opened = stamp(timezone.now() - dt.timedelta(seconds=5))
    client.post(FORM, filled(opened=opened, contact="?"))

    assert client.post(FORM, filled(opened=opened)).status_code == 302


@pytest.mark.parametrize("field", ["name", "contact", "subject", "body"])
def test_script_is_only_text_wherever_it_is_typed(client, field):
    script = '"><script>alert(1)</script>{{ settings.SECRET_KEY }}'
    refused = client.post(FORM, filled(**{field: script, "category": ""}))

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "<script>alert" not in page
    assert settings.SECRET_KEY not in page


@pytest.mark.parametrize("field", ["name", "contact", "subject", "body", "category"])
def test_zero_bytes_are_refused_in_words(client, field):
    assert client.post(FORM, filled(**{field: "a\x00b"})).status_code == 422


def test_a_subject_is_one_line_of_visible_characters(client):
    client.post(FORM, filled(subject="退款\r\nBcc: x@example.com \u202egnp.exe\u200b"))

    assert Ticket.objects.get().subject == "退款 Bcc: x@example.com gnp.exe"


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", "长" * 121), ("subject", "长" * 201), ("body", "长" * 10_001)],
)
def test_huge_texts_are_refused(client, field, text):
    assert client.post(FORM, filled(**{field: text})).status_code == 422


@pytest.mark.parametrize("text", ["\u200b\u200b", "   ", "\u202e"])
def test_a_name_that_nobody_can_see_is_none(client, text):
    assert client.post(FORM, filled(name=text)).status_code == 422


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.PNG", PNG),
        ("photo.jpeg", b"\xff\xd8\xff\xe0" + b"0" * 20),
        ("bill.pdf", b"%PDF-1.7\n"),
        ("note.txt", "全角文字".encode()),
        ("note.csv", "日期,金额\n".encode("gb18030")),
        ("log.txt", "\ufeff你好".encode("utf-16-le")),
        ("order.xlsx", office_file()),
        ("voice.mp3", b"ID3\x04" + b"\x00" * 9),
        ("film.mp4", b"\x00\x00\x00\x18ftypisom"),
    ],
)
def test_usual_files_are_taken(client, name, content):
    answer = client.post(FORM, filled(file(name, content)))

    assert answer.status_code == 302, answer.context["form"].errors
    assert Attachment.objects.get().size == len(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<html><script>alert(1)</script>"),
        ("drawing.svg", b"<svg onload='alert(1)'/>"),
        ("tool.exe", b"MZ\x90\x00"),
        ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        ("photo.png", b"MZ\x90\x00"),
        ("note.txt", b"  <!doctype html><script>x()</script>"),
        ("note.txt", b"\x7fELF\x02\x00"),
        ("bill.pdf", b"<html><!-- %PDF-1.7 --><script>x()</script>"),
        ("bill.pdf", b" \n%PDF-1.7"),
        ("order.docm", office_file()),
        ("order.docx", office_file()),
        ("photo.jpg", PNG),
        ("bill.pdf.exe", b"%PDF-1.7"),
        ("bill", b"%PDF-1.7"),
        ("empty.txt", b""),
        ("note.php", b"hello"),
    ],
)
def test_programs_pages_and_false_names_are_refused(client, name, content):
    answer = client.post(FORM, filled(file(name, content)))

    assert answer.status_code == 422
    assert 'id="id_attachments_error"' in answer.content.decode()
    assert not Ticket.objects.exists()


def test_a_file_that_is_too_big_is_refused(client):
    big = file("film.png", PNG + b"0" * (11 * 1024 * 1024))

    assert client.post(FORM, filled(big)).status_code == 422
    assert not Attachment.objects.exists()


def test_six_files_are_one_too_many(client):
    answer = client.post(FORM, filled(*(file(f"{n}.png") for n in range(6))))

    assert answer.status_code == 422
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.txt",
        "..\\..\\boot.txt",
        "=cmd|'/C calc'!A0.txt",
        "名" * 300 + ".txt",
        "a\u202etxt.txt",
        '"><img src=x onerror=alert(1)>.txt',
    ],
)
def test_poisoned_file_names_do_no_harm(client, name):
    client.post(FORM, filled(file(name, b"hello")))

    kept = Attachment.objects.get()
    assert len(kept.name) <= 120
    assert not set(kept.name) & set("/\\=|<>\"'\u202e")
    assert kept.file.name.endswith(".bin")
    assert ".." not in kept.file.name


def test_a_form_from_elsewhere_is_refused():
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(FORM, filled()).status_code == 403
    assert not Ticket.objects.exists()


def test_too_many_requests_are_put_off_with_the_text_kept(client, settings):
    settings.PUBLIC_REQUESTS_PER_HOUR = 2
    for _number in range(2):
        assert client.post(FORM, filled()).status_code == 302

    answer = client.post(FORM, filled(subject="第三个请求"))

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    assert "第三个请求" in answer.content.decode()
    assert Ticket.objects.count() == 2


def test_hammering_the_form_is_stopped_before_it_is_read(client, settings):
    settings.PUBLIC_TRIES_PER_HOUR = 1
    client.post(FORM, {})

    answer = client.post(FORM, filled(), HTTP_ACCEPT_LANGUAGE="en")

    assert answer.status_code == 429
    assert not Ticket.objects.exists()


def test_looking_creates_nothing(client):
    for address in ("/help/", FORM, "/help/sent/"):
        client.get(address)
        client.head(address)

    assert not Ticket.objects.exists()
    assert client.post("/help/").status_code == 405
