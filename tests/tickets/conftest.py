"""The people and the desk that these tests work with."""

from tests.desk import chen, committed, desk, li, sun, ticket, wang, zhao

__all__ = ["chen", "committed", "desk", "li", "sun", "ticket", "wang", "zhao"]
