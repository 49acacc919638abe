"""Addresses of what people should hear of."""

from django.urls import path

from servicedesk.core.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.listing, name="list"),
    path("notifications/bell/", views.bell, name="bell"),
    path("notifications/read/", views.read_all, name="read-all"),
    path("notifications/<uuid:pk>/", views.follow, name="open"),
    path("notifications/<uuid:pk>/read/", views.read, name="read"),
    path("profile/notifications/", views.preferences, name="preferences"),
]
