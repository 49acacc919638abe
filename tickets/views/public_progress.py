"""The customer's own page, opened by the cookie of its link: read, answer, write again.

Looking changes nothing: mail scanners open links. Only a post of the page's own
forms is an answer.
"""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.core.errors import RuleError
from servicedesk.core.limits import allowed
from tickets.actions import follow_up
from tickets.actions.customer_page import customer_writes
from tickets.forms.request import AnswerForm, MessageForm
from tickets.models import TicketLink
from tickets.queries import customer_page
from tickets.views.public_guard import HOUR, guarded, limit, too_many
from tickets.views.public_link import gone, opened


@guarded
@require_safe
def progress_page(request: HttpRequest, link: uuid.UUID) -> HttpResponse:
    """Show the page; to a page that asks what is new, only that, or nothing (204)."""
    found = opened(request, link)
    if found is None:
        return gone(request)
    if request.headers.get("HX-Request") == "true":
        return _news(request, customer_page.progress(found))
    return _page(request, found)


@guarded
@require_http_methods(["GET", "HEAD", "POST"])
def reply_page(request: HttpRequest, link: uuid.UUID) -> HttpResponse:
    """Take in a further message; the same form twice is one message."""
    found = opened(request, link)
    if found is None:
        return gone(request)
    if request.method != "POST":
        # Somebody changed the language on a form that came back, or went back.
        return redirect("tickets:progress", link)
    if not _may_write(request):
        return too_many(request, seconds=HOUR)
    over = customer_page.is_over(found.ticket)
    form = MessageForm(request.POST, request.FILES, over=over)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    said = form.cleaned_data
    try:
        customer_writes(
            ticket=found.ticket,
            body=said["body"],
            needs_answer=not said.get("no_answer", False),
            now=now(),
            client_key=said["client_key"],
            files=said["attachments"],
        )
    except RuleError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, found, form=form, status=409)
    return redirect("tickets:progress", link)


@guarded
@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, link: uuid.UUID) -> HttpResponse:
    """Take "solved" or "not solved"; a second, other answer is refused in words."""
    found = opened(request, link)
    if found is None:
        return gone(request)
    if request.method != "POST":
        return redirect("tickets:progress", link)
    if not _may_write(request):
        return too_many(request, seconds=HOUR)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, found, answer_form=form, status=422)
    said = form.cleaned_data
    try:
        follow_up.answer(
            ticket=found.ticket,
            satisfied=said["answer"] == "solved",
            words=said["words"],
            now=now(),
        )
    except RuleError as refusal:
        return _page(request, found, refused=str(refusal), status=409)
    return redirect("tickets:progress", link)


def _page(
    request: HttpRequest,
    link: TicketLink,
    *,
    status: int = 200,
    **shown: Any,
) -> HttpResponse:
    context = customer_page.progress(link)
    context |= {
        "form": MessageForm(over=customer_page.is_over(link.ticket)),
        "answer_form": AnswerForm(),
        "refused": "",
        **shown,
    }
    return render(request, "tickets/public/progress.html", context, status=status)


def _news(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    if request.GET.get("seen") == page["version"]:
        return HttpResponse(status=204)
    # What is being typed into the question must not be replaced.
    stays = page["ask"] and request.GET.get("asked") == "1"
    context = page | {"answer_form": AnswerForm(), "ask_stays": stays, "refused": ""}
    return render(request, "tickets/public/_news.html", context)


def _may_write(request: HttpRequest) -> bool:
    most = limit("PUBLIC_REPLIES_PER_HOUR", 30)
    return allowed(request, "public-reply", limit=most, seconds=HOUR)
