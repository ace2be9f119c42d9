"""What is asked of the same artifact is asked of copies of it and of what lies in the same place, too."""

from importlib import import_module

from django.db import migrations

function = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now").function
WORK = "audits.workflows.migrations."
SAME_BEFORE = import_module(f"{WORK}0076_keep_validators_of_an_artifact_apart").SAME.replace(
    "CREATE", "CREATE OR REPLACE"
)
SAME = """
CREATE OR REPLACE FUNCTION with_the_same_artifact(version uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(same) FROM versions_of_artifact(version) AS same
$$;
"""
DEVELOPERS = import_module(f"{WORK}0071_keep_developers_apart").FUNCTIONS
DEVELOPED = DEVELOPERS[: DEVELOPERS.index("CREATE FUNCTION refuse_developer")].replace("CREATE", "CREATE OR REPLACE")
ENDS = import_module(f"{WORK}0096_settle_what_the_new_covers")
GOES_ON = ENDS.changed(ENDS.GOES_ON, "asked.kind = NEW.kind AND was_approved(asked.id)", by=ENDS.BY_ASKED)
CRITICAL = function(
    import_module(f"{WORK}0086_restrict_until_it_is_closed").FUNCTIONS, "refuse_critical_without_consequence"
)
RESTRICTS = import_module(f"{WORK}0099_restrict_what_is_in_use").ASKED.replace("CREATE", "CREATE OR REPLACE")
CHANGES = {
    """
        SELECT twin.model_id FROM inventory_modelversion mine
        JOIN inventory_modelversion twin ON twin.artifact_sha256 = mine.artifact_sha256
        WHERE mine.id = version AND mine.artifact_sha256 <> ''
""": """
        SELECT twin.model_id FROM inventory_modelversion twin WHERE twin.id = ANY (with_the_same_artifact(version))
""",
    """
        SELECT FROM inventory_modelversion held JOIN inventory_modelversion used
          ON used.model_id = held.model_id AND used.id <> held.id AND used.artifact_sha256 = held.artifact_sha256
        WHERE held.id = NEW.version_id AND held.artifact_sha256 <> '' AND used.stage = 'production'
""": """
        SELECT FROM inventory_modelversion used
        WHERE used.id = ANY (with_the_same_artifact(NEW.version_id)) AND used.id <> NEW.version_id
          AND used.model_id = NEW.model_id AND used.stage = 'production'
""",
    """
            OR about.artifact_sha256 = in_use.artifact_sha256 AND about.artifact_sha256 <> ''
""": """
            OR about.id = ANY (with_the_same_artifact(in_use.id))
""",
    """
           AND about.artifact_sha256 = used.artifact_sha256 AND about.artifact_sha256 <> ''
""": """
           AND about.id = ANY (with_the_same_artifact(used.id))
""",
}
BEFORE = DEVELOPED + GOES_ON + CRITICAL + RESTRICTS
AFTER = BEFORE
for old, new in CHANGES.items():
    AFTER = AFTER.replace(old, new)


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0102_end_envelopes_that_no_longer_suffice"),
        ("inventory", "0053_know_what_is_one_artifact"),
    ]

    operations = [migrations.RunSQL(SAME, SAME_BEFORE), migrations.RunSQL(AFTER, BEFORE)]
