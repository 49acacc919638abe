"""Fixtures that the tests of encryption share."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from servicedesk.core.encryption.keys import reload_keys
from tests.core.encryption_app.keys import Keys
from tests.core.encryption_app.models import Doctor, Patient


@pytest.fixture
def keys(tmp_path, settings):
    """Return a ring of one field key and one index key."""
    made = Keys(tmp_path / "keys")
    settings.FIELD_KEYS_DIR = made.folder
    made.add("field", 1)
    made.add("index", 1)
    yield made
    reload_keys()


@pytest.fixture
def tables(db, keys):
    """Create the tables inside the test's own transaction."""
    with connection.schema_editor() as editor:
        editor.create_model(Patient)
        editor.create_model(Doctor)
    yield
    # The rows of content types go with the transaction, the cache would not.
    ContentType.objects.clear_cache()


@pytest.fixture
def stored(tables):
    """Return a function that reads the bytes of one column of one row."""

    def read(row, column):
        table = type(row)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row.pk])
            value = cursor.fetchone()[0]
        return None if value is None else bytes(value)

    return read


@pytest.fixture
def overwrite(tables):
    """Return a function that writes bytes past the field, as an intruder would."""

    def write(row, column, value):
        table = type(row)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row.pk]
            )

    return write
