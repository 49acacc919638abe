"""Addresses of the pages that customers open, without login."""

from django.urls import path

from tickets.views import public, public_files, public_link, public_progress

urlpatterns = [
    path("help/", public.help_page, name="help"),
    path("help/request/", public.request_page, name="request"),
    path("help/sent/", public.sent_page, name="sent"),
    path("r/<uuid:link>/", public_progress.progress_page, name="progress"),
    path("r/<uuid:link>/reply/", public_progress.reply_page, name="progress-reply"),
    path("r/<uuid:link>/answer/", public_progress.answer_page, name="progress-answer"),
    path(
        "r/<uuid:link>/files/<uuid:pk>/", public_files.file_page, name="progress-file"
    ),
    # What letters carry, and what pages posted to that were open since before.
    path("r/<str:token>/", public_link.link_page, name="link"),
    path("r/<str:token>/<path:rest>", public_link.link_page, name="link-rest"),
]
