"""Names are found by a part only where that was switched on; off leaves nothing behind."""

import uuid

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers.actions.name_pairs import set_name_pairs
from customers.models import NamePairs, SearchSetting
from customers.queries.pairs import BITS, pairs_of, versions
from servicedesk.core.jobs.runner import run_job, take_job
from tests.customers.ways import page
from tests.desk import fresh, while_open
from tests.factories import NOW, CustomerFactory, UserFactory

SEARCH = "/customers/search/"


@pytest.fixture
def people(committed):
    """An administrator, and a member of the call centre."""
    yield (
        UserFactory(display_name="Admin", role="administrator"),
        UserFactory(display_name="Wang Fang", team="call-centre"),
    )
    SearchSetting.objects.update(name_pairs=False)


def work():
    """Do the job that was started."""
    moment = timezone.now()
    job = take_job(holder=uuid.uuid4(), now=moment)
    run_job(job=job, holder=job.holder, clock=lambda: moment, enough=lambda: False)
    return fresh(job)


def search(client, words):
    return client.post(SEARCH, {"words": words})


def finds(client, words, customer):
    answer = search(client, words)
    return answer.status_code == 302 and answer["Location"] == page(
        "customer", customer
    )


def test_a_part_finds_a_name_once_all_are_indexed(people, client):
    admin, wang = people
    hua = CustomerFactory(name="欧阳娜娜")
    client.force_login(wang)
    assert not finds(client, "娜娜", hua)
    set_name_pairs(wanted=True, by=admin, now=NOW)
    assert work().state == "done"
    assert NamePairs.objects.get().key_version == versions()[0]
    assert finds(client, "娜娜", hua)
    assert finds(client, "阳娜", hua)
    later = CustomerFactory(name="Bartholomew Ng")
    assert finds(client, "tholom", later)
    later.name = "Another"
    later.save()
    assert not finds(client, "tholom", later)
    assert not finds(client, "娜欧", hua)


@pytest.mark.parametrize("words", ["欧阳", "欧"])
def test_a_surname_alone_finds_nobody(words, people, client):
    admin, wang = people
    hua = CustomerFactory(name="欧阳娜娜")
    set_name_pairs(wanted=True, by=admin, now=NOW)
    work()
    client.force_login(wang)
    assert not finds(client, words, hua)


def test_switching_off_leaves_nothing(people, client):
    admin, wang = people
    hua = CustomerFactory(name="欧阳娜娜")
    set_name_pairs(wanted=True, by=admin, now=NOW)
    work()
    set_name_pairs(wanted=False, by=admin, now=NOW)
    assert not NamePairs.objects.exists()
    CustomerFactory(name="王小明")
    assert not NamePairs.objects.exists()
    client.force_login(wang)
    assert not finds(client, "娜娜", hua)
    assert finds(client, "欧阳娜娜", hua)


def test_whoever_saves_while_it_is_switched_off_leaves_nothing(people):
    admin, _wang = people
    set_name_pairs(wanted=True, by=admin, now=NOW)
    work()
    while_open(
        lambda: set_name_pairs(wanted=False, by=admin, now=NOW),
        lambda: CustomerFactory(name="王小明"),
    )
    assert not NamePairs.objects.exists()


def test_pairs_are_few_bits_and_no_name(people):
    admin, _wang = people
    CustomerFactory(name="欧阳娜娜")
    set_name_pairs(wanted=True, by=admin, now=NOW)
    work()
    pairs = NamePairs.objects.get().pairs
    assert pairs == pairs_of("欧阳娜娜", versions()[0])
    assert all(0 <= each < 2**BITS for each in pairs)
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM customers_namepairs p")
        assert "娜" not in str(cursor.fetchall())


def test_an_administrator_switches_it_and_reads_what_it_costs(people, client):
    admin, wang = people
    client.force_login(admin)
    index = client.get(reverse("admin:customers_searchsetting_changelist"))
    shown = client.get(index["Location"]).content.decode()
    assert "2.9%" in shown
    client.post(index["Location"], {"name_pairs": "on"})
    assert SearchSetting.objects.get().name_pairs
    assert work().state == "done"
    client.post(index["Location"], {})
    assert not SearchSetting.objects.get().name_pairs
    client.force_login(wang)
    assert client.get(index["Location"]).status_code == 404
