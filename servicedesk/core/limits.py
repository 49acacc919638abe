"""Rate limits for everything public, and for what may be probed."""

import hashlib
import logging

from django.core.cache import cache
from django.http import HttpRequest

from servicedesk.core.addresses import true_address
from servicedesk.core.signals import limit_met

log = logging.getLogger(__name__)


def allowed(
    request: HttpRequest, what: str, *, limit: int, seconds: int, who: str = ""
) -> bool:
    """Count one use of `what` by this client; False once there were too many.

    `who` names somebody who is signed in, wherever they sit; else the address counts.

    Fixed windows of `seconds`. While the counter's server is away each process counts by
    itself; what cannot be counted at all is allowed: losing a customer's request would be
    worse than counting one too few.
    """
    who = who or hashlib.sha256(str(true_address(request)).encode()).hexdigest()[:24]
    key = f"limit:{what}:{who}"
    try:
        cache.add(key, 0, timeout=seconds)
        count = int(cache.incr(key))
    except ValueError:
        return True
    except Exception:  # noqa: BLE001  # whatever the cache client raises
        log.warning("The rate limit counter of %s could not be reached", what)
        return True
    if count > limit:
        limit_met.send(None, request=request, what=what)
        return False
    return True
