import json
import logging

import pytest
from django.db import DatabaseError, connection
from django.test import RequestFactory
from django.urls import ResolverMatch
from django.utils.module_loading import import_string

from servicedesk.core.logs import DiscreetFormatter, NamesForPaths
from tests.production.compose import read

SECRET = "zhang.wei@example.com"
STATEMENTS = (
    (
        "CREATE TEMPORARY TABLE logged (value text UNIQUE); "
        "INSERT INTO logged VALUES (%(value)s), (%(value)s)"
    ),
    "SELECT cast(%(value)s AS integer)",
    "SELECT cast(%(value)s AS uuid)",
    (
        "CREATE TEMPORARY TABLE logged (value text CHECK (length(value) < 3)); "
        "INSERT INTO logged VALUES (%(value)s)"
    ),
)


def written(record):
    assert NamesForPaths().filter(record)
    return DiscreetFormatter("%(levelname)s %(message)s").format(record)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_error_of_the_database_does_not_quote_the_row(statement):
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(statement, {"value": SECRET})
    error = caught.value
    assert SECRET in str(error)
    given = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "It broke", (), given)
    text = written(record)
    assert SECRET not in text
    assert "It broke" in text
    assert type(error).__name__ in text
    # As Celery puts the error of a task into its line.
    args = ({"exc": repr(error)},)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Task: %(exc)s", args, None)
    assert SECRET not in (text := written(record))
    assert type(error).__name__ in text


@pytest.mark.django_db
def test_a_value_of_several_lines_is_left_out_as_a_whole():
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(STATEMENTS[-1], {"value": f"Dear all\n\n{SECRET}"})
    error = caught.value
    given = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "It broke", (), given)
    text = written(record)
    assert SECRET not in text
    assert "The above exception was the direct cause" in text


NASTY = (
    f'Wei "the boss" {SECRET}',
    f'"{SECRET}',
    f'x"\nHINT: {SECRET}',
    f"x'\"\n\nThe above exception was the direct cause\n\n{SECRET}",
    f'x"\nTraceback (most recent call last):\n{SECRET}',
    f"x'\\n\"LOCATION: {SECRET}",
)


@pytest.mark.django_db
@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_value_looks_enough_like_the_end_of_a_message(statement, value):
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(statement, {"value": value})
    error = caught.value
    given = (type(error), error, error.__traceback__)
    args = ({"exc": repr(error)},)
    record = logging.LogRecord("x", 40, "", 0, "Task: %(exc)s", args, given)
    text = written(record)
    assert SECRET not in text
    assert text.count(type(error).__name__) >= 2
    assert "The above exception was the direct cause" in text


@pytest.mark.django_db
@pytest.mark.parametrize("statement", STATEMENTS[1:3])
def test_a_quote_in_a_value_is_not_its_end_where_only_text_is_known(statement):
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(statement, {"value": f'Wei "the boss" "{SECRET}"'})
    record = logging.LogRecord("x", 40, "", 0, "Broken: %s", (str(caught.value),), None)
    assert SECRET not in written(record)


@pytest.mark.django_db
def test_a_number_that_is_too_large_is_left_out():
    number = "13800138000"
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT cast(%s AS integer)", [number])
    error = caught.value
    assert number in str(error)
    given = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "It broke", (), given)
    assert number not in (text := written(record))
    assert "value (left out)" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [("log_min_error_statement", "panic"), ("log_error_verbosity", "terse")],
)
def test_the_log_of_the_database_holds_no_statements_and_no_rows(name, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        assert cursor.fetchone() == (value,)
    assert f"{name}={value}" in read()["services"]["postgres"]["command"]


def test_the_address_of_a_customers_page_is_logged_by_its_name():
    request = RequestFactory().get("/r/AZqs:secret-token/")
    request.resolver_match = ResolverMatch(
        lambda: None, (), {}, url_name="progress", namespaces=["tickets"]
    )
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "%s: %s",
        ("Internal Server Error", request.path), None,
    )  # fmt: skip
    record.request = request
    text = written(record)
    assert text == "ERROR Internal Server Error: tickets:progress"


@pytest.mark.parametrize("kind", ["plain", "json"])
def test_each_line_says_its_time_in_utc_with_the_zone(settings, kind):
    described = {**settings.LOGGING["formatters"][kind]}
    made = import_string(described.pop("()"))(described.pop("format"))
    record = logging.LogRecord("x", logging.INFO, "", 0, "It began", (), None)
    record.created = 1_772_424_000.25
    line = made.format(record)
    if kind == "json":
        line = json.loads(line)["time"]
    assert line.startswith("2026-03-02T04:00:00.250+00:00")
