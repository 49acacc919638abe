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


def places(*, number, link, call=""):
    """Return all pages; `number` is a ticket of the call centre, `link` a customer's page."""
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
        Place("follow-ups", "/follow-ups/", "agent"),
        Place("profile", "/profile/", "agent"),
        Place("password", "/accounts/password/change/", "agent"),
        Place("second-factor", "/accounts/2fa/", "agent"),
        Place("sessions", "/accounts/sessions/", "agent"),
        Place("sign-out", "/accounts/logout/", "agent"),
        Place("desk", "/desk/", "supervisor"),
        Place("desk-list", "/desk/open/", "supervisor"),
        Place("quality", "/quality/today/", "supervisor"),
        Place("missed", "/follow-ups/?tab=missed", "supervisor"),
        Place("team-follow-ups", "/follow-ups/?tab=team", "supervisor"),
        Place("admin", "/admin/", "admin"),
        Place("admin-people", "/admin/staff/user/", "admin"),
        Place("admin-matrix", "/admin/tickets/priorityrule/", "admin"),
        Place("admin-categories", "/admin/tickets/category/", "admin"),
        Place("admin-service-levels", "/admin/tickets/servicelevel/", "admin"),
    ]
    acts = ("assign", "escalate", "wait", "classify")
    found += [Place(act, f"{ticket}{act}/", "agent") for act in acts]
    if call:
        found.append(Place("record-call", call, "supervisor"))
    return found


def show(page, place):
    """Open the page and what is to be opened on it."""
    page.goto(place.path, wait_until="load")
    if place.opens:
        page.locator(place.opens).first.click()
        if place.name.startswith("dialog"):
            page.locator("#dialog form[hx-post]").wait_for()
