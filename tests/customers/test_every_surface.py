"""Each role, each field, each surface: what is masked or hidden comes out nowhere."""

import pytest
from django.utils import timezone

from customers.actions.grants import ask
from customers.actions.reveal import reveal_contact, reveal_name
from customers.actions.watch import raise_alarm
from customers.models import AlarmKind, MaskRule, Mode
from servicedesk.core.notifications import mail as letters
from servicedesk.core.post import Line
from servicedesk.staff.models import RoleKey
from tests.customers.looks import again, at_desk
from tests.customers.surfaces import CLEAR, SURFACES, places, plant, spelled
from tests.factories import DAY, HOUR, TicketFactory, UserFactory
from tests.tickets.searching import have_read
from tickets.actions.resolve import resolve
from tickets.actions.take import take
from tickets.models import Ticket

STRANGER, UNCLEARED = "stranger", "uncleared"
PEOPLE = [*RoleKey.values, STRANGER, UNCLEARED]


def person(who):
    """Return somebody of the call centre with a role; or of nowhere; or not let in."""
    if who == STRANGER:
        return UserFactory(display_name="Stranger", role="agent", team="logistics")
    if who == UNCLEARED:
        return UserFactory(
            display_name="Uncleared", role="agent", team="call-centre", cleared=False
        )
    return UserFactory(display_name=f"Colleague {who}", role=who, team="call-centre")


def everybody_sees(mode):
    MaskRule.objects.exclude(field="account").update(mode=mode)
    MaskRule.objects.filter(field="account").update(mode=min(mode, Mode.MASKED))


@pytest.fixture
def planted(desk, wang, zhao, chen, officer):
    """A customer with all there can be, and all that could tell of it."""
    now = timezone.now()
    ticket = TicketFactory(name=CLEAR["name"], contact=CLEAR["phone"], now=now - HOUR)
    plant(ticket.customer)
    take(ticket=ticket, by=wang, now=now)
    done = TicketFactory(name=CLEAR["name"], contact=CLEAR["phone"], now=now - 3 * DAY)
    take(ticket=done, by=wang, now=now - 3 * DAY)
    words = {"words": "好了", "root_cause": "线松了", "solution": "换线"}
    resolve(ticket=done, by=wang, now=now - 2 * DAY, **words)
    everybody_sees(Mode.MASKED)
    reveal_name(customer=ticket.customer, purpose="service", by=again(wang), now=now)
    for contact in ticket.customer.contact_points.all():
        reveal_contact(contact=contact, purpose="service", by=again(wang), now=now)
    ask(
        customer=ticket.customer, scope="payment", purpose="service", reason="核对",
        length=DAY, by=chen, now=now,
    )  # fmt: skip
    raise_alarm(kind=AlarmKind.HOUR, user=wang, now=now, number=50, limit=40)
    with Line() as line:
        for one in (wang, zhao, chen, officer):
            letters.send_to(user_id=one.pk, now=now + HOUR, line=line)
    have_read()
    found = Ticket.objects.get(pk=done.pk)
    assert found.follow_ups.exists()
    return found


@pytest.mark.parametrize("mode", [Mode.HIDDEN, Mode.MASKED])
@pytest.mark.parametrize("who", PEOPLE)
def test_no_clear_value_comes_out(planted, who, mode):
    browser = at_desk(person(who))
    everybody_sees(mode)
    shown = []
    for surface, ask_it in SURFACES.items():
        told = ask_it(browser, planted)
        shown += [
            (surface, field) for field, value in CLEAR.items() if places(told, value)
        ]
    assert shown == []


@pytest.mark.parametrize("field", ["name", "phone", "email", "wechat", "other"])
def test_one_field_in_clear_shows_that_field_and_no_other(planted, field):
    browser = at_desk(person("agent"))
    everybody_sees(Mode.HIDDEN)
    MaskRule.objects.filter(role__key="agent", field=field).update(mode=Mode.READ)
    told = SURFACES["ticket page and title"](browser, planted)
    found = {name for name, value in CLEAR.items() if places(told, value)}
    assert found == {field}
    title = told.partition(b"<title>")[2].partition(b"</title>")[0]
    assert not places(title, CLEAR[field])


def test_a_name_in_clear_is_in_the_lists_of_those_who_read_it(planted):
    MaskRule.objects.filter(role__key="agent", field="name").update(mode=Mode.READ)
    browser, other = at_desk(person("agent")), at_desk(person("supervisor"))
    for surface in ("list", "search"):
        assert places(SURFACES[surface](browser, planted), CLEAR["name"]), surface
        assert not places(SURFACES[surface](other, planted), CLEAR["name"]), surface


def test_a_hidden_name_is_the_number_everywhere(planted):
    everybody_sees(Mode.HIDDEN)
    browser = at_desk(person("agent"))
    for surface in ("ticket page and title", "list", "search", "follow-up call"):
        told = SURFACES[surface](browser, planted).decode()
        assert planted.customer.code in told, surface
        assert "欧*" not in told, surface


def test_the_search_itself_finds_every_spelling():
    for value in CLEAR.values():
        for each in spelled(value):
            assert places(b"... " + each + b" ...", value)
        assert not places(b"nothing of it", value)
