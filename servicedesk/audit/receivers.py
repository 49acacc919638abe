"""Signing in and out, lockouts, factors, passwords and more: told by others' signals."""

import datetime as dt
from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils import timezone

from servicedesk.audit import actions
from servicedesk.audit.models import Kind
from servicedesk.core.signals import key_retired
from servicedesk.staff.models import Presence, User
from servicedesk.staff.signals import capacity_set, locked_out, rows_exported


def connect() -> None:
    """Connect the receivers; twice is as good as once."""
    user_logged_in.connect(signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(failed, dispatch_uid="audit.failed")
    locked_out.connect(locked, dispatch_uid="audit.locked_out")
    rows_exported.connect(exported, dispatch_uid="audit.exported")
    post_save.connect(
        factor_added, sender=Authenticator, dispatch_uid="audit.factor_added"
    )
    post_delete.connect(
        factor_removed, sender=Authenticator, dispatch_uid="audit.factor_removed"
    )
    post_save.connect(password_set, sender=User, dispatch_uid="audit.password_set")
    capacity_set.connect(capacity, dispatch_uid="audit.capacity")
    key_retired.connect(key, dispatch_uid="audit.key_retired")


def signed_in(user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Log that somebody signed in."""
    _record(Kind.SIGN_IN, cast("User", user), by=cast("User", user))


def signed_out(user: AbstractBaseUser | None, **_kwargs: Any) -> None:
    """Log that somebody signed out, or that their session was ended."""
    if user is not None:
        _record(Kind.SIGN_OUT, cast("User", user), by=cast("User", user))


def failed(credentials: dict[str, Any], **_kwargs: Any) -> None:
    """Log a wrong try, of whose account; what else was typed only as a keyed hash."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    found = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed))
    _record(Kind.SIGN_IN_FAILED, found.first() if typed else None, typed=typed)


def locked(
    request: HttpRequest,
    account: int | str,
    **_kwargs: Any,
) -> None:
    """Log that a try was refused because there were too many."""
    del request
    if isinstance(account, int):
        _record(Kind.LOCKOUT, User.objects.filter(pk=account).first())
    else:
        _record(Kind.LOCKOUT, None, typed=account)


def exported(sender: object, signal: object, **told: Any) -> None:
    """Log that rows about people left the system as a file."""
    del sender, signal
    actions.record_export(**told)


def factor_added(
    instance: Authenticator,
    created: bool,  # noqa: FBT001 - the signal's
    **_kwargs: Any,
) -> None:
    """Log a second factor that was added; its use is part of signing in."""
    if created:
        _factor(instance, "added")


def factor_removed(instance: Authenticator, **_kwargs: Any) -> None:
    """Log a second factor that was removed, by whomever."""
    _factor(instance, "removed")


def password_set(
    instance: User,
    created: bool,  # noqa: FBT001 - the signal's
    **_kwargs: Any,
) -> None:
    """Log a new password; not that an old one was hashed anew at a sign-in."""
    # Django itself tells the two apart by this, a line after this signal.
    if not created and getattr(instance, "_password", None) is not None:
        _record(Kind.PASSWORD, instance)


def capacity(
    presence: Presence, before: tuple[int, int], now: dt.datetime, **_kwargs: Any
) -> None:
    """Log how much somebody can be given from now on, which routing goes by."""
    names = ("ticket_capacity", "chat_capacity")
    changes = {
        name: (str(old), str(getattr(presence, name)))
        for name, old in zip(names, before, strict=True)
        if old != getattr(presence, name)
    }
    actions.record_change(
        instance=presence, changes=changes, words=str(presence.user), now=now
    )


def key(
    kind: str, version: int, given_up: int, now: dt.datetime, **_kwargs: Any
) -> None:
    """Log that a key of sealed values was put away."""
    actions.record_key(
        name=f"{kind}-{version}.key", change="retired", given_up=given_up, now=now
    )


def _factor(factor: Authenticator, change: str) -> None:
    _record(
        Kind.FACTOR, factor.user, details={"change": change, "factor": str(factor.type)}
    )


def _record(kind: Kind, account: User | None, **more: Any) -> None:
    # Django's signals carry no time: this is the edge where it comes in.
    now = timezone.now()  # noqa: TID251
    actions.record_account(kind=kind, account=account, now=now, **more)
