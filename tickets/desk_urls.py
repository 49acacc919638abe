"""Addresses of the start page, the supervisor's page and the follow-ups."""

from django.urls import URLPattern, path

from tickets.views.desk import desk, desk_list
from tickets.views.follow_ups import follow_ups, record
from tickets.views.home import home
from tickets.views.search import results, search

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("search/<uuid:pk>/", results, name="search-results"),
    path("desk/", desk, name="desk"),
    path("desk/<slug:figure>/", desk_list, name="desk-list"),
    path("follow-ups/", follow_ups, name="follow-ups"),
    path("follow-ups/<uuid:pk>/record/", record, name="follow-up-record"),
]
