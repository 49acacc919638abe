"""The app's name, and the registration of every model of ours with the audit log."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "servicedesk.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from servicedesk.audit.registration import register_all

        register_all()
