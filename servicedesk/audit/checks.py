"""System checks of the audit log's settings."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

SHORTEST_MONTHS = 6


def connect() -> None:
    """Register the checks."""
    register(check_kept_months, Tags.security)


def check_kept_months(**_kwargs: object) -> list[CheckMessage]:
    """Refuse to keep the log for less than the six months that the law asks for."""
    if settings.AUDIT_KEPT_MONTHS >= SHORTEST_MONTHS:
        return []
    return [
        Error(
            f"AUDIT_KEPT_MONTHS is {settings.AUDIT_KEPT_MONTHS}; "
            f"the audit log must be kept for at least {SHORTEST_MONTHS} months.",
            id="audit.E001",
        )
    ]
