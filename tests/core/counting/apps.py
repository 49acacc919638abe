"""Registers the counting, as any app does."""

from django.apps import AppConfig


class CountingConfig(AppConfig):
    name = "tests.core.counting"

    def ready(self):
        from servicedesk.core.jobs.registry import register_job
        from tests.core.counting.step import count

        register_job(
            "tests.count", title="Counting", step=count, permission="core.view_job"
        )
