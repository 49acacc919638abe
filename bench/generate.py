"""Fill a database with tickets in the numbers that users have, fast.

Customers go through the ORM (their values are sealed one by one); tickets and what
hangs on them are made inside PostgreSQL.
"""

import datetime as dt
import time

from django.db import connection

from customers.models import ContactKind, ContactPoint, Customer
from servicedesk.core.ids import uuid7
from servicedesk.staff.models import Team

BATCH = 5_000
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英华"

# Of 100 tickets 88 are closed; the rest stands as on an ordinary day.
TICKETS = """
INSERT INTO tickets_ticket (
  id, number, customer_id, channel, kind, phase, category_id, subject, severity,
  urgency, priority, status, team_id, assignee_id, level, service_level_id,
  root_cause, solution, created_at, changed_at, first_response_at, resolved_at,
  closed_at, due_at, due_target, due_seconds, unanswered_since, message_count)
SELECT
  gen_random_uuid(), 'SD-2026-' || lpad((1000000 + n)::text, 7, '0'),
  customers.ids[1 + (n::bigint * 7919) %% array_length(customers.ids, 1)],
  (ARRAY['web','web','email','phone','chat'])[1 + n %% 5], 'problem', 'after_sale',
  categories.ids[1 + floor(power(random(), 2.2) * array_length(categories.ids, 1))::int],
  (ARRAY['退款什么时候到账','耳机没有声音','Where is my parcel','无法登录账户','发票开错了'])[1 + n %% 5] || ' ' || n,
  3, 3, 1 + n %% 4, s.status, teams.ids[1 + n %% array_length(teams.ids, 1)],
  CASE WHEN s.status = 'new' THEN NULL ELSE people.ids[1 + n %% array_length(people.ids, 1)] END,
  CASE WHEN n %% 40 = 0 THEN 2 ELSE 1 END, levels.id, '', '',
  t.at, t.at + interval '2 hours', t.at + interval '1 hour',
  CASE WHEN s.status IN ('resolved','closed') THEN t.at + interval '5 hours' END,
  CASE WHEN s.status = 'closed' THEN t.at + interval '2 days' END,
  CASE WHEN s.status IN ('new','open') THEN t.at + interval '3 days' END,
  CASE WHEN s.status IN ('new','open') THEN 'resolution' ELSE '' END,
  CASE WHEN s.status IN ('new','open') THEN 57600 END,
  CASE WHEN s.status = 'new' THEN t.at END, 3
FROM generate_series(%(first)s, %(last)s) AS n
CROSS JOIN LATERAL (SELECT CASE WHEN n %% 100 < 88 THEN 'closed' WHEN n %% 100 < 92 THEN 'resolved'
  WHEN n %% 100 < 94 THEN 'new' WHEN n %% 100 < 98 THEN 'open' ELSE 'waiting_customer' END AS status) s
CROSS JOIN LATERAL (SELECT %(now)s::timestamptz - (%(last)s - n) * interval '31 seconds' AS at) t
CROSS JOIN (SELECT array_agg(id) AS ids FROM customers_customer) customers
CROSS JOIN (SELECT array_agg(id) AS ids FROM tickets_category) categories
CROSS JOIN (SELECT array_agg(id) AS ids FROM staff_team) teams
CROSS JOIN (SELECT array_agg(id) AS ids FROM staff_user WHERE username LIKE 'bench%%') people
CROSS JOIN (SELECT min(id) AS id FROM tickets_servicelevelversion) levels
"""
MESSAGES = """
INSERT INTO tickets_message (id, ticket_id, seq, kind, channel, author_id, body, created_at)
SELECT gen_random_uuid(), ticket.id, seq, CASE seq WHEN 2 THEN 'outbound' ELSE 'inbound' END,
  ticket.channel, CASE seq WHEN 2 THEN people.id END,
  (ARRAY['您好，我上周申请的退款还没有到账。','Your parcel left our warehouse this morning.','好的，谢谢。'])[seq],
  ticket.created_at + seq * interval '10 minutes'
FROM tickets_ticket ticket CROSS JOIN generate_series(1, 3) AS seq
CROSS JOIN (SELECT min(id) AS id FROM staff_user WHERE username LIKE 'bench%%') people
WHERE ticket.number >= %(first)s
"""
CLOCKS = """
INSERT INTO tickets_serviceclock (ticket_id, target, state, seconds, level_id, calendar_id,
  started_at, due_at, warn_at, stopped_at, elapsed, team_id)
SELECT ticket.id, 'resolution',
  CASE WHEN ticket.due_at IS NULL THEN 'met' ELSE 'running' END, 57600, ticket.service_level_id,
  (SELECT min(id) FROM core_calendarversion), ticket.created_at,
  ticket.created_at + interval '3 days', ticket.created_at + interval '2 days',
  CASE WHEN ticket.due_at IS NULL THEN coalesce(ticket.resolved_at, ticket.changed_at) END,
  CASE WHEN ticket.due_at IS NULL THEN 18000 END, ticket.team_id
FROM tickets_ticket ticket WHERE ticket.number >= %(first)s
"""
EVENTS = """
INSERT INTO tickets_ticketevent (ticket_id, kind, by_id, at, before, after, reason)
SELECT ticket.id, 'taken', ticket.assignee_id, ticket.created_at, '', '', ''
FROM tickets_ticket ticket WHERE ticket.number >= %(first)s AND ticket.assignee_id IS NOT NULL
"""
FOLLOW_UPS = """
INSERT INTO tickets_followup (id, ticket_id, resolved_at, team_id, owner_id, stage, next_at,
  due_at, tries, outcome, done_at, words)
SELECT gen_random_uuid(), ticket.id, ticket.resolved_at, ticket.team_id, ticket.assignee_id,
  CASE ticket.status WHEN 'closed' THEN 'done' ELSE 'call' END, NULL,
  ticket.resolved_at + interval '48 hours', 0,
  CASE ticket.status WHEN 'closed' THEN 'satisfied' ELSE '' END, ticket.closed_at, ''
FROM tickets_ticket ticket WHERE ticket.number >= %(first)s AND ticket.resolved_at IS NOT NULL
"""


def customers(number: int, *, now: dt.datetime) -> None:
    """Make `number` customers with a phone each, sealed and indexed."""
    team = Team.objects.order_by("pk").first()
    assert team is not None
    begin = Customer.objects.count()
    for batch in _batches(begin, number):
        made = [
            Customer(
                id=uuid7(),
                number=10_000_000 + n,
                name=SURNAMES[n % 20] + GIVEN[n // 20 % 20] + GIVEN[n // 400 % 20],
                team=team,
                created_at=now,
            )
            for n in batch
        ]
        Customer.objects.bulk_create(made)
        ContactPoint.objects.bulk_create(
            ContactPoint(
                customer=each,
                kind=ContactKind.PHONE,
                value=f"+861{3000000000 + each.number}",
                created_at=now,
            )
            for each in made
        )


def _batches(begin: int, number: int) -> list[range]:
    return [
        range(start, min(start + BATCH, begin + number))
        for start in range(begin, begin + number, BATCH)
    ]


def tickets(number: int, *, now: dt.datetime) -> float:
    """Make `number` tickets with messages, clocks, events and follow-ups; seconds taken."""
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_ticket")
        first = cursor.fetchone()[0] + 1
        given = {"first": first, "last": first + number - 1, "now": now}
        cursor.execute(TICKETS, given)
        given["first"] = f"SD-2026-{1_000_000 + first}"
        for statement in (MESSAGES, CLOCKS, EVENTS, FOLLOW_UPS):
            cursor.execute(statement, given)
        cursor.execute("ANALYZE")
    return time.perf_counter() - started
