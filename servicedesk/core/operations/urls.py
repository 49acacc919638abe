"""Addresses of the pages about the running system."""

from django.urls import path

from servicedesk.core.operations import views

app_name = "operations"
urlpatterns = [
    path("health/", views.health, name="health"),
    path("maintenance/", views.maintenance, name="maintenance"),
    path("maintenance/end/", views.end, name="end-maintenance"),
]
