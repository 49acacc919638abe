"""Every place where a customer's value could show, and every way it could be spelled.

Whoever builds another surface adds it to `SURFACES`: a function of a browser (of the
person who is signed in) and the planted ticket, which returns what came out.
"""

import base64
import html
import json
import quopri
import urllib.parse

from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers.actions import export
from customers.actions.corrections import accept_correction, ask_correction
from customers.models import PaymentRecord
from customers.permissions import EXPORT
from customers.queries.export_rows import COLUMNS
from servicedesk.core.access import may
from servicedesk.staff.models import User
from tests.customers.moving import work
from tests.customers.persons import asked_by
from tests.factories import (
    MINUTE,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
)
from tests.tickets.searching import search

CLEAR = {
    "name": "欧阳娜娜",
    "phone": "13812345678",
    "email": "nana.ouyang@example.com",
    "wechat": "nana_ouyang_1990",
    "other": "QQ 8839201745",
    "address": "上海市静安区愚园路 168 弄",
    "id_number": "310101199003078888",
    "notes": "邻居代收，门铃坏了",
    "account": "6222020200001234567",
}
_CONTACTS = ("phone", "email", "wechat", "other")


def plant(customer):
    """Put a known value into every field of a customer who has a phone already."""
    customer.address = CLEAR["address"]
    customer.id_number = CLEAR["id_number"]
    customer.notes = CLEAR["notes"]
    customer.save()
    for kind in _CONTACTS[1:]:
        ContactPointFactory(customer=customer, kind=kind, value=CLEAR[kind])
    PaymentRecord.objects.create(
        customer=customer, method="card", account=CLEAR["account"], amount="100.00",
        paid_at=NOW, created_at=NOW,
    )  # fmt: skip


def spelled(value):
    """Yield the bytes in which the value could stand in an answer, a mail or a table."""
    plain = value.encode()
    yield plain
    yield html.escape(value).encode()
    yield json.dumps(value)[1:-1].encode()
    yield value.encode("utf-16-be")
    yield urllib.parse.quote(value).encode()
    yield quopri.encodestring(plain).replace(b"=\n", b"").strip()
    yield "".join(f"&#{ord(each)};" for each in value).encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):
        # In base64 a text looks differently after one, two or three bytes.
        coded = base64.b64encode(b"\0" * shift + plain)
        yield coded[4 if shift else 0 : -4]


def places(told, value):
    """Return whether the bytes hold the value, however it is spelled."""
    joined = told.replace(b"=\r\n", b"").replace(b"=\n", b"")
    unfolded = joined.replace(b"\r\n", b"").replace(b"\n", b"")
    return any(
        each in where
        for each in spelled(value)
        if each
        for where in (told, joined, unfolded)
    )


def _answer(answer):
    """Return all of an answer: status, headers, cookies and body."""
    head = "\n".join(f"{name}: {value}" for name, value in answer.items())
    return f"{head}\n{answer.cookies}\n".encode() + answer.content


def _get(name, *args, **query):
    def ask(browser, _ticket):
        return _answer(browser.get(reverse(name, args=args), query, follow=True))

    return ask


def _of_ticket(name, **headers):
    def ask(browser, ticket):
        address = reverse(name, args=[ticket.number])
        return _answer(browser.get(address, headers=headers))

    return ask


def _of_customer(name, *more):
    def ask(browser, ticket):
        address = reverse(name, args=[ticket.customer.number, *more])
        return _answer(browser.get(address))

    return ask


def _reveal_asked(browser, ticket):
    """The page that asks for the purpose shows the mask, and no more."""
    told = b""
    for contact in ticket.customer.contact_points.all():
        args = [ticket.number, contact.pk]
        told += _answer(browser.get(reverse("tickets:reveal", args=args)))
    return told


def _each_contact(browser, ticket):
    """The pages that verify a contact, by a code too, or take it off."""
    told = b""
    for contact in ticket.customer.contact_points.all():
        for act in ("verify", "dead", "remove", "code-send", "code"):
            address = reverse(
                f"customers:contact-{act}", args=[ticket.customer.number, contact.pk]
            )
            told += _answer(browser.get(address))
    return told


def _corrected(browser, ticket):
    """The request by which a person had fields corrected, once it is decided."""
    officer = User.objects.filter(groups__role__key="data_protection_officer")[0]
    # Whoever checked who asks does not carry it out alone.
    other = UserFactory(role="data_protection_officer")
    asked = asked_by(ticket.customer, "correct", by=other)
    for field in ("name", "address", "id_number"):
        wanted = {"field": field, "proposed": CLEAR[field], "now": NOW}
        accept_correction(
            correction=ask_correction(asked=asked, **wanted), by=officer, now=NOW
        )
    address = reverse("customers:rights-request", args=[asked.number])
    return _answer(browser.get(address))


def _merge(browser, ticket):
    """Both pages of a merge: what looks alike, and two records side by side."""
    double = CustomerFactory(name=CLEAR["name"], city="", notes=CLEAR["notes"])
    args = [ticket.customer.number]
    told = _answer(browser.get(reverse("customers:merge", args=args)))
    args.append(double.number)
    return told + _answer(browser.get(reverse("customers:merge-two", args=args)))


def _search(browser, _ticket):
    return _answer(search(browser, "耳机"))


def _call(browser, ticket):
    row = ticket.follow_ups.first()
    address = reverse("tickets:follow-up-record", args=[row.pk])
    return _answer(browser.get(address))


def _admin(browser, _ticket):
    names = ("customer", "contactpoint", "paymentrecord", "maskrule", "reveal")
    told = _answer(browser.get("/admin/", follow=True))
    for name in names:
        told += _answer(browser.get(f"/admin/customers/{name}/"))
    return told


def _table(name):
    def read(_browser, _ticket):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT t::text FROM {name} t")
            return "\n".join(row for (row,) in cursor.fetchall()).encode()

    return read


def _export(browser, ticket):
    """The file that whoever may ask for it gets after another approved."""
    del ticket
    now = timezone.now()
    asker = User.objects.get(pk=browser.session["_auth_user_id"])
    if not may(asker, EXPORT):
        return b""
    every = [column.key for column in COLUMNS]
    asked = export.ask(
        by=asker, purpose="service", reason="核对", filters={}, columns=every,
        format="csv", now=now,
    )  # fmt: skip
    officer = User.objects.filter(groups__role__key="data_protection_officer")
    export.decide(
        export=asked, approve=True, by=officer.exclude(pk=asker.pk)[0], now=now
    )
    work(now + MINUTE)
    asked.refresh_from_db()
    answer = browser.post(reverse("customers:export-fetch", args=[asked.pk]))
    return b"".join(answer.streaming_content)


def _mail(browser, _ticket):
    """Letters to the staff; those to the customer name the customer."""
    del browser
    staff = [
        each for each in mail.outbox if all("@desk.example" in to for to in each.to)
    ]
    return b"\n".join(each.message().as_bytes() for each in staff)


SURFACES = {
    "ticket page and title": _of_ticket("tickets:ticket"),
    "ticket as a script asks": _of_ticket("tickets:ticket", **{"HX-Request": "true"}),
    "list": _get("tickets:inbox", queue="all"),
    "list of the team": _get("tickets:inbox", queue="team"),
    "home": _get("tickets:home"),
    "search": _search,
    "desk": _get("tickets:desk"),
    "follow-ups": _get("tickets:follow-ups"),
    "follow-up call": _call,
    "dialog of a reveal": _reveal_asked,
    "dialog of the name": _of_ticket("tickets:reveal-name"),
    "dialog of a field": _of_customer("customers:reveal", "address"),
    "who sees whom": _of_customer("customers:access"),
    "access grants": _get("customers:grants", show="all"),
    "access alarms": _get("customers:alarms", state="all"),
    "notifications in the page": _get("notifications:list"),
    "audit page": _get("audit:log"),
    "audit log": _table("audit_logentry"),
    "notifications": _table("core_notification"),
    "live events": _table("core_liveevent"),
    "jobs": _table("core_job"),
    "customers": _get("customers:list"),
    "record": _of_customer("customers:customer"),
    "record to edit": _of_customer("customers:edit"),
    "timeline": _of_customer("customers:timeline"),
    "purchases": _of_customer("customers:purchases"),
    "payments": _of_customer("customers:payments"),
    "consents": _of_customer("customers:consents"),
    "history of a record": _of_customer("customers:history"),
    "duplicates": _get("customers:duplicates"),
    "possible duplicates": _get("customers:possible-doubles"),
    "requests of the person": _of_customer("customers:rights-panel"),
    "all requests": _get("customers:rights"),
    "care of a customer": _of_customer("customers:care-panel"),
    "care": _get("customers:care"),
    "analysis": _get("customers:analysis"),
    "security checks": _get("security:page"),
    "security findings": _table("core_securityfinding"),
    "pages of each contact": _each_contact,
    "corrected on request": _corrected,
    "corrections": _table("customers_correction"),
    "codes": _table("customers_contactcode"),
    "merge": _merge,
    "merges": _table("customers_customermerge"),
    "export": _export,
    "imports and exports": _table("customers_exportpart"),
    "history": _table("customers_customerevent"),
    "reveals": _table("customers_reveal"),
    "grants": _table("customers_accessgrant"),
    "alarms": _table("customers_accessalarm"),
    "admin": _admin,
    "mail to the staff": _mail,
}
