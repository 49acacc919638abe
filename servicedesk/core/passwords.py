"""Refuse passwords that are made of words which belong to this place."""

import re
import urllib.parse
from typing import Any, Final

from django.conf import settings
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
_LETTERS: Final = re.compile(r"[^\W\d_]+")


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
