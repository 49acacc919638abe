"""What the tests of operations share."""

from tests.desk import committed, desk

__all__ = ["committed", "desk"]
