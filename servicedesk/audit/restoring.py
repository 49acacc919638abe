"""What a backup knows of the audit log, and how the log goes on after a restore."""

from collections.abc import Mapping
from typing import Any, Final

from servicedesk.audit import outside
from servicedesk.audit.actions import record_restored, record_rollback_accepted
from servicedesk.audit.keys import SealKeyError
from servicedesk.audit.models import Seal
from servicedesk.audit.sealing import seal_settled
from servicedesk.audit.verifying import verify
from servicedesk.core.restoring import (
    OUTSIDE,
    Finding,
    Restored,
    register_backup_fact,
    register_restore_check,
    register_restore_step,
)

SEAL = "audit.seal"
# The copy outside is set aside when the restored log is in its place, then sealed.
FIRST: Final = OUTSIDE
LAST: Final = OUTSIDE + 90


def register() -> None:
    """Register it; from `ready()`."""
    register_backup_fact(SEAL, seal_head)
    register_restore_check("audit.log", check_log)
    register_restore_step("audit.set_back", accept_set_back, order=FIRST)
    register_restore_step("audit.seal", seal_again, order=LAST)


def seal_head(cursor: Any) -> dict[str, Any]:
    """Return number, era and digest of the last seal; of none, number 0."""
    cursor.execute(
        "SELECT number, era, encode(digest, 'hex') FROM audit_seal"
        " ORDER BY number DESC LIMIT 1"
    )
    number, era, digest = cursor.fetchone() or (0, 0, "")
    return {"number": number, "era": era, "digest": digest}


def check_log(restored: Restored) -> list[Finding]:
    """Compare the log with its seals, the copy outside, and the manifest's last seal."""
    try:
        report = verify(set_back=True)
    except SealKeyError as error:
        return [Finding("audit.broken", {"said": str(error)})]
    found = [Finding("audit.broken", {"said": said}) for said in report.findings]
    fact = restored.facts.get(SEAL)
    last = Seal.objects.defer("leaves").order_by("-number").first()
    digest = bytes(last.digest).hex() if last else ""
    if fact and not found and digest != fact["digest"]:
        here = last.number if last else 0
        said = f"It ends with seal {here}; when the backup was made, with {fact['number']}."
        found.append(Finding("audit.broken", {"said": said}))
    return found


def accept_set_back(restored: Restored) -> Mapping[str, Any]:
    """Put the copy outside aside, which is ahead of the backup, and say so in the log."""
    kept = outside.set_aside(f"before-{restored.now:%Y%m%dT%H%M%S}")
    if kept:
        record_rollback_accepted(now=restored.now)
    record_restored(backup=restored.backup, made_at=restored.made_at, now=restored.now)
    return {"kept": [str(path) for path in kept]}


def seal_again(restored: Restored) -> Mapping[str, Any]:
    """Begin the new copy outside, with all that the restored log holds."""
    return {"seals": seal_settled(now=restored.now)}
