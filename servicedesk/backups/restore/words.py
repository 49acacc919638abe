"""How things stand when a restore neither went on nor back, for whoever takes over."""

from collections.abc import Sequence
from pathlib import Path

from servicedesk.backups.errors import BackupError
from servicedesk.backups.restore.plan import Plan


def stranded(plan: Plan, why: str, error: BackupError, kept: Path | None) -> str:
    """Say what is what by now, and both ways out."""
    name = plan.into.name
    lines = [
        (
            f"The attachments could not be put into their place ({why}), and then the "
            f"database could not be renamed back ({error}). Let nobody work yet."
        ),
        "How things stand:",
        f"- {name} is the restored database.",
    ]
    if plan.there:
        lines.append(f"- {plan.aside} is the database of before.")
    lines.append(f"- {plan.media} is as it was before.")
    if kept is not None:
        lines.append(f"- {kept} holds the attachments of the backup.")
    lines.append("Stop whatever is connected to the database. Then either go back:")
    lines += [f"  {each}" for each in _back(plan)]
    lines.append("or go on, once the attachments can be put into their place:")
    lines += [f"  {each}" for each in _on(plan, kept)]
    return "\n".join(lines)


def broken_off(plan: Plan, rooms: Sequence[Path]) -> str:
    """Say what a restore that was killed between the two renames has left."""
    kept, *others = rooms
    lines = [
        (
            "The restore was broken off when the database was in its place and the "
            "attachments were not. Let nobody work yet. How things stand:"
        ),
        f"- {plan.into.name} is the restored database.",
        f"- {kept} holds the attachments of the backup.",
        *(
            f"- {each} holds those of a restore as well: look which is newer."
            for each in others
        ),
        "To go on:",
        *(f"  {each}" for each in _on(plan, kept)),
        "The way back is in docs/operations.md, Restore, 8.",
    ]
    return "\n".join(lines)


def _back(plan: Plan) -> list[str]:
    name = plan.into.name
    away = f'ALTER DATABASE "{name}" RENAME TO "{plan.fresh}";'
    if not plan.there:
        return [away]
    return [away, f'ALTER DATABASE "{plan.aside}" RENAME TO "{name}";']


def _on(plan: Plan, kept: Path | None) -> list[str]:
    again = "the same command with --finish"
    if kept is None:
        return ["go back first: the attachments of the backup could not be kept"]
    moves = [f"mv {kept} {plan.media}"]
    if plan.media.is_dir():
        moves.insert(0, f"mv {plan.media} {plan.media}.before-{plan.stamp}")
    return [*moves, again]
