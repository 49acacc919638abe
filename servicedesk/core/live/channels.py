"""Which channels a user may read: each app above answers for its own prefix."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser

from servicedesk.core.access import may

# Given the user and the wanted channels of one prefix, returns those that the user
# may read now.
ChannelRule = Callable[[AbstractBaseUser, list[str]], Iterable[str]]

_CHANNEL: Final = re.compile(r"([a-z_]+):[A-Za-z0-9-]{1,64}", re.ASCII)
_rules: dict[str, ChannelRule] = {}
_required: dict[str, str] = {}


def register_channels(prefix: str, rule: ChannelRule) -> None:
    """Let `rule` say who may read the channels "<prefix>:…"; call it from `ready()`.

    Raises ValueError when another rule already answers for the prefix.
    """
    if _rules.setdefault(prefix, rule) is not rule:
        raise ValueError(f"Two rules for the live channels {prefix!r}")


def require_for_channel(prefix: str, permission: str) -> None:
    """Let only those with `permission` hear "<prefix>:…"; call it from `ready()`.

    For the app whose news a channel carries, where the rule is another app's: a
    team's channel tells of tickets, and belonging to the team is not enough for that.
    Raises ValueError when another permission is required already.
    """
    if _required.setdefault(prefix, permission) != permission:
        raise ValueError(f"Two permissions for the live channels {prefix!r}")


def may_hear(user: AbstractBaseUser, prefix: str) -> bool:
    """Tell whether the user has the permission that channels of `prefix` require."""
    required = _required.get(prefix)
    return required is None or may(user, required)


def readable_channels(user: AbstractBaseUser, wanted: Sequence[str]) -> list[str]:
    """Return those of `wanted` that `user` may read, and the user's own channel.

    A prefix without a rule is readable by nobody. One call of a rule a prefix.
    """
    own = f"user:{user.pk}"
    by_prefix: dict[str, list[str]] = defaultdict(list)
    for channel in sorted(set(wanted) - {own}):
        if match := _CHANNEL.fullmatch(channel):
            by_prefix[match[1]].append(channel)
    allowed = {own}
    for prefix, channels in by_prefix.items():
        rule = _rules.get(prefix)
        if rule and may_hear(user, prefix):
            # A rule can only narrow: what was not asked for is not handed out.
            allowed |= set(rule(user, channels)) & set(channels)
    return sorted(allowed)
