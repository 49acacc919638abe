"""A file of customers becomes records: seen before it is written, none lost, none double."""

import pytest

from customers.actions import import_file, import_job
from customers.actions.identify import find_contact_point, parse_contact
from customers.models import (
    Consent,
    ContactPoint,
    Customer,
    CustomerEvent,
    ImportBatch,
    ImportPart,
    ImportProblem,
    Purchase,
    Tag,
)
from customers.queries import import_page
from customers.tasks import forget_moved
from servicedesk.audit.models import LogEntry
from servicedesk.core.actions.jobs import cancel_job
from servicedesk.core.errors import RuleError
from tests.customers.moving import check, csv, figures, run, upload, work
from tests.desk import chen, desk, li, wang, zhao
from tests.factories import (
    DAY,
    NOW,
    ContactPointFactory,
    CustomerFactory,
    UserFactory,
    team_of,
)

__all__ = ["chen", "desk", "li", "wang", "zhao"]


def holder_of(text):
    found = find_contact_point(parse_contact(text))
    return found and found.customer


def test_nothing_is_written_before_it_is_asked_for(zhao):
    batch = check(upload(zhao))
    assert batch.state == "checked"
    assert figures(batch) == (2, 0, 0, 2)
    assert not Customer.objects.exists()


def test_what_was_checked_is_what_comes(zhao):
    batch = run(check(upload(zhao)))
    assert batch.state == "done"
    assert figures(batch) == (2, 0, 0, 2)
    zhang = holder_of("13812345678")
    assert (zhang.name, zhang.city, zhang.team.slug) == ("张伟", "上海", "call-centre")
    assert holder_of("zhang@example.com") == zhang
    bought = zhang.purchases.get()
    assert (bought.order_number, bought.product, str(bought.amount)) == (
        "A-1", "耳机", "199.00",
    )  # fmt: skip
    consent = zhang.consents.get()
    assert (consent.purpose, consent.basis, consent.recorded_by) == (
        "service", "contract", zhao,
    )  # fmt: skip
    event = zhang.events.get()
    assert (event.kind, event.by, event.about) == ("imported", zhao, batch.pk)


def test_each_rejected_row_says_where_and_why(zhao):
    batch = check(upload(zhao))
    rows = import_page.rejected_rows(batch, import_file.all_rows(batch))
    head, first, second = [row[-1] for row in rows]
    assert head == "Why it was rejected"
    assert first == "There is no name."
    assert second == "电话: This is no telephone number."
    assert [each["row"] for each in import_page.first_problems(batch)] == [4, 5]


def test_rejected_rows_mended_and_uploaded_again_come_in(zhao):
    batch = run(check(upload(zhao)))
    rows = import_page.rejected_rows(batch, import_file.all_rows(batch))
    head, *bad = [row[:-1] for row in rows]
    bad[0][0], bad[1][1] = "周敏", "13612345678"
    content = "\n".join(",".join(row) for row in [head, *bad]).encode()
    again = run(check(upload(zhao, content)))
    assert figures(again) == (2, 0, 0, 0)
    assert Customer.objects.count() == 4


@pytest.mark.parametrize(
    ("known", "expected", "city"),
    [
        ("fill", (1, 1, 0, 0), "上海"),
        ("skip", (1, 0, 1, 0), ""),
        ("reject", (1, 0, 0, 1), ""),
    ],
)
def test_a_known_customer_is_found_by_blind_index(zhao, known, expected, city):
    there = CustomerFactory(name="张伟")
    ContactPointFactory(customer=there, kind="phone", value="+8613812345678")
    content = csv(
        "张某,138-1234-5678,new@example.com,上海,,,,", "李娜,13912345678,,,,,,"
    )
    checked = check(upload(zhao, content), known=known)
    assert figures(checked) == expected
    assert figures(run(checked)) == expected
    there.refresh_from_db()
    assert (there.name, there.city) == ("张伟", city)
    assert bool(holder_of("new@example.com")) == (known == "fill")


def test_one_who_stands_in_the_file_twice_becomes_one(zhao, monkeypatch):
    monkeypatch.setattr(import_job, "ROWS", 2)
    content = csv(
        "张伟,13812345678,,,,,,",
        "李娜,13912345678,,,,,,",
        "张伟,,zhang@example.com,,,,,",
        "张伟,13812345678,zhang.wei@example.com,上海,,,,",
        "张伟,+86 138 1234 5678,,,,,,",
    )
    batch = run(check(upload(zhao, content)))
    assert batch.counts["new"] == 3
    assert ContactPoint.objects.count() == 4
    assert holder_of("13812345678").city == "上海"
    assert holder_of("zhang.wei@example.com") == holder_of("13812345678")


def test_contacts_of_two_people_are_not_mixed(zhao):
    ContactPointFactory(kind="phone", value="+8613812345678")
    ContactPointFactory(kind="email", value="li@example.com")
    batch = check(upload(zhao, csv("张伟,13812345678,li@example.com,,,,,")))
    assert figures(batch) == (0, 0, 0, 1)
    assert ImportProblem.objects.get().code == "two_customers"


def test_a_customer_of_another_team_is_neither_shown_nor_changed(zhao, chen):
    there = CustomerFactory(name="张伟", team=team_of("technical"))
    ContactPointFactory(customer=there, kind="phone", value="+8613812345678")
    batch = run(check(upload(zhao, csv("张伟,13812345678,,上海,,,,"))))
    assert figures(batch) == (1, 0, 0, 0)
    there.refresh_from_db()
    assert there.city == ""
    assert holder_of("13812345678") == there, "the first is found by it, as before"


def test_an_order_that_belongs_to_another_is_rejected(zhao):
    Purchase.objects.create(
        customer=CustomerFactory(), order_number="A-1", product="耳机", amount=1,
        bought_at=NOW, created_at=NOW,
    )  # fmt: skip
    batch = check(upload(zhao))
    assert figures(batch) == (1, 0, 0, 3)


def test_tags_that_exist_are_given(zhao):
    tag = Tag.objects.create(name_zh="重要", name_en="Important")
    content = csv("张伟,13812345678,重要，没有", heads="姓名,电话,标签")
    run(check(upload(zhao, content)))
    assert list(holder_of("13812345678").tags.all()) == [tag]


def test_a_worker_that_dies_repeats_nothing_and_leaves_nothing_out(zhao, monkeypatch):
    monkeypatch.setattr(import_job, "ROWS", 3)
    rows = [f"客户{n},138{n:08},,,,,," for n in range(20)]
    batch = check(upload(zhao, csv(*rows)))
    import_file.begin(batch=batch, by=zhao, now=NOW)
    work(portions=2)
    assert 0 < Customer.objects.count() < 20
    written = import_job.apply_rows
    calls = iter(range(100))

    def die(*args):
        counts = written(*args)
        if next(calls) == 1:
            raise KeyboardInterrupt
        return counts

    with monkeypatch.context() as dying:
        dying.setattr(import_job, "apply_rows", die)
        with pytest.raises(KeyboardInterrupt):
            work(NOW + DAY)
    work(NOW + 2 * DAY)
    batch.refresh_from_db()
    assert (batch.state, figures(batch)) == ("done", (20, 0, 0, 0))
    assert Customer.objects.count() == 20
    assert CustomerEvent.objects.count() == Consent.objects.count() == 20


def test_what_was_cancelled_goes_on_where_it_stopped(zhao, monkeypatch):
    monkeypatch.setattr(import_job, "ROWS", 3)
    rows = [f"客户{n},138{n:08},,,,,," for n in range(10)]
    batch = check(upload(zhao, csv(*rows)))
    import_file.begin(batch=batch, by=zhao, now=NOW)
    work(portions=2)
    batch.refresh_from_db()
    cancel_job(job=batch.job, by=zhao, now=NOW)
    assert import_file.settle(batch=batch).state == "stopped"
    with pytest.raises(RuleError, match="go on with it"):
        check(batch)
    assert figures(run(batch)) == (10, 0, 0, 0)
    assert Customer.objects.count() == 10


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "no_rows"), (b"a,b\n", "no_rows"), (b"PK\x03\x04x", "no_table")],
)
def test_a_file_that_is_none_says_so_and_is_not_kept(zhao, content, fault):
    batch = upload(zhao, content)
    assert (batch.state, batch.counts) == ("failed", {"fault": fault})
    assert not ImportPart.objects.exists()


@pytest.mark.parametrize(
    ("mapping", "words"),
    [({"0": "name"}, "a way to reach"), ({"1": "phone"}, "which column is the name"),
     ({"0": "name", "1": "phone", "2": "phone"}, "same field")],
)  # fmt: skip
def test_columns_that_do_not_do_are_refused(zhao, mapping, words):
    with pytest.raises(RuleError, match=words):
        check(upload(zhao), mapping=mapping)


def test_the_file_lies_sealed_and_is_forgotten_in_time(zhao):
    batch = run(check(upload(zhao)))
    assert ImportPart.objects.filter(batch=batch, raw=False).exists()
    forget_before = ImportBatch.objects.get(pk=batch.pk).forget_at
    ImportBatch.objects.filter(pk=batch.pk).update(forget_at=NOW - DAY)
    assert forget_before == NOW + import_file.KEPT_DONE
    assert forget_moved() == 1
    assert not ImportPart.objects.exists()
    assert not ImportProblem.objects.exists()
    batch.refresh_from_db()
    assert (batch.state, batch.counts["new"]) == ("done", 2)


def test_the_log_says_how_many_and_not_who(zhao):
    batch = run(check(upload(zhao)))
    [entry] = LogEntry.objects.filter(additional_data__has_key="imported")
    assert (entry.actor, entry.additional_data["imported"]) == (zhao, 2)
    assert entry.object_pk == str(batch.pk)
    text = " ".join(f"{e.changes} {e.object_repr}" for e in LogEntry.objects.all())
    assert "张伟" not in text
    assert "客户.csv" not in text


def test_who_may_not_import_has_nothing_to_see(wang, zhao):
    batch = upload(zhao)
    assert not ImportBatch.objects.visible_to(wang).exists()
    other = UserFactory(display_name="Ma Li", role="supervisor", team="call-centre")
    assert not ImportBatch.objects.visible_to(other).filter(pk=batch.pk).exists()
