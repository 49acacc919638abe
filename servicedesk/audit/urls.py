"""Addresses of the audit log."""

from django.urls import path

from servicedesk.audit import views

app_name = "audit"
urlpatterns = [path("audit/", views.log, name="log")]
