"""The desk burns down: another machine is made from its backup, and people work on.

Two keyholders bring the keys back, a third person's key opens the backup, and the real
command puts it into a fresh database and a fresh folder. Then somebody signs in.
"""

from pathlib import Path

import pyrage
import pytest
from playwright.sync_api import expect

from tests.browser.chrome import Visits
from tests.browser.mailbox import link_in, text_of
from tests.browser.people import Colleague, Customer
from tests.browser.stack import Stack, own_database
from tests.browser.words import Words

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("restore")]
ADDRESS, SUBJECT = "mei.restore@customer.example", "The kettle does not boil"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"a picture of a kettle" * 40


@pytest.fixture
def desk():
    with Stack() as running:
        yield running


@pytest.fixture
def visits(browser, desk):
    opened = Visits(browser, desk)
    yield opened
    opened.close()
    assert not opened.complaints.found


class Story:
    """One customer with a photograph, one colleague, before the fire and after it."""

    def __init__(self, visits, desk, folder):
        self.visits, self.desk, self.folder = visits, desk, folder
        self.say = Words("en")

    def asked(self):
        photo = self.folder / "kettle.png"
        photo.write_bytes(PICTURE)
        customer = Customer(self.visits.open(language="en"), self.say)
        self.number = customer.ask(
            contact=ADDRESS, subject=SUBJECT, category="technical", file=photo
        )
        words = self.say("We have received your request %(number)s", number=self.number)
        self.link = link_in(self.desk.mail.wait_for(ADDRESS, words, count=1))

    def saved(self):
        """Back up the keys for four people, then the desk; return the backup's name."""
        for group, names in (("one", ("lin", "otto")), ("two", ("mei", "ada"))):
            lines = []
            for name in names:
                made = pyrage.x25519.Identity.generate()
                (self.folder / name).write_text(f"{made}\n")
                lines.append(f"# {name}\n{made.to_public()}\n")
            (self.folder / group).write_text("".join(lines))
        groups = [f"--group-{n}={self.folder / n}" for n in ("one", "two")]
        self.desk.manage("keys", "backup", str(self.folder / "keys.age"), *groups)
        two = [f"--identity={self.folder / name}" for name in ("otto", "ada")]
        self.desk.manage("keys", "prove", str(self.folder / "keys.age"), *two)
        said = self.desk.manage("backup", "--wait")
        assert "is good" in said
        [[name]] = self.desk.ask("SELECT name FROM backups_backup WHERE state = 'good'")
        return name

    def drilled(self):
        said = self.desk.manage("drill")
        assert "Would it have saved the company? Yes." in said
        assert "Measured recovery time" in said

    def burnt(self):
        """Stop all, and lose the keys, the attachments and the database's address."""
        self.visits.close()
        self.desk.stop()
        self.old = Path(self.desk.folder)
        for path in (self.old / "keys", self.old / "media"):
            path.rename(path.with_name(f"{path.name}.burnt"))

    def restored(self, name, database, home):
        keys = home / "keys"
        self.desk.environment |= {
            "DATABASE_URL": database,
            "DATA_DIR": str(home),
            "FIELD_KEYS_DIR": str(keys),
        }
        two = [f"--identity={self.folder / name}" for name in ("lin", "mei")]
        file = str(self.folder / "keys.age")
        said = self.desk.manage("keys", "recover", file, f"--into={keys}", *two)
        assert "every mark is right" in said
        said = self.desk.manage(
            "restore",
            name,
            f"--from={self.old / 'backups'}",
            f"--identity={self.old / 'demo-backup-keys.txt'}",
            f"--yes-database={database.rpartition('/')[2]}",
            f"--yes-backup={name}",
        )
        assert "What to do now" in said
        assert "whole" in self.desk.manage("verify_audit")
        self.desk.database = database
        for part in ("web", "worker", "beat"):
            self.desk.run(part)
        self.desk._wait_for_login_page()

    def works_on(self):
        emma = Colleague(self.visits.sign_in("emma", language="en"), self.say)
        emma.queue("open")
        emma.open(self.number)
        emma.take()
        said = self.say("%(number)s is yours.", number=self.number)
        expect(emma.toast(said)).to_be_visible()
        expect(emma.page.locator("#context")).to_contain_text("m***@customer.example")
        file = emma.thread.locator(".file").first.get_attribute("href")
        assert emma.page.request.get(file).body() == PICTURE
        emma.write("reply", "We are sorry. A new kettle is on its way.")
        words = self.say("Answer to your request %(number)s", number=self.number)
        letter = self.desk.mail.wait_for(ADDRESS, words, count=1)
        # The customer's old link opens the same request.
        page = self.visits.open(language="en")
        page.goto(self.link)
        expect(page.locator("#progress-thread")).to_contain_text("A new kettle")
        return text_of(letter)


def test_a_desk_made_from_its_backup_serves_as_before(visits, desk, tmp_path):
    story = Story(visits, desk, tmp_path)
    story.asked()
    name = story.saved()
    story.drilled()
    story.burnt()
    with own_database() as database:
        story.restored(name, database, tmp_path / "another machine")
        assert "A new kettle is on its way" in story.works_on()
        visits.close()
        desk.stop()
