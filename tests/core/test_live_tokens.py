import datetime as dt
import json

import pytest
from django.core.signing import BadSignature
from django.urls import reverse
from django.utils.timezone import now

from servicedesk.core.live import channels, tokens
from servicedesk.core.live.publish import publish, purge
from servicedesk.core.live.snapshot import Cursor, Snapshot
from servicedesk.core.models import LiveEvent
from servicedesk.staff.models import User

NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


@pytest.fixture
def mei(db):
    return User.objects.create_user(
        username="mei", email="mei@example.com", password="correct-horse-battery"
    )


@pytest.fixture
def team_rule():
    """Mei may read the channel of room 3, and a careless rule offers one too many."""
    channels.register_channels("room", lambda *_: ["room:3", "room:99"])
    yield
    del channels._rules["room"]


def test_a_token_says_who_reads_what_and_hides_the_session():
    text = tokens.stream_token(
        user_id=7, session_key="mei-session", channels=["team:3", "user:7"], now=NOON
    )

    token = tokens.read_token(text)

    assert (token.user_id, token.channels) == ("7", {"team:3", "user:7"})
    assert token.expires_at == NOON + dt.timedelta(minutes=10)
    assert "mei-session" not in f"{text}{token}"
    assert token.session == tokens.session_ref("mei-session")


def test_a_changed_token_is_refused():
    text = tokens.stream_token(
        user_id=7, session_key="s", channels=["user:7"], now=NOON
    )

    for false in (text[:-1] + ("A" if text[-1] != "A" else "B"), "x" + text, "", "a:b"):
        with pytest.raises(BadSignature):
            tokens.read_token(false)


def test_a_token_view_hands_out_only_what_the_rules_allow(client, mei, team_rule):
    client.force_login(mei)
    wanted = ["room:3", "room:5", "nobody:1", "user:999", "<script>"]

    response = client.get(reverse("live-token"), {"channel": wanted})

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    token = tokens.read_token(response.json()["token"])
    assert token.channels == {"room:3", f"user:{mei.pk}"}
    assert token.session == tokens.session_ref(client.session.session_key)
    assert response.json()["expires_in"] == 600


def test_a_visitor_gets_no_token(client, db):
    assert client.get(reverse("live-token")).status_code == 401


def test_too_many_channels_are_refused(client, mei):
    client.force_login(mei)
    wanted = [f"team:{n}" for n in range(tokens.MAX_CHANNELS)]

    assert client.get(reverse("live-token"), {"channel": wanted}).status_code == 400


def test_publishing_costs_one_query_whatever_the_channels(
    db, django_assert_num_queries
):
    with django_assert_num_queries(1):
        publish(channels=["team:1", "user:2", "team:1"], kind="assigned", ref="42")

    rows = LiveEvent.objects.order_by("channel").values_list("channel", "kind", "ref")
    assert list(rows) == [("team:1", "assigned", "42"), ("user:2", "assigned", "42")]


def test_publishing_to_nobody_asks_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        publish(channels=[], kind="assigned", ref="42")


@pytest.mark.parametrize(
    ("channel", "kind", "ref"),
    [
        ("team", "assigned", "1"),
        ("team:1", "Assigned to Mei", "1"),
        ("team:1", "assigned", "mei@example.com"),
        ("team:1", "assigned", "王小美"),
        ("team:1", "assigned", "138 1234 5678"),
    ],
)
def test_customers_values_cannot_be_published(db, channel, kind, ref):
    with pytest.raises(ValueError, match="live"):
        publish(channels=[channel], kind=kind, ref=ref)


def test_purging_keeps_what_is_young(db):
    publish(channels=["team:1", "team:2"], kind="assigned", ref="1")
    LiveEvent.objects.filter(channel="team:1").update(at=now() - dt.timedelta(days=2))

    assert purge(before=now() - dt.timedelta(days=1)) == 1
    assert LiveEvent.objects.get().channel == "team:2"


def test_a_snapshot_sees_what_had_ended():
    snapshot = Snapshot.parse("10:15:11,13")

    assert snapshot is not None
    seen = [xid for xid in range(8, 18) if snapshot.sees(xid)]
    assert seen == [8, 9, 10, 12, 14]
    assert str(snapshot) == "10:15:11,13"


@pytest.mark.parametrize(
    "text", ["", "1", "5:3:", "1:9:9", "1:9:0", "a:b:", "1:2:3,", "1:2:" + "1," * 9000]
)
def test_what_is_no_snapshot_is_not_taken_for_one(text):
    assert Snapshot.parse(text) is None


def test_a_snapshot_with_many_writers_gets_coarser_but_never_later():
    busy = Snapshot(100, 300, tuple(range(100, 300, 2)))

    coarse = Snapshot.parse(str(busy))

    assert coarse is not None
    assert len(str(busy)) < 50
    assert all(busy.sees(xid) for xid in range(90, 310) if coarse.sees(xid))


def test_a_cursor_carries_its_time():
    cursor = Cursor(Snapshot(10, 12, (10,)), NOON)

    assert Cursor.parse(str(cursor)) == cursor
    assert Cursor.parse("10:12:10") is None


def test_a_page_gets_what_its_stream_needs(client, mei, rf):
    from servicedesk.core.live.views import live_page  # noqa: PLC0415

    client.force_login(mei)
    request = rf.get("/")
    request.user, request.session = mei, client.session

    page = live_page(request, ["team:8"])

    assert json.loads(page["channels"]) == ["team:8"]
    assert tokens.read_token(page["token"]).channels == {f"user:{mei.pk}"}
