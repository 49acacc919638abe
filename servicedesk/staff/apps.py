"""The app's name, and which live channels a person may listen to."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "servicedesk.staff"
    label = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from servicedesk.staff import receivers

        receivers.connect()
