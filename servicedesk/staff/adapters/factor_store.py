"""Sealed seeds of second factors as a store, so that they are rotated with the rest."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.core.encryption.envelope import RowKey
from servicedesk.core.encryption.stores import Change, Row, Store, version_of
from servicedesk.staff.adapters.second_factor import LABEL, ROW

_PARTS = ("secret", "seed")


class SecondFactorStore(Store):
    """Text in a JSON column: one authenticator app or one set of codes a row."""

    name = "mfa.authenticator"

    @property
    def parts(self) -> Mapping[str, str]:
        return dict.fromkeys(_PARTS, LABEL)

    def title(self, part: str) -> str:
        del part
        return _("Second factors")

    def place(self, part: str, pk: str) -> tuple[str, RowKey]:
        del pk  # the library hands over the text alone: see second_factor.py
        return self.parts[part], ROW

    def read(self, after: str | None, limit: int) -> list[Row]:
        found = _sealed().order_by("pk").values_list("pk", "data")
        if after is not None:
            found = found.filter(pk__gt=after)
        return [(str(pk), _held(data)) for pk, data in found[:limit]]

    def write(self, changes: Sequence[Change]) -> int:
        wanted = dict(changes)
        done = 0
        with transaction.atomic():
            rows = _sealed().filter(pk__in=wanted).order_by("pk")
            for row in rows.select_for_update(skip_locked=True):
                held = _held(row.data)
                same = {
                    part: base64.b64encode(new).decode("ascii")
                    for part, (old, new) in wanted[str(row.pk)].items()
                    if held.get(part) == old
                }
                if same:
                    # By a query: the library's own signals and the log stay silent.
                    _sealed().filter(pk=row.pk).update(data={**row.data, **same})
                done += len(same)
        return done

    def versions(self) -> dict[str, dict[int, int]]:
        # One label for both names, so both are counted together, under the first.
        counted: dict[int, int] = {}
        for data in _sealed().values_list("data", flat=True).iterator():
            for envelope in _held(data).values():
                version = version_of(envelope)
                counted[version] = counted.get(version, 0) + 1
        return {_PARTS[0]: counted}


def _sealed() -> Any:
    return Authenticator.objects.filter(type__in=["totp", "recovery_codes"])


def _held(data: Mapping[str, Any]) -> dict[str, bytes]:
    return {part: _bytes(data[part]) for part in _PARTS if part in data}


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return b"?"
