"""The people and the desk that these tests work with."""

from tests.desk import chen, desk, li, sun, ticket, wang, zhao

__all__ = ["chen", "desk", "li", "sun", "ticket", "wang", "zhao"]
