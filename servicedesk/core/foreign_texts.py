"""Texts of libraries that have no Chinese of their own, or whose Chinese departs from our terms.

Naming them here makes them ours to translate: our catalogue is read before theirs.
Nothing imports this module.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

DJANGO = (
    gettext_noop("This field is required."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        "number",
    ),
)

DJANGO_ADMIN = (
    gettext_noop("Add link"),
    gettext_noop(
        "After you’ve created a user, you’ll be able to edit more user options."
    ),
    gettext_noop("Change or view list link"),
    gettext_noop("Error:"),
    gettext_noop("Model name"),
)

ALLAUTH = (
    gettext_noop(
        "A new set of Two-Factor Authentication recovery codes has been generated."
    ),
    gettext_noop("A new set of recovery codes has been generated."),
    gettext_noop("Authenticator App Activated"),
    gettext_noop("Authenticator App Deactivated"),
    gettext_noop("Authenticator app activated."),
    gettext_noop("Authenticator app deactivated."),
    gettext_noop("Hello from %(site_name)s!"),
    gettext_noop("Incorrect code."),
    gettext_noop("Incorrect password."),
    gettext_noop("Key nr. {number}"),
    gettext_noop("New Recovery Codes Generated"),
    gettext_noop("Password Set"),
    gettext_noop("Save them  in a secure location now — they won't be shown again."),
    gettext_noop("Security Key Added"),
    gettext_noop("Security Key Removed"),
    gettext_noop("Signed out of all other sessions."),
    gettext_noop("Thank you for using %(site_name)s!\n%(site_domain)s"),
)
