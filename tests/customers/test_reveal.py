"""Looking behind a mask leaves a trace."""

import pytest

from customers.actions.reveal import reveal_contact
from customers.models import Reveal
from servicedesk.core.errors import RuleError
from tests.factories import NOW, ContactPointFactory


@pytest.fixture
def address(desk):
    return ContactPointFactory(value="zhang.wei@example.com")


def test_a_reveal_is_written_down_with_who_when_and_why(address, wang):
    shown = reveal_contact(contact=address, purpose="service", by=wang, now=NOW)
    assert shown == "zhang.wei@example.com"
    trace = Reveal.objects.get()
    assert (trace.by, trace.at, trace.purpose) == (wang, NOW, "service")
    assert trace.customer == address.customer
    assert "zhang" not in trace.field


@pytest.mark.parametrize("purpose", ["promotion", "", "marketing", "SERVICE"])
def test_no_other_purpose_opens_it(address, wang, purpose):
    words = "never used for selling" if purpose == "promotion" else "may not be used"
    with pytest.raises(RuleError, match=words):
        reveal_contact(contact=address, purpose=purpose, by=wang, now=NOW)
    assert not Reveal.objects.exists()
