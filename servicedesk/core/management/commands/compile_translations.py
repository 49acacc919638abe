"""Make .mo files of the .po files, without gettext's programs."""

import os
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile the translations that changed since they were last compiled."
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                compile_one(source)


def compile_one(source: Path) -> None:
    """Write the compiled file whole or not at all: two starts at once are safe."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return
    scratch = target.with_name(f"{target.name}.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(scratch))
    scratch.replace(target)
