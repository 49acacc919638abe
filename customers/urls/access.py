"""Addresses of masks, reveals, grants and alarms."""

from django.urls import URLPattern, path

from customers.views import alarms, grants, honey, limits, masks, reveals, sight

urlpatterns: list[URLPattern] = [
    path("customers/masks/", masks.matrix, name="masks"),
    path("customers/masks/<uuid:pk>/confirm/", masks.confirm, name="masks-confirm"),
    path("customers/masks/<uuid:pk>/drop/", masks.drop, name="masks-drop"),
    path("customers/access/", grants.grant_list, name="grants"),
    path("customers/access/ask/", grants.ask_access, name="ask"),
    path("customers/access/people/<int:user>/", sight.access_of, name="access-of"),
    path("customers/access/<uuid:pk>/", grants.decide, name="decide"),
    path("customers/access/<uuid:pk>/end/", grants.end_it, name="end"),
    path("customers/alarms/", alarms.alarm_list, name="alarms"),
    path("customers/alarms/limits/", limits.limits, name="limits"),
    path(
        "customers/alarms/limits/<uuid:pk>/confirm/",
        limits.confirm,
        name="limits-confirm",
    ),
    path("customers/alarms/limits/<uuid:pk>/drop/", limits.drop, name="limits-drop"),
    path("customers/alarms/<uuid:pk>/", alarms.acknowledge_it, name="acknowledge"),
    path("customers/alarms/<uuid:pk>/lift/", alarms.lift_it, name="lift"),
    path("customers/honey/", honey.honey, name="honey"),
    path("customers/honey/<uuid:pk>/retire/", honey.retire, name="retire-honey"),
    path("customers/<int:number>/access/", sight.access_to, name="access"),
    path(
        "customers/<int:number>/reveal/<slug:field>/", reveals.of_field, name="reveal"
    ),
    path(
        "customers/<int:number>/reveal/<slug:field>/<uuid:contact>/",
        reveals.of_row,
        name="reveal",
    ),
    path(
        "customers/<int:number>/contacts/<uuid:contact>/reveal/",
        reveals.of_contact,
        name="reveal-contact",
    ),
    path(
        "customers/<int:number>/payments/<uuid:payment>/reveal/",
        reveals.of_payment,
        name="reveal-payment",
    ),
]
