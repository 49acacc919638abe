"""The demonstration's customers and requests, read from the plain texts beside."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from customers.actions.identify import Contact, parse_contact

_HERE = Path(__file__).parent
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Caller:
    """A made-up customer; phone numbers and example.com addresses reach nobody."""

    name: str
    contact: Contact
    language: str
    city: str
    kind: str


@dataclass(frozen=True)
class Script:
    """One request and what became of it. `at` and `resolved` are how long ago."""

    who: str
    channel: str
    category: str
    at: dt.timedelta
    story: str
    resolved: dt.timedelta | None = None
    severity: int | None = None
    urgency: int | None = None
    to: str = ""
    words: dict[str, str] = field(default_factory=dict)


def callers() -> dict[str, Caller]:
    """Return the customers by the short name that requests know them by."""
    found = {}
    for line in _lines("customers.txt"):
        key, name, contact, language, city, kind = (
            part.strip() for part in line.split("|")
        )
        found[key] = Caller(name, parse_contact(contact), language, city, kind)
    return found


def scripts() -> list[Script]:
    """Return the requests, oldest first, as they came in."""
    blocks: list[dict[str, str]] = []
    for line in _lines("requests.txt"):
        key, _colon, value = line.partition(": ")
        if key == "who":
            blocks.append({})
        blocks[-1][key] = value.strip()
    found = [_script(block) for block in blocks]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _script(block: dict[str, str]) -> Script:
    who, channel, category, *rest = (part.strip() for part in block["who"].split("|"))
    facts = dict(part.split(" ", 1) for part in rest)
    severity, urgency = facts.get("grave", "0 0").split()
    return Script(
        who=who,
        channel=channel,
        category=category,
        at=_span(facts["at"]),
        story=facts["story"],
        resolved=_span(facts["resolved"]) if "resolved" in facts else None,
        severity=int(severity) or None,
        urgency=int(urgency) or None,
        to=facts.get("to", ""),
        words=block,
    )


def _span(text: str) -> dt.timedelta:
    return dt.timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _lines(name: str) -> list[str]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
