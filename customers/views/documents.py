"""Records of processing and impact assessments: to read, to print, to write anew."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from customers.actions.documents import write_document, write_version
from customers.forms.documents import DocumentForm, VersionForm
from customers.models import DocumentKind, PrivacyDocument
from customers.permissions import SEE_DOCUMENTS, WRITE_DOCUMENTS
from customers.views.one import staff
from customers.views.rights import UNPROCESSABLE
from servicedesk.core.access import may, require
from servicedesk.staff.models import User


@login_required
@require_GET
def documents_page(request: HttpRequest) -> HttpResponse:
    """List the documents, the next to be reviewed first."""
    user, today = staff(request), now().date()
    require(user, SEE_DOCUMENTS)
    rows = [
        {"document": each, "late": each.next_review < today}
        for each in PrivacyDocument.objects.order_by("next_review", "title")
    ]
    context = {"rows": rows, "may_write": may(user, WRITE_DOCUMENTS)}
    return render(request, "customers/documents.html", context)


@login_required
@require_GET
def document_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a document as it stands, or as it stood in an earlier version."""
    user = staff(request)
    require(user, SEE_DOCUMENTS)
    document = get_object_or_404(PrivacyDocument, pk=pk)
    versions = list(document.versions.select_related("author").order_by("-number"))
    wanted = request.GET.get("version", "")
    shown = next((v for v in versions if str(v.number) == wanted), versions[0])
    context = {
        "document": document,
        "versions": versions,
        "shown": shown,
        "may_write": may(user, WRITE_DOCUMENTS),
    }
    return render(request, "customers/document.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_document(request: HttpRequest) -> HttpResponse:
    """Write a document."""
    user = _writer(request)
    form = DocumentForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        made = write_document(
            kind=DocumentKind(said["kind"]),
            title=said["title"],
            next_review=said["next_review"],
            words=form.words(),
            by=user,
            now=now(),
        )
        return redirect("customers:document", made.pk)
    return _form(request, form, _("New document"), reverse("customers:documents"))


@login_required
@require_http_methods(["GET", "POST"])
def new_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write a new version, beginning with the words of the last."""
    user = _writer(request)
    document = get_object_or_404(PrivacyDocument, pk=pk)
    last = document.versions.order_by("-number").first()
    words = {n: getattr(last, n, "") for n in VersionForm.Meta.fields}
    form = VersionForm(
        request.POST or None, initial=words | {"next_review": document.next_review}
    )
    if form.is_valid():
        write_version(
            document=document,
            next_review=form.cleaned_data["next_review"],
            words=form.words(),
            by=user,
            now=now(),
        )
        return redirect("customers:document", pk)
    back = reverse("customers:document", args=[pk])
    return _form(request, form, _("New version"), back)


def _writer(request: HttpRequest) -> User:
    user = staff(request)
    require(user, SEE_DOCUMENTS)
    if not may(user, WRITE_DOCUMENTS):
        raise PermissionDenied
    return user


def _form(
    request: HttpRequest, form: VersionForm, title: str, back: str
) -> HttpResponse:
    context = {
        "title": title,
        "explanation": _("Every version is kept for three years at least."),
        "form": form,
        "submit_label": _("Save"),
        "action_url": request.path,
        "cancel_url": back,
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "customers/rights_action.html", context, status=status)
