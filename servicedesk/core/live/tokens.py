"""Signed tickets for the event stream, checked without database or session store."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.core import signing
from django.utils.crypto import salted_hmac

LIFETIME: Final = dt.timedelta(minutes=10)
MAX_CHANNELS: Final = 100
_SALT: Final = "servicedesk.core.live.tokens"


@dataclasses.dataclass(frozen=True, slots=True)
class StreamToken:
    """Who may read which channels, in which session, until when."""

    user_id: str
    session: str
    channels: frozenset[str]
    issued_at: dt.datetime

    @property
    def expires_at(self) -> dt.datetime:
        return self.issued_at + LIFETIME


def session_ref(session_key: str) -> str:
    """Return the name of a session that may travel: it does not reveal the key."""
    return salted_hmac(_SALT, session_key, algorithm="sha256").hexdigest()[:32]


def stream_token(
    *, user_id: object, session_key: str, channels: Sequence[str], now: dt.datetime
) -> str:
    """Return a token that opens a stream of `channels` for `LIFETIME` from `now`.

    The caller has made sure that the user may read each of them. Raises ValueError
    for more than `MAX_CHANNELS`.
    """
    if len(channels) > MAX_CHANNELS:
        raise ValueError(f"A stream reads at most {MAX_CHANNELS} channels")
    content = {
        "u": str(user_id),
        "s": session_ref(session_key),
        "c": sorted(set(channels)),
        "t": int(now.timestamp()),
    }
    return signing.Signer(salt=_SALT).sign_object(content, compress=True)


def read_token(token: str) -> StreamToken:
    """Return what a token says, whatever its age; raise BadSignature for a false one."""
    content = signing.Signer(salt=_SALT).unsign_object(token)
    return StreamToken(
        user_id=content["u"],
        session=content["s"],
        channels=frozenset(content["c"]),
        issued_at=dt.datetime.fromtimestamp(content["t"], tz=dt.UTC),
    )
