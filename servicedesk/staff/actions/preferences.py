"""Keep how a person wants to read: language, time zone, appearance, keys."""

from django.db import transaction

from servicedesk.staff.models import Theme, User


@transaction.atomic
def set_language(*, user: User, language: str) -> None:
    user.language = language
    user.save(update_fields=["language"])


@transaction.atomic
def set_theme(*, user: User, theme: Theme) -> None:
    user.theme = theme
    user.save(update_fields=["theme"])


@transaction.atomic
def save_preferences(
    *,
    user: User,
    display_name: str,
    language: str,
    time_zone: str,
    theme: Theme,
    single_keys: bool,
) -> User:
    """Save the whole of the profile page."""
    user.display_name = display_name
    user.language = language
    user.time_zone = time_zone
    user.theme = theme
    user.single_keys = single_keys
    user.save(
        update_fields=["display_name", "language", "time_zone", "theme", "single_keys"]
    )
    return user
