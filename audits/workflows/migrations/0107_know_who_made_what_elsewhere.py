"""Whom another registry names as the maker of a version that was taken over from it made it: by their address here."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0054_refuse_closures_by_who_had_a_part").MADE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
BY = "        WHERE actor_id = ANY (people::text[])\n          AND action IN"
AFTER = """        WHERE (actor_id = ANY (people::text[]) OR action = 'version.registered' AND EXISTS (
            SELECT FROM accounts_person WHERE id = ANY (people) AND upper(email) = upper(details ->> 'maker')
        ))
          AND action IN"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0106_restrict_what_is_unfit_under_any_number")]

    operations = [migrations.RunSQL(BEFORE.replace(BY, AFTER), BEFORE)]
