"""An erasure reaches the files of imports and the searches that would outlast it."""

import pytest
from django.urls import reverse

from customers.actions import import_file
from customers.actions.erase import erase_customer
from customers.actions.import_job import ROWS
from customers.actions.search import keep_search
from customers.models import (
    CustomerSearch,
    ErasureBasis,
    ImportBatch,
    ImportKey,
    ImportPart,
)
from tests.customers import moving
from tests.customers.looks import at_desk
from tests.desk import fresh
from tests.factories import NOW, ContactPointFactory
from tickets.actions.search import keep_search as keep_ticket_search
from tickets.models import Search

HUA = "李华,138-1234 5678,,上海,A-1,耳机,199.00,2026-01-05"
OTHER = "王强,13900001111,qiang@example.com,北京,A-2,键盘,99.00,2026-01-06"


@pytest.fixture
def known(hua):
    ContactPointFactory(customer=hua, value="li.hua@example.com")
    ContactPointFactory(customer=hua, kind="wechat", value="lihua_1990")
    return hua


def erase(person):
    erase_customer(customer=fresh(person), basis=ErasureBasis.REQUEST, now=NOW)


def kept(batch):
    return [row for _number, row in import_file.all_rows(batch)]


def test_the_rows_of_a_file_that_are_about_the_person_are_empty(zhao, known):
    rows = [
        HUA, OTHER,
        "李 华,0086 13812345678,,,,,,",
        "Hua,,LI.HUA@example.com,上海,,,,",
        "李华,,,上海,,,,",
        "李华,13700002222,,广州,,,,",
    ]  # fmt: skip
    batch = moving.upload(zhao, moving.csv(*rows))
    erase(known)
    lines = kept(batch)
    assert len(lines) == len(rows)
    assert [any(cells) for cells in lines] == [False, True, False, False, False, True]
    assert lines[1] == OTHER.split(",")
    # Another of the same name, whom another number reaches, is somebody else.
    assert "13700002222" in lines[5]


def test_what_is_left_of_the_file_is_imported_and_the_empty_rows_are_rejected(
    zhao, known
):
    batch = moving.check(moving.upload(zhao, moving.csv(HUA, OTHER)))
    erase(known)
    batch = moving.run(batch)
    assert moving.figures(batch) == (1, 0, 0, 1)
    address = reverse("customers:import-rejected", args=[batch.pk])
    told = b"".join(at_desk(zhao).post(address).streaming_content).decode()
    assert "李华" not in told
    assert "138" not in told


def test_all_parts_of_a_long_file_are_looked_through(zhao, known):
    many = [f"周{n},139{n:08},,,,,," for n in range(ROWS + 3)]
    batch = moving.upload(zhao, moving.csv(*many, HUA))
    erase(known)
    lines = kept(batch)
    assert sum(any(cells) for cells in lines) == ROWS + 3
    assert not any(lines[-1])


def test_a_file_that_nobody_has_read_yet_goes_as_a_whole(zhao, known):
    batch = import_file.take_in(
        content=moving.csv(HUA), name="李华.csv", by=zhao, now=NOW
    )
    erase(known)
    assert not ImportPart.objects.filter(batch=batch).exists()
    assert fresh(batch).file_name == "—"
    moving.work()
    assert fresh(batch).state == "failed"
    assert (
        at_desk(zhao).get(reverse("customers:import", args=[batch.pk])).status_code
        == 200
    )


def test_a_file_whose_head_is_the_person_goes_as_a_whole(zhao, known):
    batch = moving.upload(zhao, moving.csv(OTHER, heads=HUA))
    assert "李华" in str(fresh(batch).heads)
    erase(known)
    assert fresh(batch).heads is None
    assert not ImportPart.objects.filter(batch=batch).exists()
    assert (
        at_desk(zhao).get(reverse("customers:import", args=[batch.pk])).status_code
        == 200
    )


def test_the_keys_of_a_check_are_gone(zhao, known):
    batch = moving.upload(zhao, moving.csv(OTHER))
    from customers.actions.leftovers import traces_of  # noqa: PLC0415

    [digest, *_more] = traces_of([known]).digests
    ImportKey.objects.create(batch=batch, digest=digest, row=2)
    erase(known)
    assert not ImportKey.objects.exists()


def test_nothing_that_was_typed_stays_of_the_person(zhao, known):
    search = keep_search(words="5678 上海", by=zhao, now=NOW)
    keep_ticket_search(words="李华 耳机", by=zhao, now=NOW)
    erase(known)
    assert not CustomerSearch.objects.exists()
    assert not Search.objects.exists()
    answer = at_desk(zhao).get(
        reverse("customers:search-results", args=[search.pk]), follow=True
    )
    assert "no longer kept" in answer.content.decode()


def test_an_erasure_without_a_match_leaves_files_as_they_are(zhao, known):
    batch = moving.upload(zhao, moving.csv(OTHER))
    before = bytes(str(ImportPart.objects.get().content), "utf-8")
    erase(known)
    assert bytes(str(ImportPart.objects.get().content), "utf-8") == before
    assert ImportBatch.objects.get(pk=batch.pk).heads
