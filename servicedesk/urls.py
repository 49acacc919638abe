"""Every address, from the apps' own lists."""

from django.contrib import admin
from django.urls import include, path

from servicedesk.core.live.views import live_token

urlpatterns = [
    path("", include("tickets.urls")),
    path("", include("quality.urls")),
    path("", include("servicedesk.staff.urls")),
    path("live/token/", live_token, name="live-token"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
handler400 = "servicedesk.core.views.bad_request"
handler403 = "servicedesk.core.views.forbidden"
handler404 = "servicedesk.core.views.not_found"
handler429 = "servicedesk.core.views.too_many"
handler500 = "servicedesk.core.views.server_error"
