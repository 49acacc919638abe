"""The assembly as Django sees it: our admin site, and Celery's tasks known to it."""

from django.contrib.admin.apps import AdminConfig


class DeskAdminConfig(AdminConfig):
    default_site = "servicedesk.admin.DeskAdminSite"

    def ready(self) -> None:
        super().ready()
        from servicedesk.celery import app

        app.set_default()
