"""Run a sweep that dies with -9 at its first statement, then at its second, and so on.

`python -m tests.faults.deadly <task> <sql>`: each try is a process of its own; tries
end when the task comes to its end and the SQL counts nothing that is left to do.
Prints at how many statements it died.
"""

import os
import signal
import sys
import time

import django
from django.db import connection

MOST = 300
NOT_YET = 3


class Death:
    def __init__(self, at):
        self.at, self.count = at, 0

    def __call__(self, execute, sql, params, many, context):
        self.step()
        return execute(sql, params, many, context)

    def step(self):
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def attempt(task, left, at):
    """Do the work in this process, which dies or ends; the last step is after it."""
    death = Death(at)
    with connection.execute_wrapper(death):
        task()
        death.step()
    with connection.cursor() as cursor:
        cursor.execute(left)
        (count,) = cursor.fetchone()
    os._exit(NOT_YET if count else 0)


def main(name, left):
    django.setup()
    from celery import current_app  # noqa: PLC0415

    from servicedesk import celery as ours  # noqa: F401, PLC0415

    current_app.loader.import_default_modules()
    task, at = current_app.tasks[name], 1
    for _try in range(MOST):
        child = os.fork()
        if not child:
            attempt(task, left, at)
        _pid, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            at += 1
        elif os.WEXITSTATUS(status) == NOT_YET:
            time.sleep(0.05)  # the dead one's lock is not free yet
        else:
            print(at - 1)  # noqa: T201
            return os.WEXITSTATUS(status)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
