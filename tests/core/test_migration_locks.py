"""Which statements of a migration are refused, and which are not."""

import pytest

from servicedesk.core.migration_locks import dangers

REFUSED = {
    'CREATE INDEX "x" ON "tickets_ticket" ("a")': "AddIndexConcurrently",
    'CREATE UNIQUE INDEX "x" ON "customers_customer" ("a")': "AddIndexConcurrently",
    'ALTER TABLE "tickets_ticket" ALTER COLUMN "a" TYPE bigint USING "a"::bigint': "anew",
    'ALTER TABLE "tickets_ticket" ALTER COLUMN "a" SET NOT NULL': "NOT VALID",
    'ALTER TABLE "tickets_letter" ADD CONSTRAINT "c" CHECK ("a" > 0)': "NOT VALID",
    (
        'ALTER TABLE "tickets_letter" ADD CONSTRAINT "c" FOREIGN KEY ("a") '
        'REFERENCES "staff_user" ("id") DEFERRABLE INITIALLY DEFERRED'
    ): "NOT VALID",
    'ALTER TABLE "tickets_letter" ADD CONSTRAINT "c" UNIQUE ("a")': "USING INDEX",
    "UPDATE tickets_ticket SET a = b": "in portions",
    'DELETE FROM "audit_logentry" WHERE true': "in portions",
    "TRUNCATE customers_customer": "shuts",
    'ALTER TABLE "tickets_ticket" ADD COLUMN "a" int NOT NULL': "db_default",
    'ALTER TABLE "staff_team" ADD COLUMN "a" int NOT NULL': "db_default",
    (
        'ALTER TABLE "tickets_ticket" ADD COLUMN "a" uuid '
        "DEFAULT gen_random_uuid() NOT NULL"
    ): "row by row",
    'ALTER TABLE "staff_team" DROP COLUMN "a" CASCADE': "a release later",
    'DROP TABLE "staff_team" CASCADE': "a release later",
    'ALTER TABLE "staff_team" RENAME COLUMN "a" TO "b"': "another name",
}
ALLOWED = [
    'CREATE INDEX CONCURRENTLY "x" ON "tickets_ticket" ("a")',
    'CREATE INDEX "x" ON "core_job" ("a")',
    'ALTER TABLE "tickets_ticket" ADD COLUMN "a" int NULL',
    'ALTER TABLE "tickets_ticket" ADD COLUMN "a" int DEFAULT 0 NOT NULL',
    'ALTER TABLE "tickets_letter" ADD CONSTRAINT "c" CHECK ("a" > 0) NOT VALID',
    'ALTER TABLE "tickets_letter" VALIDATE CONSTRAINT "c"',
    'ALTER TABLE "tickets_letter" ADD CONSTRAINT "c" UNIQUE USING INDEX "x"',
    "INSERT INTO tickets_category (name) VALUES ('x')",
    "-- UPDATE tickets_ticket SET a = b",
]


@pytest.mark.parametrize(("statement", "words"), REFUSED.items())
def test_it_is_refused_and_says_what_to_do(statement, words):
    (said,) = dangers([statement + ";"])
    assert words in said


@pytest.mark.parametrize("statement", ALLOWED)
def test_it_holds_nobody_up(statement):
    assert dangers([statement + ";"]) == []


def test_a_default_that_is_dropped_at_once_is_none_for_the_old_code():
    added = 'ALTER TABLE "staff_team" ADD COLUMN "a" int DEFAULT 0 NOT NULL;'
    dropped = 'ALTER TABLE "staff_team" ALTER COLUMN "a" DROP DEFAULT;'
    assert dangers([added]) == []
    assert "db_default" in dangers([added, dropped])[0]


def test_a_table_of_the_same_migration_is_nobodys_yet():
    made = 'CREATE TABLE "tickets_new" ("id" uuid NOT NULL PRIMARY KEY);'
    index = 'CREATE INDEX "x" ON "tickets_new" ("a");'
    assert dangers([made, index]) == []
    assert dangers([index])
