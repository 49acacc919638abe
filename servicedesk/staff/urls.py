"""Addresses of a person's own page and switches."""

from django.urls import path

from servicedesk.staff.views import closed, profile, sign_in, switches

app_name = "staff"
urlpatterns = [
    # These stand before the libraries' own addresses and take their place: the
    # language is kept for the account too, and accounts are made by administrators.
    path("i18n/setlang/", switches.language),
    path("accounts/login/", sign_in.SignInView.as_view()),
    path("accounts/signup/", closed.closed),
    path("accounts/email/", closed.closed),
    path("accounts/confirm-email/", closed.closed),
    path("accounts/confirm-email/<str:key>/", closed.closed),
    path("accounts/password/reset/", closed.closed_without_mail),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", switches.theme, name="theme"),
    path("profile/language/", switches.language, name="language"),
    path("profile/presence/", switches.presence, name="presence"),
]
