"""What is one artifact from one end is one from the other: two versions that a path joins on which no digests differ.

A path takes on the first digest that it meets and goes on through what states that one, or none. The keys that lead on
before any digest is met (`blank`) lead to all that they do afterwards, so they are gone through once, and not again for
each digest that they lead to.
"""

from importlib import import_module

from django.db import migrations

FUNCTIONS = import_module("inventory.migrations.0053_know_what_is_one_artifact").FUNCTIONS
BEGINS, ENDS = FUNCTIONS.index("CREATE FUNCTION versions_of_artifact"), FUNCTIONS.index("CREATE TRIGGER")
BEFORE = FUNCTIONS[BEGINS:ENDS].replace("CREATE", "CREATE OR REPLACE")
AFTER = """
CREATE OR REPLACE FUNCTION versions_of_artifact(version uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE blank AS (
        SELECT keys.* FROM inventory_modelversion itself CROSS JOIN LATERAL keys_of_artifact(itself) AS keys
        WHERE itself.id = version AND itself.artifact_sha256 = ''
        UNION
        SELECT keys.* FROM blank
        CROSS JOIN LATERAL versions_of_key(blank.digest, blank.place, blank.original) AS twin
        CROSS JOIN LATERAL keys_of_artifact(twin) AS keys
        WHERE twin.artifact_sha256 = ''
    ), first(met) AS (
        SELECT itself FROM inventory_modelversion itself WHERE itself.id = version
        UNION ALL
        SELECT twin FROM blank CROSS JOIN LATERAL versions_of_key(blank.digest, blank.place, blank.original) AS twin
    ), stated(digest, place, original, by) AS (
        SELECT keys.*, (first.met).artifact_sha256 FROM first CROSS JOIN LATERAL keys_of_artifact(first.met) AS keys
        WHERE (first.met).artifact_sha256 <> '' AND keys::text NOT IN (SELECT blank::text FROM blank)
        UNION
        SELECT keys.*, stated.by FROM stated
        CROSS JOIN LATERAL versions_of_key(stated.digest, stated.place, stated.original) AS twin
        CROSS JOIN LATERAL keys_of_artifact(twin) AS keys
        WHERE twin.artifact_sha256 IN ('', stated.by) AND keys::text NOT IN (SELECT blank::text FROM blank)
    )
    SELECT (first.met).id FROM first
    UNION
    SELECT twin.id FROM stated
    CROSS JOIN LATERAL versions_of_key(stated.digest, stated.place, stated.original) AS twin
    WHERE twin.artifact_sha256 IN ('', stated.by)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0054_take_no_name_for_a_place")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
