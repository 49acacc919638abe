"""Addresses of a person's own page and switches."""

from django.urls import path

from servicedesk.staff.views import profile, switches

app_name = "staff"
urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", switches.theme, name="theme"),
    path("profile/language/", switches.language, name="language"),
    path("profile/presence/", switches.presence, name="presence"),
]
