"""Clearance (准入): which apps hold customer data, and what somebody lacks to open it.

An app that holds customer data says so here, from `ready()`. What a person lacks is
decided by one function of the database, `staff_lacks` (see `guards.py`): the query for
the reader of a page asks it, and so does each question for people who may be given
work or be told of it. While something is missing, the permissions on customer data are
left out of what a person may do; so everything that asks `may()` is closed at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, CharField, F, Func, Model, TextChoices
from django.urls import ResolverMatch
from django.utils.translation import pgettext_lazy


class Lack(TextChoices):
    """What can be missing, in the order in which people see to it."""

    AGREEMENT = "agreement", pgettext_lazy("clearance", "Confidentiality agreement")
    ONBOARDING = "onboarding", pgettext_lazy("clearance", "Onboarding")
    TRAINING = "training", pgettext_lazy("clearance", "Security training")


@dataclass(frozen=True)
class _Holding:
    settings: frozenset[str]
    open_permissions: frozenset[str]
    open_pages: frozenset[str]


_holdings: Final[dict[str, _Holding]] = {}


def hold_customer_data(
    app: str,
    *,
    settings: Iterable[type[Model]] = (),
    open_pages: Iterable[str] = (),
) -> None:
    """Say that all of an app is customer data, but for these; call it from `ready()`.

    `settings` are models that say how the business works and nothing of a customer;
    `open_pages` are the names of addresses that customers open without login, or that
    show by themselves only what the reader may see.
    """
    models = list(settings)
    codes = {
        f"{app}.{codename}" for model in models for codename in codenames_of(model)
    }
    _holdings[app] = _Holding(
        frozenset(model._meta.label_lower for model in models),
        frozenset(codes),
        frozenset(f"{app}:{name}" for name in open_pages),
    )


def codenames_of(model: type[Model]) -> set[str]:
    """Return the codenames of a model's permissions."""
    meta = model._meta
    own = {code for code, _name in meta.permissions}
    return own | {f"{verb}_{meta.model_name}" for verb in meta.default_permissions}


def holders() -> frozenset[str]:
    """Return the labels of the apps that hold customer data."""
    return frozenset(_holdings)


def guards(permission: str) -> bool:
    """Tell whether a permission such as `tickets.reply_ticket` needs clearance."""
    holding = _holdings.get(permission.partition(".")[0])
    return holding is not None and permission not in holding.open_permissions


def guards_model(model: type[Model]) -> bool:
    """Tell whether the rows of a model are customer data."""
    holding = _holdings.get(model._meta.app_label)
    return holding is not None and model._meta.label_lower not in holding.settings


def guards_page(match: ResolverMatch) -> bool:
    """Tell whether an address shows customer data: of such an app, or of such a model."""
    administered = getattr(match.func, "model_admin", None)
    if administered is not None:
        return guards_model(administered.model)
    app = match.func.__module__.partition(".")[0]
    holding = _holdings.get(app)
    return holding is not None and match.view_name not in holding.open_pages


def cleared(path: str = "pk") -> Func:
    """Return the condition that a person lacks nothing; `path` leads to their key."""
    return Func(F(path), function="staff_cleared", output_field=BooleanField())


def lacks(path: str = "pk") -> Func:
    """Return what a person lacks, as keys of `Lack`, for an annotation."""
    keys = ArrayField(CharField(max_length=20))
    return Func(F(path), function="staff_lacks", output_field=keys)
