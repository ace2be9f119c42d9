"""A registry's name of a version, as models:/credit/1 or models:/credit@best, is no place where files lie.

Of copies that MLflow clients made before copies were known, nothing but that name is kept; another workspace's model
may have the same. A logged model, models:/m-..., is a place of its own.
"""

from importlib import import_module

from django.db import migrations

FUNCTIONS = import_module("inventory.migrations.0053_know_what_is_one_artifact").FUNCTIONS
BEFORE = FUNCTIONS[: FUNCTIONS.index("CREATE FUNCTION versions_of_key")].replace("CREATE", "CREATE OR REPLACE")
AFTER = BEFORE.replace(
    "CASE WHEN version.copied_from_id IS NULL THEN",
    "CASE WHEN version.copied_from_id IS NULL AND version.artifact_uri !~* '^models:/+[^/@]+[/@]' THEN",
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0053_know_what_is_one_artifact")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
