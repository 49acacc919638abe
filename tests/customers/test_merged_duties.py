"""When two records become one, what is owed to the customer is still owed."""

from customers.actions.erase import approve_erasure, propose_erasure
from customers.actions.merge import merge_customers, undo_merge
from customers.models import CareContact, CarePlan, CustomerMerge
from tests.customers.persons import asked_by, ding, guo
from tests.desk import desk, fresh, wang
from tests.factories import NOW, ContactPointFactory, CustomerFactory

__all__ = ["desk", "ding", "guo", "wang"]


def two():
    kept = CustomerFactory(name="张伟")
    return kept, CustomerFactory(name="张某伟", address="上海市南京路 1 号")


def owed(customer, name="Greeting"):
    plan, _new = CarePlan.objects.get_or_create(
        name_en=name,
        defaults={"name_zh": name, "kind": "anniversary", "team": customer.team},
    )
    return CareContact.objects.create(plan=plan, customer=customer, due_at=NOW)


def test_care_and_requests_follow_and_go_back(wang, ding):
    kept, gone = two()
    both, mine, only = owed(kept), owed(gone), owed(gone, "Data")
    asked = asked_by(gone, "access", by=ding)
    merge = merge_customers(kept=kept, gone=gone, take={}, by=wang, now=NOW)
    assert fresh(only).customer == fresh(asked).customer == kept
    assert (fresh(both).customer, fresh(mine).customer) == (kept, gone)
    undo_merge(merge=merge, by=wang, now=NOW)
    assert fresh(only).customer == fresh(asked).customer == gone


def test_who_is_erased_is_not_kept_in_what_a_merge_would_give_back(wang, ding, guo):
    kept, gone = two()
    ContactPointFactory(customer=kept)
    merge_customers(
        kept=kept, gone=gone, take={"name": "gone", "address": "gone"}, by=wang, now=NOW
    )
    assert CustomerMerge.objects.get().replaced is not None
    asked = asked_by(kept, "delete", by=ding)
    propose_erasure(asked=asked, by=ding, now=NOW)
    approve_erasure(asked=asked, by=guo, now=NOW)
    assert CustomerMerge.objects.get().replaced is None
    assert {fresh(kept).name, fresh(gone).name} == {""}
