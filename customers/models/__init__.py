"""The facts about customers."""

from customers.models.contact_point import ContactKind, ContactPoint
from customers.models.customer import Customer, CustomerKind
from customers.models.reveal import Reveal, RevealPurpose

__all__ = [
    "ContactKind",
    "ContactPoint",
    "Customer",
    "CustomerKind",
    "Reveal",
    "RevealPurpose",
]
