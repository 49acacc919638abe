"""Make the package of a person's data, hand it over, destroy it."""

import datetime as dt
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from customers.actions import history, package_files, rights_letters
from customers.actions.rights import lock
from customers.models import (
    CustomerEventKind,
    PackageState,
    RightsKind,
    RightsLetterKind,
    RightsPackage,
    RightsRequest,
    RightsState,
)
from customers.permissions import HANDLE_RIGHTS
from customers.queries.package import sections_of
from servicedesk.audit.actions import record_export
from servicedesk.audit.batch import together
from servicedesk.core.actions.jobs import start_job
from servicedesk.core.encryption.errors import Unreadable
from servicedesk.core.errors import RuleError
from servicedesk.core.jobs.registry import Step, register_job
from servicedesk.core.models import Job
from servicedesk.staff.models import User

KIND: Final = "customers.package"
KEPT: Final = dt.timedelta(days=7)
DOWNLOADS: Final = 5


def register(title: Any, result_url: Any) -> None:
    """Let packages be made as long work; from `ready()`."""
    register_job(
        KIND, title=title, step=step, permission=HANDLE_RIGHTS, result_url=result_url
    )


@transaction.atomic
@together()
def ask_package(*, asked: RightsRequest, by: User, now: dt.datetime) -> RightsPackage:
    """Have the package made. Raises RuleError before the identity is checked."""
    asked = lock(asked)
    if asked.kind != RightsKind.ACCESS:
        raise RuleError(_("A package is made for who asks for a copy."))
    if asked.state not in {RightsState.CHECKED, RightsState.WORKING}:
        raise RuleError(_("The identity has to be checked first."))
    _clear_way(asked, now)
    if asked.state == RightsState.CHECKED:
        asked.state, asked.handler = RightsState.WORKING, asked.handler or by
        asked.save(update_fields=["state", "handler"])
    package = RightsPackage.objects.create(request=asked, asked_by=by, asked_at=now)
    start_job(kind=KIND, params={"package": str(package.pk)}, by=by, now=now)
    return package


def _clear_way(asked: RightsRequest, now: dt.datetime) -> None:
    """Put away a package whose making failed or was cancelled, or whose password is out."""
    for package in asked.packages.exclude(state=PackageState.DESTROYED):
        work = Job.objects.active().filter(kind=KIND, params__package=str(package.pk))
        ready = package.state == PackageState.READY
        if work.exists() or (ready and package.told_at is None):
            raise RuleError(_("There is a package already."))
        destroy_package(pk=package.pk, now=now)


def step(job: Job, now: dt.datetime) -> Step:
    """Make the package in one portion: gather, encrypt, write; the person is told.

    Done twice it is another file under the same name with another password.
    """
    package = (
        RightsPackage.objects.select_for_update(of=("self",))
        .select_related("request__customer", "asked_by")
        .get(pk=job.params["package"])
    )
    asked = package.request
    if package.state != PackageState.MAKING:
        return Step(job.cursor, 1, 1, finished=True, result={"request": asked.number})
    password = package_files.new_password()
    with translation.override(asked.customer.language):
        sections = list(sections_of(asked.customer))
        content = package_files.encrypted_zip(sections, password=password, now=now)
    package_files.store(package.pk, content)
    package.state, package.made_at, package.expires_at = "ready", now, now + KEPT
    package.size, package.password = len(content), password
    package.save()
    rights_letters.owe(asked, RightsLetterKind.PACKAGE, now=now)
    history.write(
        asked.customer, CustomerEventKind.EXPORTED, by=package.asked_by, now=now,
        about=package.pk,
    )  # fmt: skip
    record_export(
        model=type(asked.customer),
        count=1,
        purpose="rights",
        by=package.asked_by,
        now=now,
        filters={"request": asked.code},
    )
    return Step(job.cursor, 1, 1, finished=True, result={"request": asked.number})


@transaction.atomic
@together()
def tell_password(*, package: RightsPackage, by: User, now: dt.datetime) -> str:
    """Return the password once, to be told at the telephone; afterwards nobody has it.

    Raises RuleError the second time: then the package has to be made anew.
    """
    held = RightsPackage.objects.select_for_update().get(pk=package.pk)
    password = held.password
    if held.state != PackageState.READY or not password:
        raise RuleError(
            _("The password was told already, or the package is gone. Make a new one.")
        )
    if isinstance(password, Unreadable):
        raise RuleError(str(password))
    held.password, held.told_at, held.told_by = None, now, by
    held.save(update_fields=["password", "told_at", "told_by"])
    return password


@transaction.atomic
def mail_password(*, package: RightsPackage, now: dt.datetime) -> None:
    """Owe a letter with the password to a second verified address of the person.

    Raises RuleError where there is none: the link and the password never go the same
    way.
    """
    held = RightsPackage.objects.select_for_update().get(pk=package.pk)
    second = rights_letters.second_address(held.request)
    if second is None:
        raise RuleError(
            _("The person has no second verified e-mail address. Tell it by phone.")
        )
    if held.state != PackageState.READY or held.password is None:
        raise RuleError(
            _("The password was told already, or the package is gone. Make a new one.")
        )
    rights_letters.owe(
        held.request, RightsLetterKind.PASSWORD, now=now, contact=second, once=True
    )


@transaction.atomic
def hand_out(*, request: RightsRequest, now: dt.datetime) -> Path | None:
    """Count a download and return the file; None once it is over, or gone."""
    ready = RightsPackage.objects.filter(
        request=request,
        state=PackageState.READY,
        expires_at__gt=now,
        downloads__lt=DOWNLOADS,
    )
    package = ready.select_for_update().first()
    if package is None or not package_files.path_of(package.pk).exists():
        return None
    ready.filter(pk=package.pk).update(downloads=F("downloads") + 1)
    history.write(
        request.customer, CustomerEventKind.RIGHTS, by=None, now=now, about=package.pk
    )
    return package_files.path_of(package.pk)


@transaction.atomic
@together()
def destroy_package(*, pk: UUID, now: dt.datetime) -> bool:
    """Destroy a package and its password; tell whether this call did."""
    package = (
        RightsPackage.objects.select_for_update()
        .filter(pk=pk)
        .exclude(state=PackageState.DESTROYED)
        .first()
    )
    if package is None:
        return False
    package_files.destroy(package.pk)
    package.state, package.destroyed_at = PackageState.DESTROYED, now
    package.password = None
    package.save(update_fields=["state", "destroyed_at", "password"])
    return True
