"""What a backup knows of erasures, and what of customers has to be done after a restore."""

from collections.abc import Mapping
from typing import Any, Final

from customers.actions.replay import replay
from customers.actions.rights_letters import hold_letters
from servicedesk.core.restoring import (
    OUTSIDE,
    Restored,
    register_backup_fact,
    register_restore_step,
)

ERASURES = "customers.erasures"
# Before anything else about customers: who was erased must not be written to.
EARLY: Final = 20
# Once nobody is at the other database any more: people go on erasing in it until then.
SINCE: Final = OUTSIDE + 10


def register() -> None:
    """Register it; from `ready()`."""
    register_backup_fact(ERASURES, ledger_end)
    register_restore_step(ERASURES, erase_again, order=EARLY)
    register_restore_step("customers.erased_since", erase_again, order=SINCE)
    register_restore_step("customers.letters", hold)


def ledger_end(cursor: Any) -> dict[str, Any]:
    """Return how many people were erased until the moment, and when the last one was."""
    cursor.execute("SELECT count(*), max(at) FROM customers_erasureledger")
    count, last = cursor.fetchone()
    return {"count": count, "last": last.isoformat() if last else ""}


def erase_again(restored: Restored) -> Mapping[str, Any]:
    """Erase again whom the copy outside of the database names."""
    done = replay(now=restored.now)
    return {"lines": done.lines, "erased": done.erased, "findings": done.findings}


def hold(restored: Restored) -> Mapping[str, Any]:
    """Hold the letters that were waiting: since the backup they may have gone out."""
    return {"held": hold_letters(why=restored.held_because)}
