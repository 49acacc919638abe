"""Two pairs of keys for a demonstration, so that backups and drills work at once.

Both private keys lie in the data folder, which a real desk's never do: nothing that a
demonstration backs up needs a secret, and the recipients say so by their names.
"""

import datetime as dt
import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from servicedesk.backups.models import Recipient
from servicedesk.backups.sealed import make_identity

NAMES = (
    "演示专用，第一把 · Demonstration only, first",
    "演示专用，第二把 · Demonstration only, second",
)


@transaction.atomic
def load_keys(*, now: dt.datetime) -> int:
    """Make them where there is no recipient yet; how many were made."""
    path = Path(settings.DATA_DIR) / settings.DEMO_IDENTITY_FILE
    if Recipient.objects.exists() or path.exists():
        return 0
    pairs = [make_identity() for _name in NAMES]
    Recipient.objects.bulk_create(
        Recipient(name=name, key=public, added_at=now)
        for name, (_private, public) in zip(NAMES, pairs, strict=True)
    )
    lines = [
        "# Private keys of a demonstration. A real desk's are never on its server."
    ]
    for private, public in pairs:
        lines += [f"# public key: {public}", private]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return len(pairs)
