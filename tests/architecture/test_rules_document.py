"""docs/architecture.md says what must fit together, by constraints that exist."""

import pathlib
import re

import pytest
from django.apps import apps
from django.conf import settings

pytestmark = pytest.mark.architecture
TEXT = (pathlib.Path(settings.ROOT) / "docs/architecture.md").read_text("utf-8")
SECTION = TEXT.split("## What must fit together\n")[1].split("\n## ")[0]


def test_every_rule_that_is_named_is_held_by_the_database():
    held = {
        rule.name for model in apps.get_models() for rule in model._meta.constraints
    }
    named = set(re.findall(r"`([a-z][a-z_]+)`", SECTION))
    assert len(named) > 45
    assert named - held == set()
