"""The app's name, and the panels it shows on pages lower down."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QualityConfig(AppConfig):
    name = "quality"
    verbose_name = _("Quality")

    def ready(self) -> None:
        """Show today's quality on the supervisor's page; it leads to tickets."""
        from servicedesk.core.panels import Panel, register
        from servicedesk.staff.clearance import hold_customer_data

        hold_customer_data("quality")
        register(
            "tickets.desk",
            Panel(
                title=_("Today's quality"),
                url_name="quality:today",
                permission="tickets.supervise_ticket",
            ),
        )
