"""Answer, note, draft; the files of a conversation."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_POST

from servicedesk.audit.actions import record_download
from servicedesk.core.access import may
from servicedesk.core.errors import RuleError
from tickets import permissions
from tickets.actions.drafts import save_draft
from tickets.actions.reply import note, reply
from tickets.forms.compose import DraftForm, NoteForm, ReplyForm
from tickets.models import Attachment, MessageKind
from tickets.tasks import nudge_letters
from tickets.views.workspace import kept_query, one_ticket, show, staff

UNPROCESSABLE = 422


@login_required
@require_POST
def reply_to(request: HttpRequest, number: str) -> HttpResponse:
    """Send an answer to the customer."""
    ticket = one_ticket(request, number, permissions.REPLY)
    form = ReplyForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            reply(
                ticket=ticket,
                body=given["body"],
                by=staff(request),
                now=now(),
                seen_seq=given["seen_seq"],
                client_key=given["client_key"],
                files=given["attachments"],
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            nudge_letters()
            return back(request, number)
    return show(
        request, one_ticket(request, number), status=UNPROCESSABLE, reply_form=form
    )


@login_required
@require_POST
def note_on(request: HttpRequest, number: str) -> HttpResponse:
    """Write a note that only colleagues see."""
    ticket = one_ticket(request, number, permissions.NOTE)
    form = NoteForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            note(
                ticket=ticket,
                body=given["body"],
                by=staff(request),
                now=now(),
                client_key=given["client_key"],
                files=given["attachments"],
            )
        except RuleError as refusal:
            form.add_error(None, str(refusal))
        else:
            return back(request, number)
    return show(
        request, one_ticket(request, number), status=UNPROCESSABLE, note_form=form
    )


@login_required
@require_POST
def draft(request: HttpRequest, number: str) -> HttpResponse:
    """Keep what is being typed."""
    ticket = one_ticket(request, number)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=UNPROCESSABLE)
    kind = (
        MessageKind.NOTE
        if form.cleaned_data["kind"] == "note"
        else MessageKind.OUTBOUND
    )
    needed = permissions.NOTE if kind == MessageKind.NOTE else permissions.REPLY
    if not may(staff(request), needed):
        raise PermissionDenied
    save_draft(
        ticket=ticket,
        kind=kind,
        body=form.cleaned_data["body"],
        by=staff(request),
        now=now(),
    )
    return HttpResponse(status=204)


@login_required
@require_GET
def file(request: HttpRequest, number: str, pk: str) -> HttpResponse | FileResponse:
    """Hand out an attachment, always as a download."""
    ticket = one_ticket(request, number)
    attachment = get_object_or_404(Attachment, pk=pk, message__ticket=ticket)
    record_download(instance=attachment, by=staff(request), now=now())
    try:
        return as_download(attachment)
    except FileNotFoundError:
        raise Http404 from None


def as_download(attachment: Attachment) -> FileResponse:
    """Return the file such that no browser runs or shows it as part of our site."""
    response = FileResponse(
        attachment.file.open("rb"),
        as_attachment=True,
        filename=attachment.name,
        content_type="application/octet-stream",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def back(request: HttpRequest, number: str) -> HttpResponse:
    """Lead to the ticket as it is now; a script follows as the browser does."""
    response = redirect("tickets:ticket", number)
    response["Location"] += kept_query(request)
    return response
