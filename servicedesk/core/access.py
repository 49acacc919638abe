"""Fetch an object only if the user may see it and act on it: the one way in."""

from typing import Protocol, Self, TypeVar, cast

from django.contrib.auth.models import (
    AbstractBaseUser,
    AnonymousUser,
    PermissionsMixin,
)
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest

M_co = TypeVar("M_co", bound=Model, covariant=True)
Reader = AbstractBaseUser | AnonymousUser


class Unseen(Http404):
    """Not found for this reader, though it is there; the answer is the same."""

    def __init__(self, instance: Model | None = None) -> None:
        super().__init__()
        self.instance = instance


class Visible(Protocol[M_co]):
    """A queryset that can narrow itself to what a user may see."""

    def visible_to(self, user: Reader) -> Self: ...
    def filter(self, **lookup: object) -> Self: ...
    def first(self) -> M_co | None: ...


def may(user: Reader, permission: str) -> bool:
    """Tell whether the user's roles hold a permission such as `tickets.reply_ticket`."""
    return user.is_active and cast("PermissionsMixin", user).has_perm(permission)


def fetch(
    queryset: Visible[M_co],
    user: Reader,
    *,
    act: str | None = None,
    **lookup: object,
) -> M_co:
    """Return the one object that `lookup` names.

    Raises Http404 if the user may not see it (or it does not exist: the answer
    is the same), PermissionDenied if the user may see it but not do `act`.
    """
    found = queryset.visible_to(user).filter(**lookup).first()
    if found is None:
        there = queryset.filter(**lookup).first()
        raise Http404 if there is None else Unseen(there)
    if act is not None and not may(user, act):
        raise PermissionDenied
    return found


def require(user: Reader, permission: str) -> None:
    """Answer 404 to whoever lacks the permission that a page as a whole asks for."""
    if not may(user, permission):
        raise Unseen


def reader(request: HttpRequest) -> AbstractBaseUser:
    """Return the person who is logged in; views behind login call it."""
    return cast("AbstractBaseUser", request.user)
