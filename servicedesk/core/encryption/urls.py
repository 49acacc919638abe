"""Addresses of the page about keys."""

from django.urls import URLPattern, path

from servicedesk.core.encryption.views import keys_page, start_work

app_name = "keys"
urlpatterns: list[URLPattern] = [
    path("", keys_page, name="page"),
    path("<slug:work>/", start_work, name="start"),
]
