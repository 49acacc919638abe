"""Addresses of the page about security checks."""

from django.urls import URLPattern, path

from servicedesk.core.security_checks import views

app_name = "security"
urlpatterns: list[URLPattern] = [
    path("", views.page, name="page"),
    path("run/", views.start, name="start"),
    path("export/", views.export, name="export"),
    path("<uuid:pk>/acknowledge/", views.acknowledge_it, name="acknowledge"),
]
