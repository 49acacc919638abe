"""People and files of the tests about imports and exports; a worker that really works."""

import uuid

from customers.actions import import_file
from customers.models import ImportBatch
from servicedesk.core.jobs.runner import run_job, take_job
from servicedesk.core.models import Job
from tests.factories import NOW, team_of

HEADS = "姓名,电话,邮箱,城市,订单号,商品,金额,购买时间"
ROWS = [
    "张伟,13812345678,zhang@example.com,上海,A-1,耳机,199.00,2026-01-05",
    "李娜,13912345678,,北京,,,,",
    ",13712345678,,,,,,",
    "赵强,12,,,,,,",
]


def csv(*rows, heads=HEADS):
    return "\n".join([heads, *(rows or ROWS)]).encode()


def work(now=NOW, portions=1000):
    """Be a worker: do all jobs that wait, in so many portions at most."""
    left = iter(range(portions - 1))
    while job := take_job(holder=(holder := uuid.uuid4()), now=now):
        run_job(
            job=job,
            holder=holder,
            clock=lambda: now,
            enough=lambda: next(left, None) is None,
        )
        if next(left, None) is None:
            return job
    return None


def upload(by, content=None, name="客户.csv", now=NOW):
    """Take a file in and let the worker read it."""
    batch = import_file.take_in(
        content=csv() if content is None else content, name=name, by=by, now=now
    )
    work(now)
    return ImportBatch.objects.get(pk=batch.pk)


def check(batch, *, known="fill", mapping=None, team="call-centre", now=NOW):
    """Name the columns as guessed, and let the worker check the rows."""
    import_file.name_columns(
        batch=batch,
        mapping=mapping or batch.mapping,
        known=known,
        team=team_of(team),
        language="zh-hans",
        basis="contract",
        way="form",
        by=batch.by,
        now=now,
    )
    work(now)
    return ImportBatch.objects.get(pk=batch.pk)


def run(batch, now=NOW):
    """Import what was checked."""
    import_file.begin(batch=batch, by=batch.by, now=now)
    work(now)
    return ImportBatch.objects.get(pk=batch.pk)


def figures(batch):
    names = ("new", "filled", "same", "rejected")
    return tuple(batch.counts.get(name, 0) for name in names)


def jobs():
    return list(Job.objects.order_by("pk").values_list("kind", "state"))
