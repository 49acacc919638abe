"""The event stream over a real server: nothing lost, nothing doubled, nobody listening in."""

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import signal
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.utils.timezone import now

from servicedesk.core.live.endpoint import Endpoint
from servicedesk.core.live.hub import Hub
from servicedesk.core.live.publish import (
    _INSERT_AND_NOTIFY,
    publish,
)
from servicedesk.core.live.stream import MAX_WAITING
from servicedesk.core.live.tokens import stream_token
from servicedesk.core.models import LiveEvent
from tests.core.live_stream.ways import (
    MEI,
    connect,
    really,
    sign_out,
    tell,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_an_event_arrives_at_once_and_only_where_it_may(browse):
    mei = browse("team:1").ready()
    jun = browse("team:2", who={"user_id": 8, "session_key": "jun"}).ready()

    started = time.monotonic()
    tell("team:1", "for-mei")
    assert mei.until("for-mei") == ["for-mei"]
    assert time.monotonic() - started < 2

    tell("team:2", "for-jun")
    assert jun.until("for-jun") == ["for-jun"]
    assert mei.response.getheader("Cache-Control") == "no-store"
    assert mei.response.getheader("X-Accel-Buffering") == "no"
    assert mei.response.getheader("Content-Type").startswith("text/event-stream")


def test_what_is_rolled_back_is_never_heard(browse):
    mei = browse("team:1").ready()

    def undo():
        with transaction.atomic():
            publish(channels=["team:1"], kind="changed", ref="undone")
            raise ZeroDivisionError

    with contextlib.suppress(ZeroDivisionError):
        really(undo)
    tell("team:1", "done")

    assert mei.until("done") == ["done"]


def test_publishing_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        really(lambda: publish(channels=["team:1"], kind="changed", ref="1"))


def test_a_false_expired_or_foreign_token_opens_nothing(browse):
    long_ago = now() - dt.timedelta(minutes=11)
    good = stream_token(channels=["team:1"], now=now(), **MEI)
    old = stream_token(channels=["team:1"], now=long_ago, **MEI)

    assert browse(token="nonsense").status == 403
    assert browse(token=good[:-2] + "xx").status == 403
    assert browse(token=old).status == 401
    assert browse(token=good, cookie="session-of-jun").status == 403
    assert browse(token=good, cookie="").status == 403
    assert browse(token=good).status == 200


def test_a_stream_ends_when_its_token_does(browse):
    nearly = now() - dt.timedelta(minutes=10) + dt.timedelta(seconds=2)
    mei = browse(token=stream_token(channels=["team:1"], now=nearly, **MEI))

    names = []
    while (message := mei.message())[0]:
        names.append(message[0])

    assert names[-1] == "expired"


def test_a_reconnected_browser_gets_what_it_missed_and_nothing_twice(browse):
    mei = browse("team:1").ready()
    tell("team:1", "before")
    mei.until("before")
    mei.close()
    tell("team:1", "away-1")
    tell("team:2", "not-hers")
    tell("team:1", "away-2")

    again = browse("team:1", after=mei.cursor)
    tell("team:1", "after")

    assert again.until("after") == ["away-1", "away-2", "after"]
    assert not set(mei.had) & set(again.had)


def test_what_happens_between_page_and_stream_is_not_lost(browse):
    token = stream_token(channels=["team:1"], now=now(), **MEI)
    tell("team:1", "early")

    assert browse(token=token).until("early") == ["early"]


def test_a_transaction_that_commits_late_is_not_lost(browse):
    """Its row has the lower id, but appears after the row with the higher one."""
    sql = _INSERT_AND_NOTIFY.format(table=LiveEvent._meta.db_table)
    mei = browse("team:1").ready()
    with contextlib.closing(connect()) as slow, slow.cursor() as cursor:
        cursor.execute(sql, [["team:1"], "changed", "slow", "servicedesk_live"])
        tell("team:1", "quick")
        assert mei.until("quick") == ["quick"]
        cursor_while_open = mei.cursor
        tell("team:1", "quick-2")
        mei.until("quick-2")
        slow.commit()

    assert mei.until("slow") == ["slow"]
    assert mei.had[2] < mei.had[0] < mei.had[1]
    # A browser that went away in between hears the late one too.
    away = browse("team:1", after=cursor_while_open)
    tell("team:1", "last")
    assert away.until("last") == ["slow", "quick-2", "last"]


def test_the_listener_survives_the_loss_of_its_connection(browse):
    mei = browse("team:1").ready()
    with contextlib.closing(connect()) as admin, admin.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'servicedesk live'"
            " AND datname = current_database()"
        )
        assert cursor.rowcount == 1

    tell("team:1", "while-deaf")

    assert mei.until("while-deaf") == ["while-deaf"]


def test_a_killed_server_comes_back_with_what_was_missed(browse, server):
    mei = browse("team:1").ready()
    tell("team:1", "before")
    mei.until("before")
    server.end(signal.SIGKILL)
    tell("team:1", "while-down")
    server.start()

    again = browse("team:1", after=mei.cursor)

    assert again.until("while-down") == ["while-down"]


def write_in_uneven_transactions(number):
    sql = _INSERT_AND_NOTIFY.format(table=LiveEvent._meta.db_table)
    with contextlib.closing(connect()) as own:
        for n in range(40):
            with own.cursor() as cursor:
                values = [["team:1"], "changed", f"{number}-{n}", "servicedesk_live"]
                cursor.execute(sql, values)
            time.sleep(0.002 * (number * n % 7))
            own.commit()


def test_nothing_is_lost_or_doubled_under_writers_and_reconnects(browse):
    """Four writers with transactions of all lengths; a browser that keeps leaving."""
    expected = {f"{number}-{n}" for number in range(4) for n in range(40)}
    browser = browse("team:1").ready()
    with ThreadPoolExecutor(4) as writers:
        written = writers.map(write_in_uneven_transactions, range(4))
        got, stays = [], itertools.cycle([3, 40, 11, 200])
        while {ref for _, ref in got} != expected:
            # Some messages, then away and back again.
            for name, data in (browser.message() for _ in range(next(stays))):
                if name == "message":
                    event = json.loads(data)
                    got.append((event["id"], event["ref"]))
                if {ref for _, ref in got} == expected:
                    break
            browser.close()
            browser = browse("team:1", after=browser.cursor)
        list(written)

    # A batch that was cut off comes again whole; the browser drops it by the ids.
    assert len(set(got)) == len(expected)


def test_signing_out_closes_this_session_at_once(browse):
    here = browse("user:7").ready()
    elsewhere = browse("user:7", who={**MEI, "session_key": "phone"}).ready()

    sign_out(user_id=7, session_key="session-of-mei")

    assert here.message()[0] == "signed_out"
    assert here.message() == ("", "")
    tell("user:7", "still-here")
    assert elsewhere.until("still-here")[-1] == "still-here"

    sign_out(user_id=7)
    assert elsewhere.message()[0] == "signed_out"


def test_a_token_of_a_session_that_has_ended_opens_nothing_for_long(browse):
    token = stream_token(channels=["user:7"], now=now(), **MEI)
    sign_out(user_id=7, session_key="session-of-mei")

    assert browse(token=token).message()[0] == "signed_out"


def test_a_browser_that_was_away_for_too_long_reloads(browse):
    old = int((now() - dt.timedelta(days=2)).timestamp())
    mei = browse("team:1", after=f"3:3:@{old}")

    assert mei.message()[0] == "reset"
    tell("team:1", "new")
    assert mei.until("new")[-1] == "new"


def test_a_cursor_of_another_database_reloads(browse):
    fresh = int(now().timestamp())
    mei = browse("team:1", after=f"{10**18}:{10**18}:@{fresh}")

    assert mei.message()[0] == "reset"


def test_a_user_holds_a_limited_number_of_streams(browse):
    held = [browse("team:1").ready() for _ in range(6)]

    assert browse("team:1").status == 429
    held.pop().close()
    deadline = time.monotonic() + 5
    while browse("team:1").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_server_stops_quickly_with_streams_open(browse, server):
    mei = browse("team:1").ready()

    started = time.monotonic()
    server.end()

    assert time.monotonic() - started < 3
    assert mei.message()[0] == "bye"


def test_a_browser_that_does_not_read_is_let_go():
    """The web server stands still for it; the endpoint must not."""
    token = stream_token(channels=["team:1"], now=now(), **MEI)
    scope = {
        "type": "http",
        "method": "GET",
        "query_string": urllib.parse.urlencode({"token": token}).encode(),
        "headers": [(b"cookie", b"sessionid=session-of-mei")],
    }

    async def receive():
        await asyncio.sleep(60)

    async def play():
        hub, opened = Hub(), asyncio.Event()

        async def send(message):
            if message["type"] == "http.response.body":
                opened.set()
                await asyncio.sleep(60)

        serving = asyncio.create_task(Endpoint(hub)(scope, receive, send))
        await opened.wait()
        while not all(stream.current for stream in hub.streams):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.to_thread(flood)
        await asyncio.wait_for(serving, 10)
        left = len(hub.streams)
        await hub.stop()
        return left

    def flood():
        with contextlib.closing(connect()) as own, own.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_liveevent (channel, kind, ref)"
                " SELECT 'team:1', 'changed', n::text FROM generate_series(1, %s) n",
                [MAX_WAITING + 1],
            )
            own.commit()

    assert asyncio.run(play()) == 0
