"""Addresses of the pages that customers open, without login."""

from django.urls import path

from tickets.views import public, public_files, public_progress

urlpatterns = [
    path("help/", public.help_page, name="help"),
    path("help/request/", public.request_page, name="request"),
    path("help/sent/", public.sent_page, name="sent"),
    path("r/<str:token>/", public_progress.progress_page, name="progress"),
    path("r/<str:token>/reply/", public_progress.reply_page, name="progress-reply"),
    path("r/<str:token>/answer/", public_progress.answer_page, name="progress-answer"),
    path(
        "r/<str:token>/files/<uuid:pk>/", public_files.file_page, name="progress-file"
    ),
]
