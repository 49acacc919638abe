"""Addresses of tickets: the workspace, and the customer's pages."""

from django.urls import path

from tickets.desk_urls import urlpatterns as desk
from tickets.public_urls import urlpatterns as public
from tickets.views import acts, compose, new, workspace

app_name = "tickets"
urlpatterns = [
    path("inbox/", workspace.inbox, name="inbox"),
    path("inbox/next/", acts.take_the_next, name="take-next"),
    path("inbox/new/", new.new_ticket, name="new"),
    path("inbox/<str:number>/", workspace.ticket, name="ticket"),
    path("inbox/<str:number>/reply/", compose.reply_to, name="reply"),
    path("inbox/<str:number>/note/", compose.note_on, name="note"),
    path("inbox/<str:number>/draft/", compose.draft, name="draft"),
    path("inbox/<str:number>/files/<uuid:pk>/", compose.file, name="file"),
    path("inbox/<str:number>/letters/<uuid:pk>/", acts.letter, name="letter"),
    path("inbox/<str:number>/contacts/<uuid:pk>/", acts.reveal, name="reveal"),
    path("inbox/<str:number>/take/", acts.take_it, name="take"),
    path("inbox/<str:number>/undo/", acts.undo, name="undo"),
    path("inbox/<str:number>/assign/", acts.assign_it, name="assign"),
    path("inbox/<str:number>/transfer/", acts.transfer_it, name="transfer"),
    path("inbox/<str:number>/escalate/", acts.escalate_it, name="escalate"),
    path("inbox/<str:number>/wait/", acts.wait_for, name="wait"),
    path("inbox/<str:number>/resolve/", acts.resolve_it, name="resolve"),
    path("inbox/<str:number>/reopen/", acts.reopen_it, name="reopen"),
    path("inbox/<str:number>/classify/", acts.classify_it, name="classify"),
    *desk,
    *public,
]
