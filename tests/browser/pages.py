"""Every page there is, and who may open it; for the checks that go through all."""

from dataclasses import dataclass

PUBLIC = ""
LINK_SQL = "SELECT number FROM tickets_ticket WHERE subject = %s"


@dataclass(frozen=True)
class Place:
    """A page: a short name, its address, and who opens it ("" is anybody).

    `opens` is what is clicked once the page is there, such as a dialog.
    """

    name: str
    path: str
    who: str = PUBLIC
    opens: str = ""


def places(*, number, link, call="", customer=""):
    """Return all pages.

    `number` is a ticket of the call centre, `link` a customer's page, `customer` the
    number of a record of the call centre.
    """
    ticket = f"/inbox/{number}/"
    found = [
        Place("help", "/help/"),
        Place("request", "/help/request/"),
        Place("progress", link),
        Place("login", "/accounts/login/"),
        Place("home", "/", "agent"),
        Place("inbox", "/inbox/?queue=team", "agent"),
        Place("inbox-empty", "/inbox/?queue=waiting", "agent"),
        Place("ticket", f"{ticket}?queue=team", "agent"),
        Place("ticket-note", f"{ticket}?queue=team", "agent", "#tab-note"),
        Place("new", "/inbox/new/", "agent"),
        Place("dialog-resolve", ticket, "agent", ".toolbar [href*='/resolve/']"),
        Place("dialog-transfer", ticket, "agent", ".toolbar [href*='/transfer/']"),
        Place("palette", "/inbox/", "agent", ".rail__search"),
        Place("user-menu", "/inbox/", "agent", "[popovertarget=user-menu]"),
        Place("search", "/search/", "agent"),
        Place("customers", "/customers/", "agent"),
        Place("customer-search", "/customers/search/", "agent"),
        Place("customer-new", "/customers/new/", "agent"),
        Place("duplicates", "/customers/duplicates/", "supervisor"),
        Place("follow-ups", "/follow-ups/", "agent"),
        Place("profile", "/profile/", "agent"),
        Place("password", "/accounts/password/change/", "agent"),
        Place("second-factor", "/accounts/2fa/", "agent"),
        Place("sessions", "/accounts/sessions/", "agent"),
        Place("notifications", "/notifications/", "agent"),
        Place("notification-choices", "/profile/notifications/", "agent"),
        Place("clearance", "/clearance/", "agent"),
        Place("signed-copy", "/clearance/signed/1/", "agent"),
        Place("home-newcomer", "/", "newcomer"),
        Place("agreement", "/clearance/agreement/", "newcomer"),
        Place("cleared", "/clearance/people/", "supervisor"),
        Place("departures", "/leaving/", "supervisor"),
        Place("versions", "/clearance/versions/", "dpo"),
        Place("draft", "/clearance/versions/draft/", "dpo"),
        Place("sign-out", "/accounts/logout/", "agent"),
        Place("desk", "/desk/", "supervisor"),
        Place("desk-list", "/desk/open/", "supervisor"),
        Place("quality", "/quality/today/", "supervisor"),
        Place("missed", "/follow-ups/?tab=missed", "supervisor"),
        Place("team-follow-ups", "/follow-ups/?tab=team", "supervisor"),
        Place("access-grants", "/customers/access/", "agent"),
        Place("alarms", "/customers/alarms/", "dpo"),
        Place("limits", "/customers/alarms/limits/", "dpo"),
        Place("powers", "/powers/", "dpo"),
        Place("masks", "/customers/masks/", "dpo"),
        Place("honey", "/customers/honey/", "dpo"),
        Place("imports", "/customers/imports/", "supervisor"),
        Place("exports", "/customers/exports/", "supervisor"),
        Place("export-ask", "/customers/exports/ask/", "supervisor"),
        Place("keys", "/system/keys/", "admin"),
        Place("backups", "/system/backups/", "admin"),
        Place("backup-start", "/system/backups/start/", "admin"),
        Place("backup-plan", "/system/backups/plan/", "admin"),
        Place("backup-recipient", "/system/backups/recipients/add/", "admin"),
        Place("system-health", "/system/health/", "admin"),
        Place("maintenance", "/system/maintenance/", "admin"),
        Place("security", "/system/security/", "admin"),
        Place("drills", "/system/backups/drills/", "admin"),
        Place("drill-start", "/system/backups/drills/start/", "admin"),
        Place("audit", "/audit/", "dpo"),
        Place("my-data", "/help/my-data/"),
        Place("my-data-sent", "/help/my-data/sent/"),
        Place("care", "/customers/care/", "agent"),
        Place("care-plans", "/customers/care/plans/", "supervisor"),
        Place("care-plan-new", "/customers/care/plans/new/", "supervisor"),
        Place("analysis", "/customers/analysis/", "supervisor"),
        Place("rights", "/customers/rights/", "dpo"),
        Place("rights-settings", "/customers/rights/settings/", "dpo"),
        Place("retention", "/customers/retention/", "dpo"),
        Place("documents", "/customers/documents/", "dpo"),
        Place("document-new", "/customers/documents/new/", "dpo"),
        Place("admin", "/admin/", "admin"),
        Place("jobs", "/jobs/", "admin"),
        Place("admin-people", "/admin/staff/user/", "admin"),
        Place("admin-matrix", "/admin/tickets/priorityrule/", "admin"),
        Place("admin-categories", "/admin/tickets/category/", "admin"),
        Place("admin-service-levels", "/admin/tickets/servicelevel/", "admin"),
    ]
    acts = ("assign", "escalate", "wait", "classify")
    found += [Place(act, f"{ticket}{act}/", "agent") for act in acts]
    if customer:
        record = f"/customers/{customer}/"
        parts = ("timeline", "purchases", "payments", "consents", "history", "edit")
        found.append(Place("customer", record, "agent"))
        found += [
            Place(f"customer-{each}", f"{record}{each}/", "agent") for each in parts
        ]
        found.append(Place("customer-merge", f"{record}merge/", "supervisor"))
    if call:
        found.append(Place("record-call", call, "supervisor"))
    return found


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
