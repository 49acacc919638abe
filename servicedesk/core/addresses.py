"""The true address of whoever asks, as far as our own proxies vouch for it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def true_address(request: HttpRequest) -> str | None:
    """Return the address of the caller, None if there is none worth the name.

    TRUSTED_PROXIES says how many proxies of ours stand in front; each appends the
    address that it saw, so the caller is that many from the right. What stands
    further left was written by the caller, and anybody can write anything.
    """
    depth = int(getattr(settings, "TRUSTED_PROXIES", 0))
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if depth < 1:
        return as_address(direct)
    forwarded = str(request.headers.get("X-Forwarded-For", ""))
    hops = [hop for hop in forwarded.split(",") if hop.strip()]
    if len(hops) < depth:
        # Fewer hops than proxies: somebody came past them.
        return as_address(direct)
    return as_address(hops[-depth]) or as_address(direct)


def as_address(text: str) -> str | None:
    """Return a well-formed IP address without port, brackets and zone, or None."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
