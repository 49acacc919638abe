"""Count to params["to"]: each portion writes its number down."""

from django.db import connection

from servicedesk.core.jobs.registry import Step

TABLE = "CREATE TABLE counted (job uuid, number int)"


def count(job, now):
    number = (job.cursor or 0) + 1
    to = job.params.get("to", 3)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO counted VALUES (%s, %s)", [job.pk, number])
        cursor.execute("SELECT pg_sleep(%s)", [job.params.get("pause", 0)])
    if number == job.params.get("stumble"):
        raise ZeroDivisionError
    over = number >= to
    return Step(number, number, to, finished=over, result={"counted": number})
