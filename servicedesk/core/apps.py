"""The app's name and its place in the interface."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "servicedesk.core"
    label = "core"
    verbose_name = _("Foundation")

    def ready(self) -> None:
        # Importing registers the checks.
        import servicedesk.core.encryption.checks  # noqa: F401
