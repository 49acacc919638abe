"""The customer's own page, opened by the signed link: read, answer, write again.

Looking changes nothing: mail scanners open links. Only a post of the page's own
forms is an answer.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.core.errors import RuleError
from servicedesk.core.limits import allowed
from tickets import links
from tickets.actions import follow_up
from tickets.actions.customer_page import customer_writes
from tickets.forms.request import AnswerForm, MessageForm
from tickets.models import TicketLink
from tickets.queries import customer_page
from tickets.views.public_guard import HOUR, guarded, limit, too_many


@guarded
@require_safe
def progress_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page; to a page that asks what is new, only that, or nothing (204)."""
    link = links.read_token(token, now=now())
    if link is None:
        return gone(request)
    if request.headers.get("HX-Request") == "true":
        return _news(request, customer_page.progress(link, token))
    return _page(request, link, token)


@guarded
@require_http_methods(["GET", "HEAD", "POST"])
def reply_page(request: HttpRequest, token: str) -> HttpResponse:
    """Take in a further message; the same form twice is one message."""
    link = links.read_token(token, now=now())
    if link is None:
        return gone(request)
    if request.method != "POST":
        # Somebody changed the language on a form that came back, or went back.
        return redirect("tickets:progress", token)
    if not _may_write(request):
        return too_many(request, seconds=HOUR)
    over = customer_page.is_over(link.ticket)
    form = MessageForm(request.POST, request.FILES, over=over)
    if not form.is_valid():
        return _page(request, link, token, form=form, status=422)
    said = form.cleaned_data
    try:
        customer_writes(
            ticket=link.ticket,
            body=said["body"],
            needs_answer=not said.get("no_answer", False),
            now=now(),
            client_key=said["client_key"],
            files=said["attachments"],
        )
    except RuleError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, link, token, form=form, status=409)
    return redirect("tickets:progress", token)


@guarded
@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """Take "solved" or "not solved"; a second, other answer is refused in words."""
    link = links.read_token(token, now=now())
    if link is None:
        return gone(request)
    if request.method != "POST":
        return redirect("tickets:progress", token)
    if not _may_write(request):
        return too_many(request, seconds=HOUR)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, link, token, answer_form=form, status=422)
    said = form.cleaned_data
    try:
        follow_up.answer(
            ticket=link.ticket,
            satisfied=said["answer"] == "solved",
            words=said["words"],
            now=now(),
        )
    except RuleError as refusal:
        return _page(request, link, token, refused=str(refusal), status=409)
    return redirect("tickets:progress", token)


def gone(request: HttpRequest) -> HttpResponse:
    """Answer that the page is not open, in the same words whatever the reason."""
    response = render(request, "tickets/public/gone.html", status=404)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _page(
    request: HttpRequest,
    link: TicketLink,
    token: str,
    *,
    status: int = 200,
    **shown: Any,
) -> HttpResponse:
    context = customer_page.progress(link, token)
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
