"""Addresses of a person's own page and switches."""

from django.urls import path

from servicedesk.staff.views import (
    agreements,
    clearance,
    cleared,
    closed,
    leaving,
    powers,
    profile,
    sessions,
    sign_in,
    switches,
    versions,
)

app_name = "staff"
urlpatterns = [
    # These stand before the libraries' own addresses and take their place: the
    # language is kept for the account too, and accounts are made by administrators.
    path("i18n/setlang/", switches.language),
    path("accounts/login/", sign_in.SignInView.as_view()),
    path("accounts/sessions/", sessions.SessionsView.as_view()),
    path("accounts/signup/", closed.closed),
    path("accounts/email/", closed.closed),
    path("accounts/confirm-email/", closed.closed),
    path("accounts/confirm-email/<str:key>/", closed.closed),
    path("accounts/password/reset/", closed.closed_without_mail),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", switches.theme, name="theme"),
    path("profile/language/", switches.language, name="language"),
    path("profile/presence/", switches.presence, name="presence"),
    path("clearance/", clearance.clearance, name="clearance"),
    path("clearance/agreement/", agreements.agreement, name="agreement"),
    path("clearance/signed/<int:version>/", agreements.signed_copy, name="signed-copy"),
    path("clearance/people/", cleared.people, name="cleared"),
    path("clearance/people/<int:pk>/", cleared.person, name="cleared-person"),
    path(
        "clearance/people/<int:pk>/signed/<int:version>/",
        cleared.persons_copy,
        name="persons-copy",
    ),
    path("clearance/versions/", versions.versions, name="versions"),
    path("clearance/versions/draft/", versions.draft, name="draft"),
    path("clearance/versions/draft/discard/", versions.discard, name="discard-draft"),
    path("clearance/versions/draft/publish/", versions.publish, name="publish"),
    path("clearance/versions/<int:version>/", versions.version, name="version"),
    path("leaving/", leaving.departures, name="departures"),
    path("leaving/<int:pk>/", leaving.leaving, name="leaving"),
    path("leaving/<int:pk>/call-off/", leaving.call_off, name="call-off"),
    path("leaving/<int:pk>/go-on/", leaving.go_on, name="go-on"),
    path("powers/", powers.powers, name="powers"),
    path("powers/<int:pk>/<slug:kind>/", powers.account, name="power-ask"),
    path("powers/<uuid:pk>/confirm/", powers.confirm, name="power-confirm"),
    path("powers/<uuid:pk>/drop/", powers.drop, name="power-drop"),
]
