"""Keep the translations in step with the source, and tell what is missing."""

import re
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicedesk.core.messages import Text, wanted

_PLACES = re.compile(r"%\(\w+\)[sdif]|%[sd%]|\{\w*\}")


class Command(BaseCommand):
    help = "Compare locale/*.po with the source: --update writes, --check only tells."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--update", action="store_true")

    def handle(self, **options: Any) -> None:
        texts = wanted()
        troubles: list[str] = []
        for source in sorted(
            Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po")
        ):
            catalogue = polib.pofile(str(source), wrapwidth=88)
            if options["update"]:
                update(catalogue, texts)
                catalogue.save()
            troubles += faults(catalogue, texts, source.parts[-3])
        for trouble in troubles:
            self.stderr.write(trouble)
        self.stdout.write(f"{len(texts)} texts, {len(troubles)} faults")
        if options["check"] and troubles:
            raise CommandError("The translations are not complete.")


def update(catalogue: polib.POFile, texts: dict[Text, list[str]]) -> None:
    """Add what is new, drop what nobody asks for any more, keep what is translated."""
    known = {_key(entry): entry for entry in catalogue}
    for text, files in texts.items():
        entry = known.pop(text, None)
        if entry is None:
            entry = polib.POEntry(
                msgctxt=text.context or None,
                msgid=text.single,
                msgid_plural=text.plural,
            )
            if text.plural:
                entry.msgstr_plural = {0: ""}
            catalogue.append(entry)
        entry.occurrences = [(name, "") for name in sorted(files)]
    for entry in known.values():
        catalogue.remove(entry)
    catalogue.sort(key=lambda entry: (entry.occurrences[0], entry.msgid))


def faults(
    catalogue: polib.POFile, texts: dict[Text, list[str]], language: str
) -> list[str]:
    """Return a line for each text that is missing, unfinished, stale or misfilled."""
    known = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    found = [
        f"{language}: missing: {text.single!r} ({', '.join(files[:2])})"
        for text, files in texts.items()
        if text not in known
    ]
    for text, entry in known.items():
        if text not in texts:
            found.append(f"{language}: nobody asks for: {text.single!r}")
        elif entry.fuzzy or not entry.translated():
            found.append(f"{language}: not translated: {text.single!r}")
        else:
            found += _misfilled(entry, language)
    return found


def _misfilled(entry: polib.POEntry, language: str) -> list[str]:
    asked = set(_PLACES.findall(entry.msgid)) | set(_PLACES.findall(entry.msgid_plural))
    given = [entry.msgstr, *entry.msgstr_plural.values()]
    return [
        f"{language}: other placeholders: {entry.msgid!r} → {text!r}"
        for text in given
        if text and not set(_PLACES.findall(text)) <= asked
    ] + [
        f"{language}: placeholders lost: {entry.msgid!r} → {entry.msgstr!r}"
        for _once in [0]
        if entry.msgstr and set(_PLACES.findall(entry.msgstr)) != asked
    ]


def _key(entry: polib.POEntry) -> Text:
    return Text(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")
