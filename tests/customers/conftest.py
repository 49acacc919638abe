"""The people and the desk that these tests work with."""

import pytest
from django.core.cache import cache
from django.utils import translation

from tests.desk import chen, committed, desk, li, sun, ticket, wang, zhao
from tests.factories import ContactPointFactory, CustomerFactory, UserFactory

__all__ = ["chen", "committed", "desk", "li", "sun", "ticket", "wang", "zhao"]


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Have no test know which pages another has opened."""
    cache.clear()


@pytest.fixture(autouse=True)
def in_english():
    """Have sentences be the same whether translations are compiled or not."""
    with translation.override("en"):
        yield


@pytest.fixture
def officer(desk):
    """Qian Yi protects the data."""
    return UserFactory(display_name="Qian Yi", role="data_protection_officer")


@pytest.fixture
def second_officer(desk):
    """Sheng Nan protects the data, too."""
    return UserFactory(display_name="Sheng Nan", role="data_protection_officer")


@pytest.fixture
def hua(desk):
    """Li Hua belongs to the call centre's customers, and has a phone."""
    hua = CustomerFactory(
        name="李华", address="上海市南京路 1 号", id_number="310101199003078888",
        notes="请在上午联系",
    )  # fmt: skip
    ContactPointFactory(customer=hua, kind="phone", value="+8613812345678")
    return hua
