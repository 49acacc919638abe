"""Everybody signs for themselves; what is signed or published stays as it is."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from servicedesk.audit.models import LogEntry
from servicedesk.core.errors import RuleError
from servicedesk.core.models import Notification
from servicedesk.staff.actions.agreement import discard_draft, publish, save_draft
from servicedesk.staff.actions.clearance import sign
from servicedesk.staff.models import (
    AgreementSignature,
    ConfidentialityAgreement,
    TrainingRecord,
    User,
)
from servicedesk.staff.queries import asked_from, missing
from servicedesk.staff.queries.clearance import newest_agreement
from tests.desk import fresh
from tests.factories import DAY, NOW, UserFactory, clear
from tests.staff.conftest import PASSWORD

pytestmark = pytest.mark.django_db
TEXTS = {"text_zh": "# 新\n正文", "text_en": "# New\nText", "changes_zh": "新",
         "changes_en": "Cameras are named."}  # fmt: skip


@pytest.fixture
def ma(desk):
    """Ma Chao came today and has signed nothing."""
    user = UserFactory(
        display_name="Ma Chao", team="call-centre", cleared=False, password=PASSWORD
    )
    return clear(user, signed=False)


@pytest.fixture
def zheng(desk):
    """Zheng Jie is data protection officer."""
    return UserFactory(display_name="Zheng Jie", role="data_protection_officer")


def signed_in(client, user):
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def form(**more):
    given = {"version": newest_agreement().number, "language": "en", "read": "on"}
    return {**given, "typed_name": "Ma Chao", **more}


def new_version(by, *, effective_from=None, now=None):
    moment = now or timezone.now()
    save_draft(**TEXTS, now=moment)
    return publish(effective_from=effective_from or moment, by=by, now=moment)


def put(user, typed_name="Ma Chao", **more):
    given = {"language": "en", "address": None, "now": timezone.now(), **more}
    agreement = given.pop("agreement", None) or newest_agreement()
    return sign(agreement=agreement, user=user, typed_name=typed_name, **given)


def test_a_fresh_desk_has_a_real_agreement_in_both_languages(desk):
    first = ConfidentialityAgreement.objects.get()

    assert first.number == 1
    assert first.published
    for text, words in (
        (first.text_zh, ["保密", "推广", "离职以后", "违反的后果"]),
        (first.text_en, ["confidential", "promotion", "After you leave", "breach"]),
    ):
        assert len(text) > 800
        assert all(word in text for word in words)


def test_the_way_from_the_closed_page_to_the_inbox(ma, client, ticket):
    signed_in(client, ma)
    assert "/clearance/agreement/" in client.get("/inbox/").content.decode()

    page = client.get("/clearance/agreement/").content.decode()
    assert "no breach of this agreement" in page
    assert 'lang="en"' in page
    chinese = client.get("/clearance/agreement/?lang=zh-hans").content.decode()
    assert "保密义务不因调岗或离职而终止" in chinese
    answer = client.post("/clearance/agreement/", form())

    assert answer.status_code == 302
    assert client.get("/inbox/").status_code == 200
    signature = AgreementSignature.objects.get(user=ma)
    assert (signature.typed_name, signature.language) == ("Ma Chao", "en")
    assert signature.address == "127.0.0.1"
    assert signature.digest == signature.agreement.digest
    again = client.get("/clearance/agreement/").content.decode()
    assert "You signed this version" in again
    assert 'name="typed_name"' not in again


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"typed_name": "Ma"}, "Type your name exactly as it stands here: Ma Chao"),
        ({"typed_name": "Wang Fang"}, "Type your name exactly"),
        ({"read": ""}, "required"),
        ({"version": 99}, "newer version"),
    ],
)
def test_what_is_no_signature(typed, refusal, ma, client):
    signed_in(client, ma)

    answer = client.post("/clearance/agreement/", form(**typed))

    assert answer.status_code == 422
    assert refusal in answer.content.decode()
    assert not AgreementSignature.objects.filter(user=ma).exists()


def test_an_open_browser_signs_nothing_without_the_password(ma, client):
    client.post("/accounts/login/", {"login": ma.username, "password": PASSWORD})

    answer = client.post("/clearance/agreement/", form())

    assert answer.status_code == 302
    assert "/reauthenticate/" in answer["Location"]
    assert not AgreementSignature.objects.filter(user=ma).exists()
    wrong = client.post(answer["Location"], {"password": "somebody else's"})
    assert wrong.status_code == 200
    assert not AgreementSignature.objects.filter(user=ma).exists()
    # What was filled in before is sent again by itself.
    done = client.post(
        "/accounts/reauthenticate/",
        {"password": PASSWORD, "next": "/clearance/agreement/"},
    )
    assert done.status_code == 302
    assert AgreementSignature.objects.get(user=ma).typed_name == "Ma Chao"


def test_nobody_signs_for_others_nor_reads_what_they_signed(ma, wang, client):
    signed_in(client, ma)

    client.post("/clearance/agreement/", form(user=wang.pk, typed_name="Wang Fang"))

    assert not AgreementSignature.objects.filter(user=ma).exists()
    assert client.get("/clearance/signed/1/").status_code == 404
    assert client.get(f"/clearance/people/{wang.pk}/signed/1/").status_code == 404


def test_the_signed_copy_is_read_and_kept(wang, client):
    client.force_login(wang)
    assert "/clearance/signed/1/" in client.get("/clearance/").content.decode()

    page = client.get("/clearance/signed/1/")
    file = client.get("/clearance/signed/1/?lang=zh-hans&file=1")

    assert "Wang Fang" in page.content.decode()
    assert "attachment" in file["Content-Disposition"]
    assert "Wang" not in file["Content-Disposition"]
    assert "一、为什么签署" in file.content.decode()


def test_signed_twice_is_signed_once(ma):
    first = put(ma)

    assert put(ma) == first
    assert AgreementSignature.objects.filter(user=ma).count() == 1


def test_a_new_version_asks_everybody_again_at_once(zheng, wang, client, ticket):
    client.force_login(wang)
    assert client.get("/inbox/").status_code == 200

    new_version(zheng)

    assert client.get("/inbox/").status_code == 403
    page = client.get("/clearance/agreement/")
    assert client.get("/").status_code == 200
    with pytest.raises(RuleError, match="newer version"):
        put(wang, "Wang Fang", agreement=ConfidentialityAgreement.objects.get(number=1))
    put(wang, "Wang Fang")
    assert client.get("/inbox/").status_code == 200
    assert "Cameras are named." in page.content.decode()


def test_a_version_for_later_asks_first_and_closes_then(zheng, wang, client, ticket):
    client.force_login(wang)
    soon = timezone.now() + DAY
    new_version(zheng, effective_from=soon)

    told = client.get("/inbox/")
    assert told.status_code == 200
    assert "waits for your signature" in told.content.decode()
    assert asked_from(fresh(wang)) == soon
    put(wang, "Wang Fang")
    assert asked_from(fresh(wang)) is None
    assert "waits for your signature" not in client.get("/inbox/").content.decode()


def test_a_newer_signature_counts_for_what_came_before(zheng, ma):
    new_version(zheng, effective_from=timezone.now() + DAY)
    assert missing(fresh(ma)) == ("agreement",)

    put(ma)

    assert missing(fresh(ma)) == ()


def test_everybody_hears_of_a_new_version_once(zheng, wang, ma):
    made = new_version(zheng, effective_from=timezone.now() + DAY)

    told = Notification.objects.filter(kind="staff.agreement_to_sign")
    assert set(told.values_list("user", flat=True)) == {zheng.pk, wang.pk, ma.pk}
    assert set(told.values_list("ref", flat=True)) == {str(made.number)}


def refused(sql, *values):
    with (
        pytest.raises(DatabaseError, match="is refused"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)
    return True


def test_the_database_keeps_what_was_signed_published_and_recorded(ma, zheng):
    put(ma)
    TrainingRecord.objects.create(
        user=ma, kind="onboarding", passed=True, on=NOW, by=zheng, recorded_at=NOW
    )
    for table, change in (
        ("staff_agreementsignature", "typed_name = 'x'"),
        ("staff_confidentialityagreement", "text_zh = 'x'"),
        (
            "staff_confidentialityagreement",
            "effective_from = NULL, published_at = NULL",
        ),
        ("staff_trainingrecord", "passed = false"),
    ):
        assert refused(f"UPDATE {table} SET {change}")
        assert refused(f"DELETE FROM {table}")
        assert refused(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE")


def test_a_draft_changes_and_goes_but_cannot_be_signed(ma, zheng):
    draft = save_draft(**TEXTS, now=NOW)
    again = save_draft(**TEXTS | {"text_en": "Other"}, now=NOW)

    assert draft.pk == again.pk
    assert fresh(again).text_en == "Other"
    assert newest_agreement().number == 1
    with pytest.raises(RuleError, match="newer version"):
        put(ma, agreement=again)
    with (
        pytest.raises(DatabaseError, match="draft cannot be signed"),
        transaction.atomic(),
    ):
        AgreementSignature.objects.create(
            user=ma, agreement=again, typed_name="x", at=NOW, language="en", digest="0"
        )
    discard_draft()
    assert ConfidentialityAgreement.objects.count() == 1
    with pytest.raises(RuleError, match="no draft"):
        publish(effective_from=NOW, by=zheng, now=NOW)


def test_the_data_protection_officer_writes_and_publishes(zheng, wang, client):
    client.force_login(zheng)
    assert "Version 1" in client.get("/clearance/versions/").content.decode()

    begun = client.get("/clearance/versions/draft/").content.decode()
    assert "Personal Information Protection Law" in begun
    assert client.post("/clearance/versions/draft/", {}).status_code == 422
    assert client.post("/clearance/versions/draft/", TEXTS).status_code == 302
    assert client.get("/clearance/versions/2/").status_code == 200
    unsure = client.post("/clearance/versions/draft/publish/", {})
    assert unsure.status_code == 422
    day = (timezone.localtime() + dt.timedelta(days=9)).date()
    sure = {"sure": "on", "effective_from": day.isoformat()}
    assert client.post("/clearance/versions/draft/publish/", sure).status_code == 302

    made = ConfidentialityAgreement.objects.get(number=2)
    assert made.published_by == zheng
    assert timezone.localtime(made.effective_from).date() == day
    assert client.get("/clearance/versions/draft/publish/").status_code == 404
    listed = client.get("/clearance/versions/").content.decode()
    assert "Announced" in listed


def test_versions_are_closed_to_others(wang, zhao, client):
    for user in (wang, zhao, UserFactory(role="administrator")):
        client.force_login(user)
        for path in ("", "1/", "draft/", "draft/publish/"):
            assert client.get(f"/clearance/versions/{path}").status_code == 404
        assert client.post("/clearance/versions/draft/discard/").status_code == 404


def test_no_name_stands_in_the_log_of_a_signature(ma):
    put(ma)

    entry = LogEntry.objects.get_for_object(AgreementSignature.objects.get(user=ma))[0]
    assert "Ma Chao" not in str(entry.changes)
    assert "Ma Chao" not in entry.object_repr
    assert User.objects.filter(pk=ma.pk).exists()
