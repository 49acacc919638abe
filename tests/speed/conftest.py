"""The people and the desk that these tests work with."""

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache

from tests.desk import chen, desk, li, sun, ticket, wang, zhao

__all__ = ["chen", "desk", "li", "sun", "ticket", "wang", "zhao"]


@pytest.fixture(autouse=True)
def _nobody_was_here_before(db):
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_is_asked_for_the_first_time(db):
    """Every process asks for the kinds of its models once."""
    ContentType.objects.get_for_models(*apps.get_models())
