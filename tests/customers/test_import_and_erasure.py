"""An erasure and a portion of an import at the same time: nobody is brought back."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.utils import translation

from customers.actions import import_file, import_job
from customers.actions.erase import erase_customer
from customers.actions.identify import find_contact_point, parse_contact
from customers.models import (
    Customer,
    ErasureBasis,
    ErasureLedger,
    ImportBatch,
)
from tests.customers.moving import check, csv, figures, upload, work
from tests.desk import PATIENCE, fresh
from tests.factories import NOW, ContactPointFactory, CustomerFactory, UserFactory

FILE = csv("李华,13812345678,,上海,,,,", "王芳,13900000001,,北京,,,,")


def test_the_desk_is_there(desk):
    """What only commits stands beside what is rolled back."""
    assert not Customer.objects.exists()


def erased_elsewhere(customer):
    """Erase the person over a connection of its own, and commit."""

    def erase():
        try:
            with translation.override("en"):
                return erase_customer(
                    customer=customer, basis=ErasureBasis.REQUEST, now=NOW
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(erase).result(PATIENCE)


def planted(**more):
    zhao = UserFactory(role="supervisor", team="call-centre", lead=True)
    hua = CustomerFactory(name="李华", **more)
    ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    batch = check(upload(zhao, FILE))
    import_file.begin(batch=batch, by=zhao, now=NOW)
    return hua, batch


def outcome(batch):
    """What is told of the import, and whether the person is reached again."""
    batch = ImportBatch.objects.get(pk=batch.pk)
    reached = find_contact_point(parse_contact("13812345678"))
    return batch.state, figures(batch), reached is not None


def test_an_erasure_after_the_part_was_read_is_noticed(
    committed, monkeypatch, settings, tmp_path
):
    """The rows are read, the person is erased and committed, only then it is looked up."""
    settings.ERASURES_DIR = tmp_path
    hua, batch = planted()
    matched, turns = import_job.match, []

    def late(*args, **more):
        if not turns:
            erased_elsewhere(hua)
        turns.append(1)
        return matched(*args, **more)

    monkeypatch.setattr(import_job, "match", late)
    work()
    assert len(turns) == 2, "the part was not read again"
    assert outcome(batch) == ("done", (1, 0, 0, 1), False)
    assert fresh(hua).erased_at
    assert not Customer.objects.filter(erased_at=None).exclude(city="北京").exists()
    assert ErasureLedger.objects.filter(customer_key=hua.pk).count() == 1


def test_an_erasure_between_the_look_up_and_the_writing_is_noticed(
    committed, monkeypatch, settings, tmp_path
):
    settings.ERASURES_DIR = tmp_path
    hua, batch = planted()
    holds, turns = import_job.hold_owners, []

    def late(*args, **more):
        if not turns:
            erased_elsewhere(hua)
        turns.append(1)
        return holds(*args, **more)

    monkeypatch.setattr(import_job, "hold_owners", late)
    work()
    assert outcome(batch) == ("done", (1, 0, 0, 1), False)
    assert fresh(hua).city == ""
