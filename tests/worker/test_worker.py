import time

import pytest
import redis

from tests.browser.mailbox import PATIENCE
from tests.browser.stack import OWNER, Stack

pytestmark = [pytest.mark.worker, pytest.mark.xdist_group("worker")]
MANY = 20


@pytest.fixture(scope="module")
def stack():
    """A desk without processes: each test starts the workers that it needs."""
    with Stack(parts=(), demo=False, speed=1) as running:
        yield running


@pytest.fixture(autouse=True)
def _calm(stack):
    stack.mail.letters.clear()
    stack.mail.delay = 0.0
    stack.ask("DELETE FROM tickets_letter")
    stack.ask("DELETE FROM core_notification")
    yield
    stack.stop()
    empty_the_broker(stack)


def empty_the_broker(stack):
    with redis.Redis.from_url(stack.broker) as server:
        owner = server.get(OWNER)
        server.flushdb()
        server.set(OWNER, owner)


def owe(stack, name, count=MANY):
    """Receive so many requests; each owes its customer a letter."""
    code = f"""
from django.utils.timezone import now
from customers.actions.identify import parse_contact
from tickets.actions.create import Request, create_ticket
from tickets.models import Category, Channel
for n in range({count}):
    contact = parse_contact(f"{name}{{n}}@customer.example")
    category = Category.objects.get(slug="question")
    create_ticket(request=Request(name="张伟", contact=contact, category=category,
        subject="{name}", body="…", channel=Channel.WEB), by=None, now=now(),
        client_key=None)
"""
    stack.manage("shell", "-c", code)


def states(stack):
    """Return how many letters stand in each state."""
    return dict(stack.ask("SELECT state, count(*) FROM tickets_letter GROUP BY state"))


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.2)


def addresses(stack):
    return [letter["To"] for letter in stack.mail.letters]


def test_a_worker_killed_while_sending_loses_and_doubles_nothing(stack):
    owe(stack, "killed")
    stack.mail.delay = 0.4
    stack.run("beat")
    stack.run("worker")
    wait_until(lambda: len(stack.mail.letters) >= 3)
    stack.kill("worker")
    stack.mail.delay = 0.0
    taken = stack.ask("SELECT id FROM tickets_letter WHERE state = 'sending'")
    assert len(taken) <= 1
    # Ten minutes later nobody can be at it any more.
    stack.ask(
        "UPDATE tickets_letter SET taken_at = taken_at - interval '11 minutes' "
        "WHERE state = 'sending'"
    )

    stack.run("worker", "second")
    wait_until(lambda: not set(states(stack)) & {"due", "sending"})

    found = states(stack)
    assert sum(found.values()) == MANY
    assert set(found) <= {"sent", "unsure"}
    assert found.get("unsure", 0) == len(taken)
    sent = addresses(stack)
    assert len(sent) == len(set(sent))
    assert len(sent) >= found["sent"]
    assert len(sent) <= MANY


def test_a_broker_that_forgot_everything_loses_no_letter(stack):
    owe(stack, "forgotten", 5)
    stack.manage("shell", "-c", "from tickets.tasks import _wake; _wake()")
    with redis.Redis.from_url(stack.broker) as server:
        assert server.llen("letters") == 1
    empty_the_broker(stack)

    stack.run("worker")
    stack.run("beat")

    wait_until(lambda: states(stack) == {"sent": 5})
    assert len(set(addresses(stack))) == len(addresses(stack)) == 5


def test_two_beats_and_two_workers_send_each_letter_once(stack):
    owe(stack, "twice")
    stack.mail.delay = 0.05
    for name in ("beat", "beat-2"):
        stack.run("beat", name)
    for name in ("worker", "worker-2"):
        stack.run("worker", name)

    wait_until(lambda: states(stack) == {"sent": MANY})
    time.sleep(min(7, PATIENCE))  # another tick of both
    assert len(stack.mail.letters) == len(set(addresses(stack))) == MANY


def notify_all(stack, count=MANY):
    """Owe so many colleagues a letter each that does not wait for anything."""
    code = f"""
from django.db import transaction
from django.utils.timezone import now
from servicedesk.staff.actions.letters import tell_account_made
from servicedesk.staff.models import User
for n in range({count}):
    user = User.objects.create(username=f"c{{n}}", email=f"c{{n}}@desk.example",
        display_name=f"Colleague {{n}}")
    with transaction.atomic():
        tell_account_made(user=user, now=now())
"""
    stack.manage("shell", "-c", code)


def mail_states(stack):
    asked = "SELECT mail_state, count(*) FROM core_notification GROUP BY 1"
    return dict(stack.ask(asked))


def test_a_worker_killed_while_it_notifies_loses_and_doubles_nothing(stack):
    notify_all(stack)
    stack.mail.delay = 0.3
    stack.run("beat")
    stack.run("worker")
    wait_until(lambda: len(stack.mail.letters) >= 3)
    stack.kill("worker")
    stack.mail.delay = 0.0
    taken = mail_states(stack).get("sending", 0)
    assert taken <= 1
    # Ten minutes later nobody can be at it any more.
    stack.ask(
        "UPDATE core_notification SET mail_taken_at = mail_taken_at "
        "- interval '11 minutes' WHERE mail_state = 'sending'"
    )

    stack.run("worker", "second")
    wait_until(lambda: not set(mail_states(stack)) & {"due", "sending"})

    found = mail_states(stack)
    assert found.get("unsure", 0) == taken
    assert found["sent"] == MANY - taken
    sent = addresses(stack)
    assert len(sent) == len(set(sent)) >= found["sent"]
