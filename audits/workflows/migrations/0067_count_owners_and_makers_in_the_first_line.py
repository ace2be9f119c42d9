"""Whoever owns a model, or registered a version of it, votes and asks in its first line, whatever else they hold."""

from importlib import import_module

from django.db import migrations

FUNCTIONS = import_module("audits.workflows.migrations.0043_refuse_votes_of_one_line").FUNCTIONS
ENDS = FUNCTIONS.index("CREATE OR REPLACE FUNCTION refuse_vote_without_quorum")
BEFORE = FUNCTIONS[:ENDS].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
AFTER = BEFORE.replace(
    "    SELECT coalesce((",
    """    SELECT CASE
        WHEN EXISTS (SELECT FROM inventory_model WHERE id = asked.model_id AND owner_id = holder)
          OR EXISTS (SELECT FROM inventory_modelversion
                     WHERE model_id = asked.model_id AND registered_by_id = holder)
        THEN 'first' ELSE coalesce((""",
).replace("    ), '')\n$$;", "    ), '') END\n$$;")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0066_mark_standings_by_approvals")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
