"""Rate limits for everything public, and the true address of whoever asks."""

import hashlib
import ipaddress
import logging

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

log = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, as far as our own proxies vouch for it.

    With TRUSTED_PROXIES = n, the n-th address from the right of X-Forwarded-For
    is the one that our outermost proxy saw; anything further left is hearsay.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    depth = settings.TRUSTED_PROXIES
    if depth < 1:
        return direct
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    candidate = told[-depth] if len(told) >= depth else direct
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return direct


def allowed(request: HttpRequest, what: str, *, limit: int, seconds: int) -> bool:
    """Count one use of `what` by this client; False once there were too many.

    Fixed windows of `seconds`. If the counter cannot be reached the use is allowed:
    losing a customer's request would be worse than counting one too few.
    """
    who = hashlib.sha256(client_address(request).encode()).hexdigest()[:24]
    key = f"limit:{what}:{who}"
    try:
        cache.add(key, 0, timeout=seconds)
        return int(cache.incr(key)) <= limit
    except ValueError:
        return True
    except Exception:  # noqa: BLE001  # whatever the cache client raises
        log.warning("The rate limit counter of %s could not be reached", what)
        return True
