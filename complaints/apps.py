"""The app's name and its place in the interface."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("Complaints")

    def ready(self) -> None:
        """Say that all of it is customer data."""
        from servicedesk.staff.clearance import hold_customer_data

        hold_customer_data("complaints")
