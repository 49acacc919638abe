"""Addresses of the overview pages."""

from django.urls import path

from tickets.views import workspace

urlpatterns = [
    path("", workspace.inbox, name="home"),
    path("desk/", workspace.inbox, name="desk"),
    path("follow-ups/", workspace.inbox, name="follow-ups"),
]
