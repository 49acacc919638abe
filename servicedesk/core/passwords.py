"""Refuse passwords that others know, or that are made of words of this place."""

import hashlib
import logging
import re
import urllib.parse
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What whoever guesses passwords at this desk tries first. The name of the host joins
# them; docs/security.md lists them.
WORDS: Final = (
    *(
        "servicedesk",
        "service",
        "desk",
        "customer",
        "support",
        "helpdesk",
        "callcentre",
    ),
    *("callcenter", "ticket", "complaint", "quality", "supervisor", "administrator"),
    *("admin", "agent", "manager", "password", "passwort", "passw0rd", "welcome"),
    *("kefu", "gongdan", "tousu", "guanliyuan", "zhuguan", "mima", "woaini", "qwerty"),
    *("客服", "工单", "投诉", "管理员", "主管", "密码"),
)
SHORTEST_REST: Final = 6
_LONGEST_LINE: Final = 200
log = logging.getLogger(__name__)
_LETTERS: Final = re.compile(r"[^\W\d_]+")


class KnownPasswordValidator(CommonPasswordValidator):
    """Refuse Django's 20,000, and those of KNOWN_PASSWORDS_LIST where there is one.

    The file is looked up where it lies: nothing of a password leaves the machine.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if others know it."""
        super().validate(password, user)
        if settings.KNOWN_PASSWORDS_LIST and _was_stolen(password):
            raise ValidationError(
                _("This password is known from a theft of data. Choose another."),
                code="password_stolen",
            )


def _was_stolen(password: str) -> bool:
    # How the list is made; it protects nothing here.
    made = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
    try:
        return is_listed(Path(settings.KNOWN_PASSWORDS_LIST), made)
    except OSError as error:
        # The security checks name it. Nobody is kept from a new password meanwhile.
        log.error("KNOWN_PASSWORDS_LIST cannot be read: %s", error.strerror)  # noqa: TRY400
        return False


def is_listed(path: Path, digest: str) -> bool:
    """Tell whether a file of lines `HASH:count`, sorted by hash, holds a hash.

    It is never read as a whole: some forty lines of fifty gigabytes. Raises OSError.
    """
    wanted = digest.upper().encode()
    with path.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:  # the first line from `low` on that is not before the hash
            middle = (low + high) // 2
            line = _line_from(lines, middle)
            if line and line[: len(wanted)].upper() < wanted:
                low = middle + 1
            else:
                high = middle
        return _line_from(lines, low)[: len(wanted)].upper() == wanted


def _line_from(lines: IO[bytes], place: int) -> bytes:
    """Return the first line that begins at a place or after it; nothing at the end."""
    lines.seek(max(place - 1, 0))
    if place:
        lines.readline(_LONGEST_LINE)
    return lines.readline(_LONGEST_LINE)


class OwnWordsValidator:
    """Count only the letters that are left when the place's own words are taken out."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if too little of the password is a person's own."""
        del user
        rest = password.casefold()
        found = False
        for word in sorted(_words(), key=len, reverse=True):
            found = found or word in rest
            rest = rest.replace(word, " ")
        if found and len("".join(_LETTERS.findall(rest))) < SHORTEST_REST:
            raise ValidationError(
                _("Choose other words: this one is tried first at a service desk."),
                code="own_words",
            )

    def get_help_text(self) -> str:
        """Say what will not do."""
        return _("Not made of words of this desk, such as its name or “service”.")


def _words() -> set[str]:
    host = urllib.parse.urlsplit(settings.BASE_URL).hostname or ""
    parts = {part for part in host.split(".") if len(part) > 3 and part.isalpha()}  # noqa: PLR2004
    return {*WORDS, *parts}
