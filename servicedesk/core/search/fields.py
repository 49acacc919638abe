"""The column of a vector, and asking it with what was read."""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import FloatField, Func, Lookup, Value

from servicedesk.core.search.asked import Asked

WEIGHTS = "{0.1, 0.3, 0.6, 1.0}"
"""How much a hit counts by its weight: D, C, B, A."""


class VectorField(SearchVectorField):  # type: ignore[type-arg]
    """A vector that is made in Python: `filter(vector__finds=asked)`."""

    description = "Words and their places"


@VectorField.register_lookup
class Finds(Lookup):
    """Whether a vector holds what is asked for."""

    lookup_name = "finds"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        del connection
        return "%s", [str(value)]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", [*left_params, *right_params]


class Closeness(Func):
    """How well a vector answers: weights of the texts, and how often."""

    function = "ts_rank"
    template = "%(function)s(%(weights)s, %(expressions)s::tsquery, 1)"
    output_field = FloatField()

    def __init__(self, vector: str, asked: Asked) -> None:
        super().__init__(vector, Value(str(asked)), weights=f"'{WEIGHTS}'")
