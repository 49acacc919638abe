"""The copy of all data: complete, encrypted, for a while, told by another way."""

import io
import json
import re

import openpyxl
import pytest
import pyzipper
from django.core import mail
from django.core.files.base import ContentFile

from customers import tasks
from customers.actions import package_files
from customers.actions.package import (
    DOWNLOADS,
    ask_package,
    destroy_package,
    hand_out,
    mail_password,
    tell_password,
)
from customers.models import PackageState, RightsPackage
from customers.queries.package import Section
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Job
from tests.core.test_jobs import work
from tests.customers.persons import asked_by, ding, guo, zhang
from tests.desk import desk, fresh, wang
from tests.factories import DAY, NOW
from tickets.models import Attachment, Message, MessageKind

__all__ = ["desk", "ding", "guo", "wang", "zhang"]


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def made_for(person, by):
    """Return a package that a worker has made."""
    asked = asked_by(person, "access", by=by)
    ask_package(asked=asked, by=by, now=NOW)
    job = work(NOW)
    assert job.state == "done", job.error
    return RightsPackage.objects.get(request=asked)


def opened(package, password):
    """Return the files of a package, as somebody at home opens them."""
    content = package_files.path_of(package.pk).read_bytes()
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(password.encode())
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_on_the_person_is_in_it(zhang, ding, wang):
    ticket = zhang.tickets.get()
    said = ticket.messages.first()
    Attachment.objects.create(
        message=said, file=ContentFile(b"x", "photo.jpg"), name="photo.jpg", size=1,
        sha256="0" * 64, created_at=NOW,
    )  # fmt: skip
    Message.objects.create(
        ticket=ticket, seq=99, kind=MessageKind.NOTE, channel="web", author=wang,
        body="He was angry", created_at=NOW,
    )  # fmt: skip
    package = made_for(zhang, ding)
    files = opened(package, tell_password(package=package, by=ding, now=NOW))
    told = json.loads(files["data.json"])

    assert told["record"][0]["name"] == "张伟"
    assert told["record"][0]["id_number"] == "310101199003078888"
    assert {row["value"] for row in told["contacts"]} == {
        "zhang.wei@example.com", "zhang.work@example.com", "+8613812345678",
    }  # fmt: skip
    assert [row["order_number"] for row in told["purchases"]] == ["O-0007", "O-1001"]
    assert told["payments"][0]["account"] == "6222020200001234567"
    assert len(told["consents"]) == 1
    assert told["tickets"][0]["subject"] == "收到的耳机没有声音"
    assert told["messages"][0]["text"] == "昨天收到耳机，左边没有声音。"
    assert told["files"][0]["name"] == "photo.jpg"
    # Who looked is told by function, and what colleagues noted is not in it.
    assert told["looks"][0]["by"] == "客服专员"
    whole = files["data.json"].decode()
    assert "Wang Fang" not in whole
    assert "He was angry" not in whole


def test_the_workbook_says_the_same_and_holds_no_formula(zhang, ding):
    zhang.notes = '=HYPERLINK("http://evil.example","x")'
    zhang.save()
    package = made_for(zhang, ding)
    files = opened(package, tell_password(package=package, by=ding, now=NOW))
    book = openpyxl.load_workbook(io.BytesIO(files["data.xlsx"]))

    sheet = book.worksheets[0]
    cells = {cell.value: cell.data_type for row in sheet.rows for cell in row}
    assert cells['=HYPERLINK("http://evil.example","x")'] == "s"
    assert len(book.worksheets) == len(json.loads(files["data.json"])) - 1


def test_what_lies_on_the_disk_is_never_clear(zhang, ding, tmp_path, monkeypatch):
    written = []
    real = package_files.store
    monkeypatch.setattr(
        package_files,
        "store",
        lambda key, data: written.append(data) or real(key, data),
    )
    package = made_for(zhang, ding)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [package_files.path_of(package.pk)]
    assert files[0].stat().st_mode & 0o077 == 0
    assert "张伟".encode() not in files[0].read_bytes()
    with pytest.raises(RuntimeError):
        opened(package, "wrong-password")
    assert len(written) == 1


def test_the_password_is_told_once(zhang, ding):
    package = made_for(zhang, ding)

    first = tell_password(package=package, by=ding, now=NOW)
    assert len(first) == 24
    with pytest.raises(RuleError, match="told already"):
        tell_password(package=package, by=ding, now=NOW)
    assert fresh(package).password is None
    assert fresh(package).told_by == ding


def test_link_and_password_go_two_ways(zhang, ding):
    zhang.contact_points.update(verified_at=NOW)
    package = made_for(zhang, ding)
    mail_password(package=package, now=NOW)
    tasks.sweep_rights_letters()

    password = next(each for each in mail.outbox if "http" not in each.body)
    [ready] = [each for each in mail.outbox if each is not password]
    assert sorted(ready.to + password.to) == [
        "zhang.wei@example.com", "zhang.work@example.com",
    ]  # fmt: skip
    [clear] = re.findall(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){4}", password.body)
    assert clear not in ready.body
    assert "data.json" in opened(package, clear)
    assert fresh(package).password is None


def test_without_a_second_verified_address_it_is_not_mailed(zhang, ding):
    zhang.contact_points.filter(verified_at__isnull=False).update(verified_at=None)
    package = made_for(zhang, ding)

    with pytest.raises(RuleError, match="no second verified"):
        mail_password(package=package, now=NOW)


def test_five_downloads_or_seven_days_then_it_is_gone(zhang, ding):
    package = made_for(zhang, ding)
    for _time in range(DOWNLOADS):
        assert hand_out(request=package.request, now=NOW) is not None
    assert hand_out(request=package.request, now=NOW) is None

    RightsPackage.objects.update(downloads=0)
    assert hand_out(request=package.request, now=NOW + 6 * DAY) is not None
    assert hand_out(request=package.request, now=NOW + 7 * DAY) is None

    tasks.sweep_rights()  # today is later than all of this
    assert fresh(package).state == PackageState.DESTROYED
    assert not package_files.path_of(package.pk).exists()
    assert not destroy_package(pk=package.pk, now=NOW)


def test_before_the_identity_is_checked_nothing_is_made(zhang, ding):
    asked = asked_by(zhang, "access", by=ding, checked=False)

    with pytest.raises(RuleError, match="identity"):
        ask_package(asked=asked, by=ding, now=NOW)
    assert not Job.objects.exists()


def test_a_second_package_waits_until_the_password_of_the_first_is_out(zhang, ding):
    package = made_for(zhang, ding)
    with pytest.raises(RuleError, match="a package already"):
        ask_package(asked=package.request, by=ding, now=NOW)

    tell_password(package=package, by=ding, now=NOW)
    ask_package(asked=package.request, by=ding, now=NOW)

    assert fresh(package).state == PackageState.DESTROYED


def test_more_than_memory_should_hold_is_refused(monkeypatch):
    monkeypatch.setattr(package_files, "LARGEST", 10)
    section = Section("a", "A", {"b": "B"}, [("much too long",)])

    with pytest.raises(RuleError, match="more data"):
        package_files.as_json([section], now=NOW)


def test_the_job_says_nothing_of_the_person(zhang, ding):
    made_for(zhang, ding)
    job = Job.objects.get()

    assert set(job.params) == {"package"}
    assert set(job.result) == {"request"}
