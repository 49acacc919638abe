"""Addresses of tickets: the workspace, and the customer's pages."""

from django.urls import path, register_converter

from tickets.desk_urls import urlpatterns as desk
from tickets.public_urls import urlpatterns as public
from tickets.views import compose, new, workspace
from tickets.views.acts import hand_over, letter, reveal, settle, take


class NumberConverter:
    """A ticket's number as people say it: SD-2026-000123."""

    regex = r"SD-\d{4}-\d{6,12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(NumberConverter, "number")
app_name = "tickets"
urlpatterns = [
    path("inbox/", workspace.inbox, name="inbox"),
    path("inbox/next/", take.take_the_next, name="take-next"),
    path("inbox/new/", new.new_ticket, name="new"),
    path("inbox/<number:number>/", workspace.ticket, name="ticket"),
    path("inbox/<number:number>/reply/", compose.reply_to, name="reply"),
    path("inbox/<number:number>/note/", compose.note_on, name="note"),
    path("inbox/<number:number>/draft/", compose.draft, name="draft"),
    path("inbox/<number:number>/files/<uuid:pk>/", compose.file, name="file"),
    path("inbox/<number:number>/letters/<uuid:pk>/", letter.letter, name="letter"),
    path("inbox/<number:number>/name/", reveal.reveal_the_name, name="reveal-name"),
    path("inbox/<number:number>/contacts/<uuid:pk>/", reveal.reveal, name="reveal"),
    path("inbox/<number:number>/take/", take.take_it, name="take"),
    path("inbox/<number:number>/undo/", take.undo, name="undo"),
    path("inbox/<number:number>/assign/", hand_over.assign_it, name="assign"),
    path("inbox/<number:number>/transfer/", hand_over.transfer_it, name="transfer"),
    path("inbox/<number:number>/escalate/", hand_over.escalate_it, name="escalate"),
    path("inbox/<number:number>/wait/", settle.wait_for, name="wait"),
    path("inbox/<number:number>/resolve/", settle.resolve_it, name="resolve"),
    path("inbox/<number:number>/reopen/", settle.reopen_it, name="reopen"),
    path("inbox/<number:number>/classify/", settle.classify_it, name="classify"),
    *desk,
    *public,
]
