"""Every address of the product, and the floors that its pages are compared with."""

from django.urls import include, path

from bench import floor

urlpatterns = [
    path("floor/", floor.page, name="floor"),
    path("floor/lean/", floor.lean, name="floor-lean"),
    path("floor/constant/", floor.constant, name="floor-constant"),
    path("", include("servicedesk.urls")),
]
handler400 = "servicedesk.core.views.bad_request"
handler403 = "servicedesk.core.views.forbidden"
handler404 = "servicedesk.core.views.not_found"
handler429 = "servicedesk.core.views.too_many"
handler500 = "servicedesk.core.views.server_error"
