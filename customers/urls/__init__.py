"""Addresses of the pages about customers, a file for each part."""

from customers.urls import access, care, moving, records, rights

app_name = "customers"
urlpatterns = [
    *records.urlpatterns,
    *access.urlpatterns,
    *moving.urlpatterns,
    *rights.urlpatterns,
    *care.urlpatterns,
]
