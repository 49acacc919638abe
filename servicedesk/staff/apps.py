"""The app's name, and what it registers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "servicedesk.staff"
    label = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from servicedesk.core.encryption.stores import register_store
        from servicedesk.core.jobs.registry import register_job
        from servicedesk.staff import receivers, restoring
        from servicedesk.staff.actions import leaving
        from servicedesk.staff.adapters.factor_store import SecondFactorStore
        from servicedesk.staff.queries import security_kinds

        receivers.connect()
        security_kinds.register()
        restoring.register()
        register_store(SecondFactorStore())
        register_job(
            leaving.JOB,
            title=_("Hand over the work of somebody who leaves"),
            step=leaving.step,
            permission="staff.add_departure",
        )
