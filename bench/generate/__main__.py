"""Fill the database in DATABASE_URL: `python -m bench.generate --tickets 1000000`."""

import argparse
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  # after setup
from django.utils.timezone import now  # noqa: E402

from bench.generate import desk  # noqa: E402
from tickets.models import Ticket  # noqa: E402


def main() -> int:
    """Migrate, and fill where there is nothing yet."""
    words = argparse.ArgumentParser(prog="bench.generate", description=__doc__)
    words.add_argument("--tickets", type=int, required=True)
    words.add_argument("--customers", type=int, default=0, help="default: tickets / 5")
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    if not Ticket.objects.exists():
        desk.fill(
            asked.tickets,
            asked.customers or max(asked.tickets // 5, 1),
            now=now(),
            seed=asked.seed,
        )
    print(f"  whole: {time.perf_counter() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
