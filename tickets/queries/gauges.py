"""What of the daily work is measured from outside: how much waits, and since when."""

from servicedesk.core.figures import Gauge
from tickets.models import OWED
from tickets.models.status import ACTIVE

GAUGES = [
    Gauge(
        "letters_due",
        "Letters that should have been sent by now.",
        "SELECT count(*) FROM tickets_letter WHERE state = 'due' AND due_at <= now()",
    ),
    Gauge(
        "letters_oldest_due_seconds",
        "How long the oldest of them has waited.",
        "SELECT coalesce(greatest(0, extract(epoch FROM now() - min(due_at))), 0)"
        " FROM tickets_letter WHERE state = 'due'",
    ),
    Gauge(
        "letters_in_trouble",
        "Letters that failed or were possibly sent.",
        "SELECT count(*) FROM tickets_letter WHERE state IN ('failed', 'unsure')",
    ),
    Gauge(
        "follow_ups_overdue",
        "Follow-ups that are owed for more than 48 hours.",
        "SELECT count(*) FROM tickets_followup"
        " WHERE stage = ANY (%s) AND due_at < now()",
        values=lambda: ([stage.value for stage in OWED],),
    ),
    Gauge(
        "tickets_open",
        "Tickets that are not resolved, by team.",
        "SELECT team.slug, held.number FROM staff_team team JOIN (SELECT team_id,"
        " count(*) AS number FROM tickets_ticket WHERE status = ANY (%s)"
        " GROUP BY 1) held ON held.team_id = team.id",
        ("team",),
        lambda: ([status.value for status in ACTIVE],),
    ),
]
