"""Take large files in memory: on a disk they would lie in clear."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from servicedesk.core.sheets import MOST_BYTES

View = Callable[..., HttpResponse]
_FORM = 2 * 2**20  # the rest of the form around the file
_TOO_LARGE = 413


class InMemory(MemoryFileUploadHandler):
    """Django's own, whatever the size: the request as a whole was measured before."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        super().handle_raw_input(*args, **kwargs)
        self.activated = True


def in_memory(view: View) -> View:
    """Read the form of a view in memory; a request that is too large is not read at all.

    The CSRF check reads the form, so the handler must be in place before it: the check
    is done here, and not by the middleware.
    """
    checked = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if request.method == "POST" and length > MOST_BYTES + _FORM:
            return HttpResponse(status=_TOO_LARGE)
        if request.user.is_authenticated:
            # For nobody else is a file read into memory; the view turns them away.
            request.upload_handlers = [InMemory(request)]
        elif request.method == "POST":
            return redirect_to_login(request.path)
        return checked(request, *args, **kwargs)

    return wrapped
