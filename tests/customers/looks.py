"""Ways to sign in, to change a rule, and to look again, for these tests."""

from django.contrib.auth.models import Permission
from django.test import Client

from customers.models import CustomerUserObjectPermission, MaskRule
from servicedesk.staff.models import User


def again(user):
    """Return the person as the next request knows them."""
    return User.objects.get(pk=user.pk)


def at_desk(user):
    """Return a browser in which the person has signed in just now."""
    browser = Client()
    browser.force_login(user)
    return browser


def rule(role, field, mode):
    """Let a role see a field in a mode."""
    MaskRule.objects.update_or_create(
        role__key=role, field=field, defaults={"mode": mode}
    )


def allow(user, customer, codename):
    """Put an object permission there by hand."""
    permission = Permission.objects.get(
        content_type__app_label="customers", codename=codename
    )
    return CustomerUserObjectPermission.objects.create(
        user=user, content_object=customer, permission=permission
    )
