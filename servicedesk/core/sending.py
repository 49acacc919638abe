"""How a sweep sends the letters that are due: over one line, until nobody answers."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from servicedesk.core.post import Line
from servicedesk.core.wake import each_of

log = logging.getLogger(__name__)


def send_over_one_line(
    keys: Iterable[UUID],
    *,
    send: Callable[[UUID, Line], bool],
    put_off: Callable[[str], None],
    until: float,
) -> int:
    """Send letters over one connection until all are, time is up, or nobody answers.

    `send` takes one and tells whether it did; `put_off` has those that are due wait,
    and is told why. `until` is a time of `time.monotonic`. Returns how many were taken.
    """
    with Line() as line:

        def while_it_goes() -> Iterator[UUID]:
            for key in keys:
                if line.trouble or time.monotonic() > until:
                    return
                yield key

        done = each_of(while_it_goes(), lambda key: send(key, line))
        if line.trouble:
            put_off(line.trouble)
            log.warning("The mail server cannot be reached: %s", line.trouble)
    return done
