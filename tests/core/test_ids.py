import threading
import time
import uuid

from servicedesk.core import ids
from servicedesk.core.ids import uuid7


def test_is_a_uuid_of_version_7_with_the_time_in_front():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after + 1


def test_each_is_greater_than_the_one_before():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_and_each_sees_them_grow():
    made = [[] for _ in range(4)]

    def work(mine):
        mine.extend(uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 8_000


def test_grows_on_when_the_clock_goes_back(monkeypatch):
    first = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert uuid7() > first


def test_grows_on_when_the_counter_is_full(monkeypatch):
    clock = ids._Clock()
    monkeypatch.setattr(ids, "_clock", clock)
    first = uuid7()
    clock.counter = (1 << 42) - 1
    clock.millisecond += 1000
    last = uuid7()
    assert last > first
    assert last.int >> 80 == clock.millisecond
    assert clock.counter < 1 << 41
