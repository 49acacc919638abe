"""What is measured: the pages and the acts of a working day, each with its bar."""

import itertools
import time
import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.browser import Answer, Browser

QUERIES, QUEUE_QUERIES = 15, 12


@dataclass(frozen=True)
class Act:
    """One thing to measure. `bar` is how many F it may take; 0 where none is set."""

    name: str
    do: Callable[["Person"], Answer]
    bar: float = 0.0
    queries: int = QUERIES
    crowd: bool = False  # whether it is done by eight at once, too


class Person:
    """Somebody at a browser who knows some tickets."""

    def __init__(self, port: int, facts: dict[str, Any], number: int = 0) -> None:
        self.facts = facts
        self.browser = Browser(port, facts["cookie"], facts["sessions"][number])
        # What is read is never written to: it stays as long as it was filled.
        read, written = facts["numbers"][:40], facts["numbers"][40:]
        self._read = itertools.cycle(read[number:] + read[:number])
        self._written = itertools.cycle(written[number * 5 :] + written[: number * 5])
        self._created: list[str] = []
        self.searched: dict[tuple[str, str], str] = {}

    def get(self, path: str) -> Answer:
        return self.browser.get(path)

    def read(self) -> Answer:
        """Open a ticket of one's own."""
        return self.get(f"/inbox/{next(self._read)}/")

    def create(self, *, follow: bool = False) -> Answer:
        """Write a request down: a new customer each time."""
        send = self.browser.post_and_follow if follow else self.browser.post
        stamp = time.time_ns()
        answer = send(
            "/inbox/new/",
            name="陈静", contact=f"bench{stamp}@example.com", language="zh-hans",
            channel="phone", phase="after_sale", category=self.facts["category"],
            severity=3, urgency=3, subject=f"耳机没有声音 {stamp % 10**6}",
            body="昨天收到耳机，左边没有声音。", client_key=str(uuid.uuid4()),
        )  # fmt: skip
        if answer.location:
            self._created.append(answer.location)
        return answer

    def stock(self, number: int) -> None:
        """Create so many, to have what to resolve."""
        for _each in range(number):
            self.create()

    def reply(self, *, follow: bool = False, htmx: bool = False) -> Answer:
        """Answer the customer on a ticket of one's own."""
        fields = {"body": "您好，已经为您查询。", "client_key": str(uuid.uuid4())}
        path = f"/inbox/{next(self._written)}/reply/"
        if follow:
            return self.browser.post_and_follow(path, **fields)
        return self.browser.post(path, htmx=htmx, **fields)

    def resolve(self, *, follow: bool = False, htmx: bool = False) -> Answer:
        """Resolve what was created before, so that the desk keeps its backlog."""
        if not self._created:
            self.create()
        path = urllib.parse.urlsplit(self._created.pop()).path + "resolve/"
        fields = {
            "words": "已经处理好了。",
            "root_cause": "接触不良",
            "solution": "更换耳机",
        }
        if follow:
            return self.browser.post_and_follow(path, **fields)
        return self.browser.post(path, htmx=htmx, **fields)


def _page(name: str, path: str, bar: float, *, crowd: bool = False) -> Act:
    return Act(name, lambda person: person.get(path), bar, crowd=crowd)


def _queue(name: str, key: str, *, crowd: bool = False) -> Act:
    path = f"/inbox/?queue={key}"
    return Act(
        f"queue: {name}", lambda person: person.get(path), 1.5, QUEUE_QUERIES, crowd
    )


FLOOR = _page("floor F", "/floor/", 0, crowd=True)
LEAN = _page("F, lean", "/floor/lean/", 0)
ACTS = (
    LEAN,
    _page("constant page", "/floor/constant/", 0, crowd=True),
    _queue("mine", "mine", crowd=True),
    _queue("unassigned", "open"),
    _queue("my teams", "team"),
    _queue("overdue", "late"),
    _queue("second level", "second"),
    _queue("waiting", "waiting"),
    _queue("all", "all"),
    Act("ticket", lambda person: person.read(), 2.5, crowd=True),
    _page("home", "/", 2.5, crowd=True),
    _page("follow-ups", "/follow-ups/", 2.5),
    _page("supervisor", "/desk/", 4.0, crowd=True),
    Act("create", lambda person: person.create(), 2.5, crowd=True),
    Act("create, and its page", lambda person: person.create(follow=True), 0, 0),
    Act("reply", lambda person: person.reply(), 2.5),
    Act("reply, and its page", lambda person: person.reply(follow=True), 0, 0),
    Act("reply by htmx", lambda person: person.reply(htmx=True), 2.5, crowd=True),
    Act("resolve", lambda person: person.resolve(), 2.5),
    Act("resolve, and its page", lambda person: person.resolve(follow=True), 0, 0),
    Act("resolve by htmx", lambda person: person.resolve(htmx=True), 2.5, crowd=True),
)
TERMS = (
    ("退款", "退款", 3.0),
    ("English", "parcel", 15.0),
    ("30 % term", "请问", 15.0),
    ("rare", "500001", 15.0),
    ("nothing", "不存在的词语", 15.0),
)


def searches(path: str) -> list[Act]:
    """Return the searches, newest first and best match first; none without a page.

    What is searched for is sent by POST, kept, and shown at an address without it: the
    words go once, the page of results is what is measured.
    """
    if not path:
        return []
    return [
        Act(f"search {name}: {sort or 'newest'}", _search(path, term, sort), bar)
        for name, term, bar in TERMS
        for sort in ("", "best")
    ]


def _search(path: str, term: str, sort: str) -> Callable[[Person], Answer]:
    def do(person: Person) -> Answer:
        kept = person.searched.get((term, sort))
        if kept is None:
            sent = person.browser.post(path, words=term, sort=sort)
            kept = person.searched[term, sort] = sent.location
        return person.get(kept)

    return do
