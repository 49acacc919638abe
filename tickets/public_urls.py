"""Addresses of the customer's pages."""

urlpatterns: list[object] = []
