"""A candidate about which people are asked goes with its model only where that is retired by a signed decision."""

from importlib import import_module

from django.db import migrations

RETIRED = import_module("registry.migrations.0005_retire_only_by_decision").FUNCTIONS
LOST = import_module("registry.migrations.0007_lose_no_candidate_unsigned").FUNCTIONS
DECIDED = RETIRED[
    RETIRED.index("EXISTS (\n        SELECT FROM workflows_retirement") : RETIRED.rindex(" OR EXISTS (\n")
]
BY_DECISION = f"""
CREATE FUNCTION is_retired_by_decision(ended inventory_model) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT ended.status = 'retired' AND {DECIDED.replace("NEW.", "ended.")}
$$;
"""


def function(text: str) -> str:
    return text[: text.index("END $$;")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + "END $$;\n"


BEFORE = function(RETIRED) + function(LOST)
AFTER = function(RETIRED).replace(DECIDED, "is_retired_by_decision(NEW)") + function(LOST).replace(
    "model.status <> 'retired'", "NOT is_retired_by_decision(model)"
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_tell_what_was_mirrored_until_now")]

    operations = [migrations.RunSQL(BY_DECISION + AFTER, BEFORE + "DROP FUNCTION is_retired_by_decision")]
