"""Every address, from the apps' own lists."""

from django.contrib import admin
from django.urls import include, path

from servicedesk.core.live.views import live_token
from servicedesk.core.security_checks.views import contact as security_contact

urlpatterns = [
    path("", include("tickets.urls")),
    path("", include("quality.urls")),
    path("", include("customers.urls")),
    path("", include("servicedesk.audit.urls")),
    path("", include("servicedesk.staff.urls")),
    path("", include("servicedesk.core.jobs.urls")),
    path("system/", include("servicedesk.core.operations.urls")),
    path("system/keys/", include("servicedesk.core.encryption.urls")),
    path("system/backups/", include("servicedesk.backups.urls")),
    path("system/security/", include("servicedesk.core.security_checks.urls")),
    path("", include("servicedesk.core.notifications.urls")),
    path(".well-known/security.txt", security_contact, name="security-txt"),
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
