"""Two whole backups of a small desk, made once for all the damage that is done to them."""

import datetime as dt
import hashlib

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import override_settings
from django.utils import translation

from servicedesk.audit.sealing import seal_settled
from servicedesk.backups.models import Recipient
from servicedesk.backups.sealed import make_identity
from tests.backups.drills import save_keys
from tests.backups.planting import Whole
from tests.backups.ways import TABLES, back_up
from tests.desk import _empty
from tests.factories import NOW, TicketFactory, UserFactory, ensure_defaults
from tickets.models import Attachment

PHOTOGRAPH = b"a photograph of a broken kettle"
LATER = NOW + dt.timedelta(minutes=5)


@pytest.fixture(scope="module")
def two(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two whole backups of a desk with a ticket, an attachment and a sealed log."""
    home = tmp_path_factory.mktemp("desk")
    places = {
        "BACKUP_DIR": home / "backups",
        "MEDIA_ROOT": home / "media",
        "AUDIT_SEALS_DIR": home / "seals",
        "ERASURES_DIR": home / "erasures",
        "BACKUP_IDENTITY_FILE": "",
    }
    private, public = make_identity()
    with (
        django_db_blocker.unblock(),
        override_settings(**places),
        translation.override("en"),
    ):
        ensure_defaults()
        fill(public)
        made = [back_up(now=moment) for moment in (NOW, LATER)]
        wholes = [Whole(home / "backups", each.name, private) for each in made]
        yield wholes
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        _empty()
        for each in wholes:
            each.drop()
        connection.close()


def fill(public):
    for key in (public, make_identity()[1]):
        Recipient.objects.create(name=key[:8], key=key, added_at=NOW)
    UserFactory(display_name="Wang Fang", team="call-centre")
    ticket = TicketFactory(name="张伟", contact="zhang.wei@example.com")
    Attachment.objects.create(
        message=ticket.messages.first(),
        file=ContentFile(PHOTOGRAPH, name="kettle.jpg"),
        name="kettle.jpg",
        size=len(PHOTOGRAPH),
        sha256=hashlib.sha256(PHOTOGRAPH).hexdigest(),
        created_at=NOW,
    )
    save_keys()
    seal_settled(now=NOW)
