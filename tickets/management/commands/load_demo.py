"""Load the demonstration: people of every role, and a desk in the middle of its work."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.timezone import now

from customers.demo import load_records
from servicedesk.backups.demo import load_keys
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import User
from tickets.demo.load import demo_password, load_tickets
from tickets.demo.people import PEOPLE, create_people


class Command(BaseCommand):
    help = "Create demonstration people and requests where there are none yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--print-logins",
            action="store_true",
            help="print the demonstration logins and create nothing",
        )
        parser.add_argument(
            "--force", action="store_true", help="load it even in production"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["print_logins"]:
            self._print_logins()
            return
        # Only production redirects to TLS; there made-up people would be a way in.
        if settings.SECURE_SSL_REDIRECT and not options["force"]:
            raise CommandError("This is production. Use --force if you mean it.")
        with translation.override(settings.LANGUAGE_CODE):
            password = demo_password(settings.DATA_DIR, make=True)
            try:
                people = create_people(password=password, now=now())
                tickets = load_tickets(now=now())
                by = User.objects.filter(username="supervisor").first()
                load_records(by=by, now=now())
                load_keys(now=now())
            except RuleError as refusal:
                raise CommandError(str(refusal)) from refusal
        if people or tickets:
            self.stdout.write(f"Loaded {len(people)} people and {tickets} requests.")
            self._print_logins()
        else:
            self.stdout.write("There is nothing to load: it is here already.")

    def _print_logins(self) -> None:
        # An account of the same name that somebody else made is not ours to name.
        ours = User.objects.filter(is_active=True, email__endswith="@example.com")
        here = set(ours.values_list("username", flat=True))
        password = demo_password(settings.DATA_DIR, make=False)
        known = [each for each in PEOPLE if each.username in here]
        if not known or not password:
            self.stdout.write("There are no demonstration logins here.")
            return
        self.stdout.write(f"{'login':<12} {'password':<24} role")
        for each in known:
            role = f"{each.role.label} · {each.name}"
            self.stdout.write(f"{each.username:<12} {password:<24} {role}")
