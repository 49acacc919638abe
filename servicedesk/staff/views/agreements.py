"""Read and sign the confidentiality agreement; one's own signed copies."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from servicedesk.core.addresses import true_address
from servicedesk.core.errors import RuleError
from servicedesk.staff.actions.clearance import sign
from servicedesk.staff.forms import SignForm, given
from servicedesk.staff.models import (
    AgreementSignature,
    ConfidentialityAgreement,
    User,
)
from servicedesk.staff.queries import missing
from servicedesk.staff.queries.clearance import newest_agreement, signature_of

UNPROCESSABLE = 422
LANGUAGES = {"zh-hans": "zh-Hans", "en": "en"}
_OTHER = {"zh-hans": ("en", "English"), "en": ("zh-hans", "中文")}


@login_required
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def agreement(request: HttpRequest) -> HttpResponse:
    """Show the version that is to be signed, and take the signature."""
    user, newest = cast("User", request.user), newest_agreement()
    if newest is None:
        raise Http404
    language = language_of(request)
    signature = signature_of(user, newest)
    form = SignForm(given(request), version=newest, language=language)
    if signature is None and form.is_bound and form.is_valid():
        try:
            sign(
                agreement=newest,
                user=user,
                typed_name=form.cleaned_data["typed_name"],
                language=form.cleaned_data["language"],
                address=true_address(request),
                now=now(),
            )
        except RuleError as refusal:
            form.add_error("typed_name", str(refusal))
        else:
            return _signed(request, user)
    context = page(newest, language) | {
        "form": None if signature else form,
        "signature": signature,
        "name": str(user),
        "other_url": f"{request.path}?lang={_OTHER[language][0]}",
    }
    status = UNPROCESSABLE if form.errors and not signature else 200
    return render(request, "staff/agreement.html", context, status=status)


@login_required
@require_GET
def signed_copy(request: HttpRequest, version: int) -> HttpResponse:
    """Show one's own signed copy of a version, to read, print or keep."""
    user = cast("User", request.user)
    found = AgreementSignature.objects.filter(user=user, agreement__number=version)
    signature = found.select_related("agreement", "user").first()
    if signature is None:
        raise Http404
    return copy_of(request, signature)


def copy_of(request: HttpRequest, signature: AgreementSignature) -> HttpResponse:
    """Render a signed copy as a page, or as a file that needs nothing of ours."""
    version = signature.agreement
    given = request.GET.get("lang", "") in LANGUAGES
    language = language_of(request) if given else signature.language
    context = page(version, language) | {
        "signature": signature,
        "other_url": f"{request.path}?lang={_OTHER[language][0]}",
        "file_url": f"{request.path}?lang={language}&file=1",
    }
    if request.GET.get("file") != "1":
        return render(request, "staff/signed_copy.html", context)
    body = render_to_string("staff/signed_copy_file.html", context)
    response = HttpResponse(body, content_type="text/html; charset=utf-8")
    name = f"confidentiality-agreement-{version.number}.html"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def page(version: ConfidentialityAgreement, language: str) -> dict[str, Any]:
    """Return what shows a version in a language."""
    return {
        "agreement": version,
        "paragraphs": paragraphs(version.text(language)),
        "changes": paragraphs(version.changes(language)),
        "text_language": LANGUAGES[language],
        "language": language,
        "other_label": _OTHER[language][1],
        "other_language": LANGUAGES[_OTHER[language][0]],
    }


def language_of(request: HttpRequest) -> str:
    """Return the language in which the text is read: as asked, or the reader's."""
    wanted = request.GET.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    return "zh-hans" if (get_language() or "").startswith("zh") else "en"


def paragraphs(text: str) -> list[dict[str, Any]]:
    """Return the lines of a text: a heading begins with `#`."""
    lines = (line.strip() for line in text.splitlines())
    return [
        {"text": line.lstrip("# "), "heading": line.startswith("#")}
        for line in lines
        if line
    ]


def _signed(request: HttpRequest, user: User) -> HttpResponse:
    messages.success(request, _("Signed. You find your copy in your profile."))
    # What was missing when this request began, but for the signature.
    others = [each for each in missing(user) if each != "agreement"]
    return redirect("staff:clearance" if others else settings.LOGIN_REDIRECT_URL)
