"""Addresses of the pages about backups."""

from django.urls import URLPattern, path

from servicedesk.backups.views import acts, drills, page, settling

app_name = "backups"
urlpatterns: list[URLPattern] = [
    path("", page.page, name="page"),
    path("start/", acts.start, name="start"),
    path("plan/", settling.plan, name="plan"),
    path("recipients/add/", settling.recipient, name="recipient"),
    path("recipients/<int:pk>/", settling.switch, name="switch"),
    path("drills/", drills.drills, name="drills"),
    path("drills/start/", drills.start_drill, name="start-drill"),
    path("drills/<int:pk>/", drills.drill, name="drill"),
    path("drills/<int:pk>/cancel/", drills.cancel_drill, name="cancel-drill"),
    path("<int:pk>/", page.backup, name="backup"),
    path("<int:pk>/cancel/", acts.cancel, name="cancel"),
]
