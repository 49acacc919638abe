"""Files of a conversation, for the customer who holds its link."""

import uuid

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from tickets.queries.customer_page import public_attachment
from tickets.views.public_guard import guarded
from tickets.views.public_link import gone, opened

SANDBOX = "sandbox; default-src 'none'"
_SHOWN_AS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
}


@guarded
@require_safe
def file_page(request: HttpRequest, link: uuid.UUID, pk: uuid.UUID) -> HttpResponseBase:
    """Hand a file over to be saved: it is never opened as a part of this site."""
    found = opened(request, link)
    attachment = public_attachment(found.ticket, pk) if found else None
    if attachment is None:
        return gone(request)
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError:
        return gone(request)
    suffix = attachment.name.rpartition(".")[2].lower()
    return FileResponse(
        content,
        as_attachment=True,
        filename=attachment.name,
        content_type=_SHOWN_AS.get(suffix, "application/octet-stream"),
        headers={
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )
