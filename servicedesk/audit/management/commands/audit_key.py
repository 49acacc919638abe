"""`manage.py audit_key`: the public key of the seals, for whoever verifies elsewhere."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from servicedesk.audit.keys import SealKeyError, as_pem, signing_key


class Command(BaseCommand):
    help = "Print the public key that belongs to the key which signs seals now (PEM)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            _name, key = signing_key()
        except SealKeyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(as_pem(key.public_key()), ending="")
