"""Addresses of the quality figures."""

from django.urls import URLPattern, path

from quality.views import today, today_list

app_name = "quality"
urlpatterns: list[URLPattern] = [
    path("quality/today/", today, name="today"),
    path("quality/today/<slug:figure>/", today_list, name="today-list"),
]
