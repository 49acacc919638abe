"""Addresses of one ticket."""

from django.urls import reverse


def page(name, ticket, *more):
    return reverse(f"tickets:{name}", args=[ticket.number, *more])
