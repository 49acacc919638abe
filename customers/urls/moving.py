"""Addresses of import and export."""

from django.urls import path

from customers.views import exporting, importing

urlpatterns = [
    path("customers/imports/", importing.imports, name="imports"),
    path("customers/imports/<uuid:pk>/", importing.one_import, name="import"),
    path(
        "customers/imports/<uuid:pk>/begin/",
        importing.begin_import,
        name="import-begin",
    ),
    path(
        "customers/imports/<uuid:pk>/rejected/",
        importing.rejected,
        name="import-rejected",
    ),
    path(
        "customers/imports/<uuid:pk>/forget/",
        importing.forget_import,
        name="import-forget",
    ),
    path("customers/exports/", exporting.exports, name="exports"),
    path("customers/exports/ask/", exporting.ask_export, name="export-ask"),
    path("customers/exports/<uuid:pk>/", exporting.one_export, name="export"),
    path(
        "customers/exports/<uuid:pk>/decide/",
        exporting.decide_export,
        name="export-decide",
    ),
    path(
        "customers/exports/<uuid:pk>/withdraw/",
        exporting.withdraw_export,
        name="export-withdraw",
    ),
    path(
        "customers/exports/<uuid:pk>/fetch/",
        exporting.fetch_export,
        name="export-fetch",
    ),
]
