"""Write the audit entries of a whole act by one insert, at its end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from auditlog import get_logentry_model
from django.db import connection, transaction
from django.db.models.signals import pre_save

from servicedesk.audit.context import describe

INSERTED_AT_ONCE = 500


@dataclass
class _Batch:
    """The entries that wait, each with the mark that a rollback takes away."""

    waiting: list[tuple[Any, Callable[[], None]]] = field(default_factory=list)


_open: ContextVar[_Batch | None] = ContextVar("audit_batch", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Hold back the entries that models' signals make, and insert them at the exit.

    The insert is part of the transaction that is open at the entry; where none is,
    one is begun here, so that what was done and what was logged of it stay together.
    An exception drops the entries with the rest. Within another `together` this one
    does nothing: the outer one writes.
    """
    if _open.get() is not None:
        yield
        return
    batch = _Batch()
    with ExitStack() as stack:
        if not connection.in_atomic_block:
            stack.enter_context(transaction.atomic())
        token = _open.set(batch)
        try:
            yield
        finally:
            _open.reset(token)
        _flush(batch)


def write(entry: Any) -> Any:
    """Save an entry now, or at the end of the act where one is open."""
    describe(entry)
    batch = _open.get()
    if batch is None:
        entry.save(force_insert=True)
        return entry
    # A save would tell the library's own `set_actor`, which receives this.
    pre_save.send(
        sender=type(entry),
        instance=entry,
        raw=False,
        using="default",
        update_fields=None,
    )

    def mark() -> None:
        """Do nothing: whether this still waits for the commit is what counts."""

    # Django forgets what waits for the commit when a savepoint is rolled back.
    transaction.on_commit(mark)
    batch.waiting.append((entry, mark))
    return entry


def _flush(batch: _Batch) -> None:
    if not batch.waiting:
        return
    alive = {id(each[1]) for each in connection.run_on_commit}
    entries = [entry for entry, mark in batch.waiting if id(mark) in alive]
    get_logentry_model().objects.bulk_create(entries, batch_size=INSERTED_AT_ONCE)
