"""Every page there is, and who may open it; for the checks that go through all.

`{ticket}`, `{link}` and `{record}` stand for what a test finds or makes first.
"""

from dataclasses import dataclass

PUBLIC = ""


@dataclass(frozen=True)
class Place:
    """A page: a short name, its address, and who opens it ("" is anybody).

    `opens` is what is clicked once the page is there, such as a dialog.
    """

    name: str
    path: str
    who: str = PUBLIC
    opens: str = ""


ANYBODY = (
    ("help", "/help/"),
    ("request", "/help/request/"),
    ("progress", "{link}"),
    ("my-data", "/help/my-data/"),
    ("my-data-sent", "/help/my-data/sent/"),
    ("login", "/accounts/login/"),
)
DAILY = (
    ("home", "/"),
    ("inbox", "/inbox/?queue=team"),
    ("inbox-empty", "/inbox/?queue=waiting"),
    ("ticket", "{ticket}?queue=team"),
    ("ticket-note", "{ticket}?queue=team", "#tab-note"),
    ("new", "/inbox/new/"),
    ("assign", "{ticket}assign/"),
    ("escalate", "{ticket}escalate/"),
    ("wait", "{ticket}wait/"),
    ("classify", "{ticket}classify/"),
    ("dialog-resolve", "{ticket}", ".toolbar [href*='/resolve/']"),
    ("dialog-transfer", "{ticket}", ".toolbar [href*='/transfer/']"),
    ("palette", "/inbox/", ".rail__search"),
    ("user-menu", "/inbox/", "[popovertarget=user-menu]"),
    ("search", "/search/"),
    ("follow-ups", "/follow-ups/"),
    ("care", "/customers/care/"),
)
RECORDS = (
    ("customers", "/customers/"),
    ("customer-search", "/customers/search/"),
    ("customer-new", "/customers/new/"),
    ("access-grants", "/customers/access/"),
    ("access-ask", "/customers/access/ask/"),
    ("customer", "{record}"),
    ("customer-timeline", "{record}timeline/"),
    ("customer-purchases", "{record}purchases/"),
    ("customer-payments", "{record}payments/"),
    ("customer-consents", "{record}consents/"),
    ("customer-history", "{record}history/"),
    ("customer-edit", "{record}edit/"),
    ("customer-confirm", "{record}confirm/"),
    ("contact-add", "{record}contacts/add/"),
    ("person-add", "{record}people/add/"),
    ("purchase-add", "{record}purchases/add/"),
    ("consent-add", "{record}consents/add/"),
    ("care-new", "{record}care/new/"),
    ("reveal", "{record}reveal/name/"),
)
OWN = (
    ("profile", "/profile/"),
    ("password", "/accounts/password/change/"),
    ("second-factor", "/accounts/2fa/"),
    ("totp", "/accounts/2fa/totp/activate/"),
    ("passkey-add", "/accounts/2fa/webauthn/add/"),
    ("sessions", "/accounts/sessions/"),
    ("notifications", "/notifications/"),
    ("notification-choices", "/profile/notifications/"),
    ("clearance", "/clearance/"),
    ("signed-copy", "/clearance/signed/1/"),
    ("sign-out", "/accounts/logout/"),
)
NEWCOMER = (
    ("home-newcomer", "/"),
    ("agreement", "/clearance/agreement/"),
)
SUPERVISOR = (
    ("desk", "/desk/"),
    ("desk-list", "/desk/open/"),
    ("quality", "/quality/today/"),
    ("missed", "/follow-ups/?tab=missed"),
    ("team-follow-ups", "/follow-ups/?tab=team"),
    ("duplicates", "/customers/duplicates/"),
    ("possible-doubles", "/customers/possible-duplicates/"),
    ("customer-merge", "{record}merge/"),
    ("customer-access", "{record}access/"),
    ("customer-team", "{record}team/"),
    ("payment-add", "{record}payments/add/"),
    ("imports", "/customers/imports/"),
    ("exports", "/customers/exports/"),
    ("export-ask", "/customers/exports/ask/"),
    ("care-plans", "/customers/care/plans/"),
    ("care-plan-new", "/customers/care/plans/new/"),
    ("analysis", "/customers/analysis/"),
    ("cleared", "/clearance/people/"),
    ("departures", "/leaving/"),
)
GUARDIAN = (
    ("powers", "/powers/"),
    ("alarms", "/customers/alarms/"),
    ("limits", "/customers/alarms/limits/"),
    ("masks", "/customers/masks/"),
    ("honey", "/customers/honey/"),
    ("hold", "{record}hold/"),
    ("rights", "/customers/rights/"),
    ("rights-new", "{record}rights/new/"),
    ("rights-settings", "/customers/rights/settings/"),
    ("retention", "/customers/retention/"),
    ("retention-rule", "/customers/retention/1/"),
    ("documents", "/customers/documents/"),
    ("document-new", "/customers/documents/new/"),
    ("versions", "/clearance/versions/"),
    ("version", "/clearance/versions/1/"),
    ("draft", "/clearance/versions/draft/"),
    ("audit", "/audit/"),
)
ADMINISTRATOR = (
    ("system-health", "/system/health/"),
    ("maintenance", "/system/maintenance/"),
    ("security", "/system/security/"),
    ("keys", "/system/keys/"),
    ("jobs", "/jobs/"),
    ("backups", "/system/backups/"),
    ("backup-start", "/system/backups/start/"),
    ("backup-plan", "/system/backups/plan/"),
    ("backup-recipient", "/system/backups/recipients/add/"),
    ("drills", "/system/backups/drills/"),
    ("drill-start", "/system/backups/drills/start/"),
    ("ask-password", "/powers/1/password/"),
    ("admin", "/admin/"),
    ("admin-people", "/admin/staff/user/"),
    ("admin-person", "/admin/staff/user/1/change/"),
    ("admin-person-new", "/admin/staff/user/add/"),
    ("admin-matrix", "/admin/tickets/priorityrule/"),
    ("admin-categories", "/admin/tickets/category/"),
    ("admin-service-levels", "/admin/tickets/servicelevel/"),
)
PAGES = {
    PUBLIC: ANYBODY,
    "agent": (*DAILY, *RECORDS, *OWN),
    "newcomer": NEWCOMER,
    "supervisor": SUPERVISOR,
    "dpo": GUARDIAN,
    "admin": ADMINISTRATOR,
}


def places(*, number, link, customer):
    """Return all pages.

    `number` is a ticket of the call centre, `link` a customer's page, `customer` the
    number of a record of the call centre.
    """
    known = {
        "ticket": f"/inbox/{number}/",
        "link": link,
        "record": f"/customers/{customer}/",
    }
    return [
        Place(name, path.format(**known), who, *opens)
        for who, pages in PAGES.items()
        for name, path, *opens in pages
    ]


def record_of(page):
    """Return the number of the newest record that the person of this page may see."""
    page.goto("/customers/")
    link = page.locator(".table__main a").first.get_attribute("href")
    return link.strip("/").rpartition("/")[2]


def show(page, place):
    """Open the page and what is to be opened on it."""
    page.goto(place.path, wait_until="load")
    if place.opens:
        page.locator(place.opens).first.click()
        if place.name.startswith("dialog"):
            page.locator("#dialog form[hx-post]").wait_for()
