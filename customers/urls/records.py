"""Addresses of records, their search and their history."""

from django.urls import URLPattern, path

from customers.views import acts, codes, doubles, merge, record, records, search

urlpatterns: list[URLPattern] = [
    path("customers/", records.customers, name="list"),
    path("customers/new/", records.new_customer, name="new"),
    path("customers/search/", search.search, name="search"),
    path("customers/search/<uuid:pk>/", search.results, name="search-results"),
    path("customers/pop/", search.pop, name="pop"),
    path("customers/duplicates/", merge.duplicates, name="duplicates"),
    path(
        "customers/possible-duplicates/",
        doubles.possible_doubles,
        name="possible-doubles",
    ),
    path(
        "customers/possible-duplicates/<uuid:pk>/dismiss/",
        doubles.dismiss,
        name="possible-double-dismiss",
    ),
    path("customers/<int:number>/", record.customer, name="customer"),
    path("customers/<int:number>/timeline/", record.timeline_of, name="timeline"),
    path("customers/<int:number>/purchases/", record.purchases, name="purchases"),
    path("customers/<int:number>/payments/", record.payments, name="payments"),
    path("customers/<int:number>/consents/", record.consents, name="consents"),
    path("customers/<int:number>/history/", record.history, name="history"),
    path("customers/<int:number>/edit/", records.edit, name="edit"),
    path("customers/<int:number>/confirm/", records.confirm, name="confirm"),
    path("customers/<int:number>/team/", records.team, name="team"),
    path("customers/<int:number>/contacts/add/", acts.contact_add, name="contact-add"),
    path(
        "customers/<int:number>/contacts/<uuid:pk>/verify/",
        acts.contact_verify,
        name="contact-verify",
    ),
    path(
        "customers/<int:number>/contacts/<uuid:pk>/code/send/",
        codes.send,
        name="contact-code-send",
    ),
    path(
        "customers/<int:number>/contacts/<uuid:pk>/code/",
        codes.enter,
        name="contact-code",
    ),
    path(
        "customers/<int:number>/contacts/<uuid:pk>/dead/",
        acts.contact_dead,
        name="contact-dead",
    ),
    path(
        "customers/<int:number>/contacts/<uuid:pk>/remove/",
        acts.contact_remove,
        name="contact-remove",
    ),
    path("customers/<int:number>/people/add/", acts.person_add, name="person-add"),
    path(
        "customers/<int:number>/people/<uuid:pk>/remove/",
        acts.person_remove,
        name="person-remove",
    ),
    path(
        "customers/<int:number>/purchases/add/", acts.purchase_add, name="purchase-add"
    ),
    path(
        "customers/<int:number>/purchases/<uuid:pk>/status/",
        acts.purchase_status,
        name="purchase-status",
    ),
    path("customers/<int:number>/payments/add/", acts.payment_add, name="payment-add"),
    path("customers/<int:number>/consents/add/", acts.consent_add, name="consent-add"),
    path(
        "customers/<int:number>/consents/<uuid:pk>/withdraw/",
        acts.consent_withdraw,
        name="consent-withdraw",
    ),
    path("customers/<int:number>/merge/", merge.merge, name="merge"),
    path(
        "customers/<int:number>/merge/<int:other>/", merge.merge_two, name="merge-two"
    ),
    path(
        "customers/<int:number>/merges/<uuid:pk>/undo/",
        merge.merge_undo,
        name="merge-undo",
    ),
]
