"""Addresses of requests of the person, retention and documents."""

from django.urls import URLPattern, path

from customers.views import (
    corrections,
    documents,
    my_data,
    my_data_link,
    retention,
    rights,
    rights_acts,
)

_ONE = "customers/rights/<int:number>"
urlpatterns: list[URLPattern] = [
    path("help/my-data/", my_data.form_page, name="my-data-form"),
    path("help/my-data/sent/", my_data.sent_page, name="my-data-sent"),
    path("help/my-data/<uuid:link>/", my_data.one_page, name="my-data"),
    path(
        "help/my-data/<uuid:link>/package/",
        my_data.package_page,
        name="my-data-package",
    ),
    path("help/my-data/<uuid:link>/<slug:act>/", my_data.act_page, name="my-data-act"),
    # What letters carry, and what pages posted to that were open since before.
    path("help/my-data/<str:token>/", my_data_link.link_page, name="my-data-link"),
    path(
        "help/my-data/<str:token>/<path:rest>",
        my_data_link.link_page,
        name="my-data-link-rest",
    ),
    path("customers/rights/", rights.requests_page, name="rights"),
    path("customers/rights/settings/", rights.settings_page, name="rights-settings"),
    path(f"{_ONE}/", rights.request_page, name="rights-request"),
    path(f"{_ONE}/take/", rights_acts.take, name="rights-take"),
    path(f"{_ONE}/check/", rights_acts.check, name="rights-check"),
    path(f"{_ONE}/answer/", rights_acts.answer, name="rights-answer"),
    path(f"{_ONE}/refuse/", rights_acts.refuse, name="rights-refuse"),
    path(f"{_ONE}/take-back/", rights_acts.take_back, name="rights-take-back"),
    path(f"{_ONE}/package/", rights_acts.make_package, name="rights-package"),
    path(f"{_ONE}/password/", rights_acts.password, name="rights-password"),
    path(
        f"{_ONE}/mail-password/",
        rights_acts.mail_password,
        name="rights-mail-password",
    ),
    path(f"{_ONE}/propose/", rights_acts.propose, name="rights-propose"),
    path(f"{_ONE}/approve/", rights_acts.approve, name="rights-approve"),
    path(f"{_ONE}/corrections/add/", corrections.add, name="correction-add"),
    path(
        f"{_ONE}/corrections/<uuid:pk>/accept/",
        corrections.accept,
        name="correction-accept",
    ),
    path(
        f"{_ONE}/corrections/<uuid:pk>/decline/",
        corrections.decline,
        name="correction-decline",
    ),
    path("customers/retention/", retention.rules_page, name="retention"),
    path("customers/retention/<int:pk>/", retention.rule_page, name="retention-rule"),
    path(
        "customers/retention/<int:pk>/propose/",
        retention.propose,
        name="retention-propose",
    ),
    path(
        "customers/retention/<int:pk>/approve/",
        retention.approve,
        name="retention-approve",
    ),
    path("customers/retention/<int:pk>/drop/", retention.drop, name="retention-drop"),
    path("customers/retention/<int:pk>/stop/", retention.stop, name="retention-stop"),
    path("customers/documents/", documents.documents_page, name="documents"),
    path("customers/documents/new/", documents.new_document, name="document-new"),
    path("customers/documents/<uuid:pk>/", documents.document_page, name="document"),
    path(
        "customers/documents/<uuid:pk>/edit/",
        documents.new_version,
        name="document-edit",
    ),
    path("customers/<int:number>/hold/", retention.hold_page, name="hold"),
    path("customers/<int:number>/rights/", rights.panel, name="rights-panel"),
    path("customers/<int:number>/rights/new/", rights.new_request, name="rights-new"),
]
