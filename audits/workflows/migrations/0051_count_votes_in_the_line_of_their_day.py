"""A vote of the committee counts for the line its holder was in when they cast it, not when the vote is concluded."""

from importlib import import_module

from django.db import migrations

FUNCTIONS = import_module("audits.workflows.migrations.0043_refuse_votes_of_one_line").FUNCTIONS
BEFORE = FUNCTIONS[FUNCTIONS.index("CREATE OR REPLACE FUNCTION refuse_vote_without_quorum") :]
AFTER = BEFORE.replace("asked, clock_timestamp())", "asked, decided_at)")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0050_count_descriptions_through_mlflow")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
