"""The app's name, and what it tells the foundation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupsConfig(AppConfig):
    name = "servicedesk.backups"
    label = "backups"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Backups")

    def ready(self) -> None:
        from servicedesk.backups import watching
        from servicedesk.backups.actions import adopting, drill_notices, notices
        from servicedesk.backups.live import readable_backups, readable_drills
        from servicedesk.core.live.channels import register_channels

        notices.register()
        drill_notices.register()
        watching.register()
        adopting.register()
        register_channels("backup", readable_backups)
        register_channels("drill", readable_drills)
