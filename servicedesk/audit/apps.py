"""The app's name, and the registration of every model of ours with the audit log."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "servicedesk.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from servicedesk.audit import (
            checks,
            limits,
            receivers,
            restoring,
            rights,
            security_kinds,
            tasks,
        )
        from servicedesk.audit.registration import register_all

        checks.connect()
        limits.connect()
        receivers.connect()
        tasks.connect()
        rights.connect(self)
        restoring.register()
        register_all()
        security_kinds.register()
