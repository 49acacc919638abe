"""Write records of processing and impact assessments: a new version for each change."""

import datetime as dt
from typing import TypedDict

from django.db import transaction

from customers.models import DocumentKind, PrivacyDocument, PrivacyDocumentVersion
from servicedesk.audit.batch import together
from servicedesk.staff.models import User


class Words(TypedDict):
    """What a version says."""

    purpose: str
    data: str
    risks: str
    measures: str


@transaction.atomic
@together()
def write_document(
    *,
    kind: DocumentKind,
    title: str,
    next_review: dt.date,
    words: Words,
    by: User,
    now: dt.datetime,
) -> PrivacyDocument:
    """Make a document with its first version."""
    made = PrivacyDocument.objects.create(
        kind=kind, title=title, next_review=next_review, created_at=now
    )
    _add(made, 1, words, by, now)
    return made


@transaction.atomic
@together()
def write_version(
    *,
    document: PrivacyDocument,
    next_review: dt.date,
    words: Words,
    by: User,
    now: dt.datetime,
) -> PrivacyDocumentVersion:
    """Add a version; those before stay as they were."""
    held = PrivacyDocument.objects.select_for_update().get(pk=document.pk)
    held.next_review = next_review
    held.save(update_fields=["next_review"])
    last = held.versions.order_by("-number").first()
    number = last.number + 1 if last else 1
    return _add(held, number, words, by, now)


def _add(
    document: PrivacyDocument, number: int, words: Words, by: User, now: dt.datetime
) -> PrivacyDocumentVersion:
    return PrivacyDocumentVersion.objects.create(
        document=document, number=number, author=by, made_at=now, **words
    )
