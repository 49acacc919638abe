"""The app's name, what of it is customer data, and who may listen to what."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        from servicedesk.core.figures import register_gauge
        from servicedesk.staff.clearance import hold_customer_data
        from tickets import receivers, restoring
        from tickets.models import (
            Category,
            PriorityRule,
            ServiceLevel,
            ServiceLevelVersion,
        )
        from tickets.queries.gauges import GAUGES

        receivers.connect()
        for gauge in GAUGES:
            register_gauge(gauge)
        restoring.register()
        hold_customer_data(
            "tickets",
            settings=[Category, PriorityRule, ServiceLevel, ServiceLevelVersion],
            # The start page shows what each may see; the others are customers' own.
            open_pages=[
                *("home", "help", "request", "sent"),
                *("progress", "progress-reply", "progress-answer", "progress-file"),
                *("link", "link-rest"),
            ],
        )
