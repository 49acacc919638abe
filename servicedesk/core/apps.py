"""The app's name and its place in the interface."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "servicedesk.core"
    label = "core"
    verbose_name = _("Foundation")

    def ready(self) -> None:
        # Importing registers the checks.
        import servicedesk.core.encryption.checks  # noqa: F401
        from servicedesk.core import outgoing, scanning
        from servicedesk.core.encryption.jobs import register_key_jobs
        from servicedesk.core.jobs.telling import readable_jobs
        from servicedesk.core.live.channels import register_channels
        from servicedesk.core.notifications import kinds
        from servicedesk.core.operations import (
            checks,
            gauges,
            heartbeats,
            reporting,
            request_ids,
            sweeps,
        )
        from servicedesk.core.security_checks import kinds as security_kinds
        from servicedesk.core.security_checks.jobs import register_security_job

        for part in (outgoing, request_ids, heartbeats, sweeps, reporting):
            part.connect()
        checks.register()
        gauges.register()
        scanning.register()
        kinds.register()
        security_kinds.register()
        register_security_job()
        register_channels("job", readable_jobs)
        register_key_jobs()
