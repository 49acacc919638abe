"""The checks that go through all pages know every page there is."""

from django.urls import URLResolver, get_resolver

from tests.browser.pages import PAGES

# What has an address and no arguments, and is no page to look at.
NO_PAGE = {
    "/.well-known/security.txt": "a text for machines",
    "/accounts/2fa/authenticate/": "in the middle of a sign-in",
    "/accounts/2fa/reauthenticate/": "in the middle of a proof",
    "/accounts/2fa/recovery-codes/": "once there is a second factor",
    "/accounts/2fa/recovery-codes/download/": "a file",
    "/accounts/2fa/recovery-codes/generate/": "once there is a second factor",
    "/accounts/2fa/totp/deactivate/": "once there is a second factor",
    "/accounts/2fa/webauthn/": "once there is a passkey",
    "/accounts/2fa/webauthn/login/": "for the script",
    "/accounts/2fa/webauthn/reauthenticate/": "for the script",
    "/accounts/confirm-email/": "closed",
    "/accounts/email/": "closed",
    "/accounts/inactive/": "in the middle of a sign-in",
    "/accounts/login/code/confirm/": "closed",
    "/accounts/password/reset/": "closed",
    "/accounts/password/reset/done/": "closed",
    "/accounts/password/reset/key/done/": "closed",
    "/accounts/password/set/": "for accounts without a password",
    "/accounts/reauthenticate/": "in the middle of a proof",
    "/accounts/signup/": "closed",
    "/clearance/versions/draft/discard/": "a question about a draft",
    "/clearance/versions/draft/publish/": "a question about a draft",
    "/customers/pop/": "a part",
    "/help/sent/": "after a request only",
    "/i18n/setlang/": "posted",
    "/inbox/next/": "posted",
    "/live/token/": "for the script",
    "/notifications/bell/": "a part",
    "/notifications/read/": "posted",
    "/profile/language/": "posted",
    "/profile/presence/": "posted",
    "/profile/theme/": "posted",
    "/system/maintenance/end/": "posted",
    "/system/security/export/": "a file",
    "/system/security/run/": "posted",
}


def addresses(resolver, before="/"):
    """Yield the addresses that take no arguments; Django's admin is its own matter."""
    for each in resolver.url_patterns:
        address = before + str(each.pattern)
        if isinstance(each, URLResolver):
            if address != "/admin/":
                yield from addresses(each, address)
        elif not set("<(^") & set(address):
            yield address


def test_every_address_without_arguments_is_a_listed_page_or_none():
    listed = {
        path.partition("?")[0]
        for pages in PAGES.values()
        for _name, path, *_opens in pages
    }
    known = set(addresses(get_resolver()))
    assert known - listed - set(NO_PAGE) == set()
    assert set(NO_PAGE) - known == set(), "no longer there"
    assert set(NO_PAGE) & listed == set()
