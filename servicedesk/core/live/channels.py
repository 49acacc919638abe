"""Which channels a user may read: each app above answers for its own prefix."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser

# Given the user and the wanted channels of one prefix, returns those that the user
# may read now.
ChannelRule = Callable[[AbstractBaseUser, list[str]], Iterable[str]]

_CHANNEL: Final = re.compile(r"([a-z_]+):[A-Za-z0-9-]{1,64}", re.ASCII)
_rules: dict[str, ChannelRule] = {}


def register_channels(prefix: str, rule: ChannelRule) -> None:
    """Let `rule` say who may read the channels "<prefix>:…"; call it from `ready()`.

    Raises ValueError when another rule already answers for the prefix.
    """
    if _rules.setdefault(prefix, rule) is not rule:
        raise ValueError(f"Two rules for the live channels {prefix!r}")


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
        if rule := _rules.get(prefix):
            # A rule can only narrow: what was not asked for is not handed out.
            allowed |= set(rule(user, channels)) & set(channels)
    return sorted(allowed)
