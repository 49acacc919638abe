"""Ways to die in the middle of an action, and to see whether it left anything."""

from django.db import OperationalError, connection

TABLES = (
    "customers_customer",
    "customers_contactpoint",
    "tickets_ticket",
    "tickets_message",
    "tickets_attachment",
    "tickets_ticketevent",
    "tickets_serviceclock",
    "tickets_clockinterval",
    "tickets_followup",
    "tickets_letter",
    "tickets_ticketlink",
    "tickets_intake",
    "tickets_draft",
    "tickets_ticketuserobjectpermission",
    "core_liveevent",
    "audit_logentry",
)


class Crash:
    """Raises a database error in place of the statement with the number `at`."""

    def __init__(self, at):
        self.at = at
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        if self.count == self.at:
            self.strike()
        return execute(sql, params, many, context)

    def strike(self):
        raise OperationalError("the server closed the connection unexpectedly")

    @property
    def struck(self):
        return self.count >= self.at


class Kill(Crash):
    """Has the server end this very connection before the statement is run."""

    def strike(self):
        pid = connection.connection.get_backend_pid()
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        finally:
            other.close()


def stored():
    """Return a digest of every row that an action may write, by table."""
    one = (
        "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)"
        ' FROM "{0}" t'
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(table) for table in TABLES))
        return {name: (number, digest) for name, number, digest in cursor.fetchall()}
