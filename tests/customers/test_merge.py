"""Two records become one and two again; nothing of either is lost."""

import pytest
from django.db import connection

from customers.actions.consents import withdraw_consent
from customers.actions.merge import merge_customers, undo_merge
from customers.models import Customer, CustomerMerge, Tag
from servicedesk.core.errors import RuleError
from servicedesk.staff.models import Team
from tests.customers.ways import full, page
from tests.desk import at_once, fresh
from tests.factories import (
    NOW,
    ContactPointFactory,
    CustomerFactory,
    TicketFactory,
    UserFactory,
)
from tests.speed.counting import MOST, queries_of, told


@pytest.fixture
def pair(desk):
    kept = full(notes="a", id_number=None)
    gone = full(notes="b", city="北京")
    ticket = TicketFactory(contact="b@example.com")
    type(ticket).objects.filter(pk=ticket.pk).update(customer=gone)
    return kept, gone


def parts(customer):
    return {
        "contacts": set(customer.contact_points.values_list("pk", flat=True)),
        "purchases": set(customer.purchases.values_list("pk", flat=True)),
        "consents": set(customer.consents.values_list("pk", flat=True)),
        "companies": set(customer.speaks_for.values_list("pk", flat=True)),
        "tickets": set(customer.tickets.values_list("pk", flat=True)),
        "tags": set(customer.tags.values_list("pk", flat=True)),
    }


def merge(pair, by, **take):
    kept, gone = pair
    return merge_customers(kept=kept, gone=gone, take=take, by=by, now=NOW)


def test_everything_moves_and_comes_back(pair, zhao):
    kept, gone = pair
    before = parts(kept), parts(gone)
    made = merge(pair, zhao, notes="both", id_number="gone", city="gone")
    together = parts(fresh(kept))
    assert all(together[name] == before[0][name] | before[1][name] for name in together)
    assert (fresh(kept).notes, fresh(kept).city) == ("a\nb", "北京")
    assert fresh(kept).id_number == "310101199003078888"
    assert fresh(gone).merged_into == kept
    undo_merge(merge=made, by=zhao, now=NOW)
    assert (parts(fresh(kept)), parts(fresh(gone))) == before
    assert (fresh(kept).notes, fresh(kept).city) == ("a", "上海")
    assert fresh(kept).id_number is None
    assert fresh(gone).merged_into is None
    kinds = list(kept.events.order_by("at", "pk").values_list("kind", flat=True))
    assert kinds == ["merged", "unmerged"]


def test_what_was_changed_since_stays_with_the_record(pair, zhao):
    kept, gone = pair
    made = merge(pair, zhao, notes="gone")
    later = ContactPointFactory(customer=kept)
    moved = gone.purchases.model.objects.filter(pk=made.moved["purchases"][0])
    moved.delete()
    Customer.objects.filter(pk=kept.pk).update(city="广州")
    record = fresh(kept)
    record.notes = "changed since"
    record.save()
    undo_merge(merge=made, by=zhao, now=NOW)
    assert fresh(kept).notes == "changed since"
    assert later in kept.contact_points.all()
    assert gone.contact_points.count() == 1


def test_one_consent_in_force_of_each_purpose_remains(pair, zhao):
    kept, gone = pair
    for each in pair:
        each.consents.create(
            purpose="survey", basis="consent", way="phone", given_at=NOW
        )
    made = merge(pair, zhao)
    assert kept.consents.filter(purpose="survey", withdrawn_at=None).count() == 1
    assert gone.consents.filter(purpose="survey", withdrawn_at=None).count() == 1
    withdraw_consent(
        consent=kept.consents.get(purpose="survey"), way="phone", by=zhao, now=NOW
    )
    assert not gone.consents.filter(purpose="survey", withdrawn_at=None).exists()
    undo_merge(merge=made, by=zhao, now=NOW)
    assert not gone.consents.filter(withdrawn_at=None).exists()


def test_no_value_stands_in_the_row_of_a_merge(pair, zhao):
    merge(pair, zhao, notes="both", id_number="gone")
    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text FROM customers_customermerge m")
        [(row,)] = cursor.fetchall()
        cursor.execute("SELECT l::text FROM audit_logentry l")
        row += "".join(entry for (entry,) in cursor.fetchall())
    assert "310101" not in row


def test_a_merged_record_cannot_be_merged_or_changed_again(pair, zhao):
    kept, gone = pair
    merge(pair, zhao)
    for one, other in ((kept, gone), (gone, kept)):
        with pytest.raises(RuleError, match="merged"):
            merge((one, other), zhao)
    with pytest.raises(RuleError, match="not two records"):
        merge((kept, kept), zhao)


def test_chains_come_apart_from_the_end(pair, zhao):
    kept, gone = pair
    first = merge(pair, zhao)
    last = CustomerFactory()
    second = merge((last, kept), zhao)
    with pytest.raises(RuleError, match="merged"):
        undo_merge(merge=first, by=zhao, now=NOW)
    undo_merge(merge=second, by=zhao, now=NOW)
    undo_merge(merge=first, by=zhao, now=NOW)
    with pytest.raises(RuleError, match="undone already"):
        undo_merge(merge=first, by=zhao, now=NOW)
    assert fresh(gone).merged_into is None


def test_an_erased_record_does_not_come_back(pair, zhao):
    made = merge(pair, zhao)
    Customer.objects.filter(pk=pair[1].pk).update(erased_at=NOW)
    with pytest.raises(RuleError, match="erased"):
        undo_merge(merge=made, by=zhao, now=NOW)


def test_the_pages_of_a_merge(client, zhao, pair):
    kept, gone = pair
    client.force_login(zhao)
    chosen = client.post(page("merge", kept), {"other": gone.code})
    address = page("merge-two", kept, gone.number)
    assert chosen["Location"] == address
    asked = queries_of(lambda: client.get(address))
    assert len(asked) <= MOST, told(asked)
    shown = client.get(address).content.decode()
    assert "李*" in shown
    assert "310101199003078888" not in shown
    form = {"city": "kept", "id_number": "gone", "notes": "both"}
    assert client.post(address, {"city": "nonsense"}).status_code == 422
    asked = queries_of(lambda: client.post(address, form), status=(302,))
    assert len(asked) <= MOST, told(asked)
    assert fresh(kept).notes == "a\nb"
    led = client.get(page("customer", gone))
    assert led["Location"] == page("customer", kept)
    shown = client.get(page("customer", kept)).content.decode()
    undo = page("merge-undo", kept, CustomerMerge.objects.get().pk)
    assert undo in shown
    asked = queries_of(lambda: client.post(undo), status=(302,))
    assert len(asked) <= MOST, told(asked)
    assert client.get(page("customer", gone)).status_code == 200


def test_only_who_sees_both_and_may_merge_does(client, wang, zhao, chen, pair):
    kept, gone = pair
    address = page("merge-two", kept, gone.number)
    client.force_login(wang)
    assert client.post(address).status_code == 403
    client.force_login(chen)
    assert client.post(address).status_code == 404
    Customer.objects.filter(pk=gone.pk).update(team=Team.objects.get(slug="technical"))
    client.force_login(zhao)
    assert client.post(address).status_code == 404
    assert client.post(page("merge", kept), {"other": gone.code}).status_code == 422
    assert client.post(page("merge", kept), {"other": "?"}).status_code == 422


def test_duplicates_are_suggested(client, zhao, wang, pair):
    kept, _gone = pair
    alike = CustomerFactory(name="李华", city="上海")
    client.force_login(zhao)
    shown = client.get("/customers/duplicates/").content.decode()
    assert page("merge-two", kept, alike.number) in shown
    assert (
        page("merge-two", kept, alike.number)
        in client.get(page("merge", kept)).content.decode()
    )
    client.force_login(wang)
    assert client.get("/customers/duplicates/").status_code == 404


def test_two_merges_at_once_and_a_merge_against_its_mirror(committed):
    by = UserFactory(role="supervisor", team="call-centre")
    one, two, three = (CustomerFactory() for _each in range(3))
    Tag.objects.create(name_zh="x", name_en="x")
    found = at_once(
        lambda: merge((one, two), by),
        lambda: merge((two, one), by),
        lambda: merge((three, two), by),
    )
    refused = [each for each in found if isinstance(each, RuleError)]
    assert all(isinstance(each, RuleError | CustomerMerge) for each in found)
    assert CustomerMerge.objects.count() == 3 - len(refused)
    assert Customer.objects.filter(merged_into=None).exists()
    for each in Customer.objects.exclude(merged_into=None):
        assert CustomerMerge.objects.filter(gone=each, undone_at=None).count() == 1


def test_duplicates_are_looked_for_portion_by_portion(client, zhao, desk, monkeypatch):
    monkeypatch.setattr("customers.queries.merges.LOOKED_THROUGH", 2)
    old = [CustomerFactory(name="王伟", city="武汉") for _each in range(2)]
    numbered = [
        CustomerFactory(name=f"{n}", id_number="310101199003078888") for n in "ab"
    ]
    client.force_login(zhao)
    address, shown = "/customers/duplicates/", ""
    for _page in range(5):
        if not address:
            break
        answer = client.get(address)
        shown += answer.content.decode()
        address = answer.context["next_url"]
    for one, other in (old, numbered):
        assert page("merge-two", one, other.number) in shown
