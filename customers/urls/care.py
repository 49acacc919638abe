"""Addresses of care contacts and analysis."""

from django.urls import URLPattern, path

from customers.views import analysis, care

urlpatterns: list[URLPattern] = [
    path("customers/care/", care.contacts_page, name="care"),
    path("customers/care/plans/", care.plans_page, name="care-plans"),
    path("customers/care/plans/new/", care.plan_page, name="care-plan-new"),
    path("customers/care/plans/<int:pk>/", care.plan_page, name="care-plan"),
    path("customers/care/<uuid:pk>/", care.one_contact, name="care-contact"),
    path("customers/care/<uuid:pk>/outcome/", care.outcome, name="care-outcome"),
    path("customers/care/<uuid:pk>/put-off/", care.put_off, name="care-put-off"),
    path("customers/<int:number>/care/", care.panel, name="care-panel"),
    path("customers/<int:number>/care/new/", care.next_contact, name="care-new"),
    path("customers/analysis/", analysis.analysis_page, name="analysis"),
]
