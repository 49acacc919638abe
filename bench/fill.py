"""Make the database of a size, and tell where it is."""

import argparse

from bench import databases


def main() -> int:
    """Fill, or find filled, and print the address."""
    words = argparse.ArgumentParser(prog="desk.py bench fill", description=__doc__)
    words.add_argument("--tickets", type=int, default=1_000_000)
    words.add_argument("--customers", type=int, default=0, help="default: tickets / 5")
    asked = words.parse_args()
    print(databases.ready(asked.tickets, asked.customers))
    return 0
