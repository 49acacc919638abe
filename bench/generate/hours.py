"""When tickets come: two years of hours, busy on working days, quiet at night."""

import datetime as dt
import random
import zoneinfo

from bench.generate.people import zone_of

DAYS = 730
# How busy each hour of a day is.
HOURS = (
    2,
    1,
    1,
    1,
    1,
    2,
    4,
    8,
    18,
    30,
    34,
    30,
    20,
    24,
    32,
    32,
    28,
    22,
    16,
    14,
    12,
    10,
    7,
    4,
)
WEEKEND = 0.35
GROWTH = 0.4  # so much more at the end than at the beginning
SALES = {(6, 18), (11, 11), (12, 12)}
SALE = 2.5

Hour = tuple[int, int, dt.datetime, float]
"""The first ticket of the hour, how many, when it begins, how many seconds it has."""


def hours(size: int, *, now: dt.datetime, seed: int) -> list[Hour]:
    """Return the hours up to `now` with their shares of `size` tickets, in order."""
    zone = zoneinfo.ZoneInfo(zone_of(now))
    chance = random.Random(f"{seed} hours")
    begin = (now - dt.timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    starts = [begin + dt.timedelta(hours=n) for n in range(DAYS * 24 + 2)]
    starts = [start for start in starts if start < now]
    weights = [_weight(start.astimezone(zone), begin, chance) for start in starts]
    whole, so_far, first = sum(weights), 0.0, 1
    found: list[Hour] = []
    for start, weight in zip(starts, weights, strict=True):
        so_far += weight
        last = round(so_far / whole * size)
        if last >= first:
            length = min(3600.0, (now - start).total_seconds() - 1)
            found.append((first, last - first + 1, start, max(length, 1.0)))
            first = last + 1
    return found


def _weight(local: dt.datetime, begin: dt.datetime, chance: random.Random) -> float:
    weight = HOURS[local.hour] * chance.uniform(0.8, 1.2)
    weight *= 1 + GROWTH * ((local - begin).days / DAYS)
    if local.weekday() > 4:  # noqa: PLR2004 - Saturday and Sunday
        weight *= WEEKEND
    if (local.month, local.day) in SALES:
        weight *= SALE
    return weight
