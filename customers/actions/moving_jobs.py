"""Register the long work of imports and exports."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.actions import export, export_make, import_file, import_job
from customers.permissions import APPROVE_EXPORT, IMPORT
from servicedesk.core.jobs.registry import register_job
from servicedesk.core.models import Job


def connect() -> None:
    """Let these kinds of jobs be started."""
    for kind, title, step in (
        (import_file.READ, _("Read a file of customers"), import_job.read),
        (import_file.CHECK, _("Check a file of customers"), import_job.check),
        (import_file.RUN, _("Import customers"), import_job.run),
    ):
        register_job(
            kind, title=title, step=step, permission=IMPORT, result_url=_import_page
        )
    register_job(
        export.MAKE,
        title=_("Export customers"),
        step=export_make.make,
        permission=APPROVE_EXPORT,
        result_url=_export_page,
    )


def _import_page(job: Job) -> str:
    return reverse("customers:import", args=[job.params["batch"]])


def _export_page(job: Job) -> str:
    return reverse("customers:export", args=[job.params["export"]])
