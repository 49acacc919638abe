"""The app's name and its place in the interface."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers import receivers, restoring
        from customers.queries import security_kinds
        from servicedesk.staff.clearance import hold_customer_data

        receivers.connect()
        restoring.register()
        security_kinds.register()
        hold_customer_data(
            "customers",
            # What a person opens about their own data, without login.
            open_pages=[
                *("my-data-form", "my-data-sent", "my-data"),
                *(
                    "my-data-package",
                    "my-data-act",
                    "my-data-link",
                    "my-data-link-rest",
                ),
            ],
        )
