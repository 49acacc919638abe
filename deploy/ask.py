#!/usr/bin/env python3
"""Ask an address of this machine and exit 0 if it answers 200: for health checks."""

import sys
import urllib.error
import urllib.request


def main(address: str) -> int:
    """Return 0 for an answer of 200 within five seconds."""
    if not address.startswith("http://127.0.0.1:"):
        print("Only addresses of this machine are asked.", file=sys.stderr)
        return 2
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return 0 if answer.status == 200 else 1  # noqa: PLR2004
    except (OSError, urllib.error.URLError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
