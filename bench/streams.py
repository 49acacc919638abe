"""A thousand idle event streams on one web process: delivery, memory, and restarts."""

import argparse
import asyncio
import contextlib
import json
import os
import random
import resource
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import django

from bench import databases
from bench.web import Web, prepare

EACH = 5  # streams of one person, like tabs; the desk allows six
GROUPS = 10
ALL = "team:1"
LATE, HEAVY = 500.0, 100.0  # the bars: milliseconds, KiB
QUIET_EVENTS, GROUP_EVENTS, PERSON_EVENTS = 30, 60, 60
STORM_SECONDS, STORM_GAP = 24.0, 0.1
SETTLED = 90.0


def main() -> int:
    """Open the streams, publish, break things, and count what each browser got."""
    words = argparse.ArgumentParser(prog="desk.py bench streams", description=__doc__)
    words.add_argument("--streams", type=int, default=1000)
    words.add_argument("--json", type=Path)
    words.add_argument(
        "--strict", action="store_true", help="exit 1 when a bar is missed"
    )
    asked, _others = words.parse_known_args()
    _allow_files(asked.streams)
    prepare()
    address = databases.ready(10_000)
    os.environ.update(databases.environment(address))
    django.setup()
    with Web(address, "bench-web-streams") as web:
        result = asyncio.run(_run(web, asked.streams))
    _show(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1))
    return 1 if asked.strict and not result["fine"] else 0


def _allow_files(streams: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = streams * 2 + 500
    if soft < wanted:
        if hard < wanted:
            raise SystemExit(
                f"This system allows {hard} open files; {wanted} are needed."
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _run(web: Web, number: int) -> dict[str, Any]:
    from bench.publisher import Publisher  # noqa: PLC0415 - after django.setup()

    publisher = Publisher()
    first = publisher.listener(web.port, 10**6, [ALL])
    reading = [asyncio.create_task(first.run())]
    await asyncio.wait_for(first.ready.wait(), 30)
    before = web.memory()
    listeners = [
        publisher.listener(web.port, place // EACH, _channels(place))
        for place in range(number)
    ]
    reading += [asyncio.create_task(one.run()) for one in listeners]
    for one in listeners:
        await asyncio.wait_for(one.ready.wait(), 60)
    await asyncio.sleep(3)
    after = web.memory()
    result: dict[str, Any] = {
        "streams": number,
        "memory of one (KiB)": round((after - before) * 1024 / number, 1),
        "memory of the process (MiB)": after,
    }
    result |= await _quiet(publisher, listeners)
    result |= await _storm(publisher, listeners, web)
    result["memory at the end (MiB)"] = web.memory()
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    result["fine"] = not (
        result["lost"] or result["doubled"] or result["resets"]
        or result["memory of one (KiB)"] > HEAVY or result["to all: p99 (ms)"] > LATE
        or result["to some: p99 (ms)"] > LATE
    )  # fmt: skip
    return result


def _channels(place: int) -> list[str]:
    person = place // EACH
    return [ALL, f"team:{100 + person % GROUPS}", f"user:{person}"]


async def _quiet(publisher: Any, listeners: list[Any]) -> dict[str, Any]:
    """Publish to all, to a tenth and to single people, and time each delivery."""
    people = len(listeners) // EACH
    told = {"to all": [ALL] * QUIET_EVENTS}
    told["to some"] = [f"team:{100 + n % GROUPS}" for n in range(GROUP_EVENTS)]
    told["to some"] += [
        f"user:{random.randrange(people)}" for _n in range(PERSON_EVENTS)
    ]
    result = {}
    for name, channels in told.items():
        sent = []
        for channel in channels:
            sent.append(await asyncio.to_thread(publisher.publish, channel))
            await asyncio.sleep(0.25)
        await asyncio.sleep(3)
        took = _delays(sent, listeners)
        result[f"{name}: deliveries"] = len(took)
        result[f"{name}: p50 (ms)"] = round(statistics.median(took), 1)
        result[f"{name}: p99 (ms)"] = round(took[int(len(took) * 0.99) - 1], 1)
        result[f"{name}: slowest (ms)"] = round(took[-1], 1)
    return result


def _delays(sent: list[Any], listeners: list[Any]) -> list[float]:
    """Return milliseconds from before the transaction to the browser, in order."""
    return sorted(
        (one.had[told.key] - told.at) * 1000
        for told in sent
        for one in listeners
        if told.key in one.had
    )


async def _storm(publisher: Any, listeners: list[Any], web: Web) -> dict[str, Any]:
    """Publish without a pause while the server is killed and its listening cut."""
    breaks = [
        (
            4.0,
            "the web process is killed with -9",
            lambda: _restart(web, signal.SIGKILL),
        ),
        (12.0, "its listening connection is cut", publisher.cut_listening),
        (18.0, "the web process is restarted", lambda: _restart(web, signal.SIGTERM)),
    ]
    sent, began, broken = [], time.monotonic(), []
    while time.monotonic() - began < STORM_SECONDS:
        if breaks and time.monotonic() - began >= breaks[0][0]:
            _when, words, act = breaks.pop(0)
            print(f"  {len(sent)} events: {words}", flush=True)
            broken.append(asyncio.create_task(asyncio.to_thread(act)))
        channel = ALL if len(sent) % 2 else f"team:{100 + len(sent) % GROUPS}"
        sent.append(await asyncio.to_thread(publisher.publish, channel))
        await asyncio.sleep(STORM_GAP)
    await asyncio.gather(*broken)
    await _settle(publisher, listeners, sent)
    return _count(sent, publisher.sent, listeners)


async def _settle(publisher: Any, listeners: list[Any], sent: list[Any]) -> None:
    """Wait until the last word has come to everybody, or for a while."""
    sent.append(await asyncio.to_thread(publisher.publish, ALL))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLED):
            while not all(sent[-1].key in one.had for one in listeners):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    await asyncio.sleep(2)


def _restart(web: Web, how: signal.Signals) -> None:
    web.end(how)
    web.start()


def _count(storm: list[Any], sent: list[Any], listeners: list[Any]) -> dict[str, Any]:
    """Compare what each browser showed with what was published to its channels."""
    lost = doubled = expected = 0
    for one in listeners:
        wanted = {told.key for told in sent if told.channel in one.channels}
        expected += len(wanted)
        lost += len(wanted - set(one.had))
        doubled += len(one.ids) - len(one.had)
    return {
        "events in the storm": len(storm),
        "deliveries owed in all": expected,
        "lost": lost,
        "doubled": doubled,
        "came again, dropped by id": sum(one.again for one in listeners),
        "resets": sum(one.resets for one in listeners),
        "connections opened": sum(one.opened for one in listeners),
        "refused for a moment": sum(one.refused for one in listeners),
    }


def _show(result: dict[str, Any]) -> None:
    print(f"\n{result['streams']:,} event streams on one web process:")
    for name, value in result.items():
        print(f"  {name:32} {value}")


if __name__ == "__main__":
    sys.exit(main())
