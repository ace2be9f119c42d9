"""Whoever had a part in a finding neither closes nor drops it, and who made a version does not validate it.

Beside the present owner, whoever submitted it and whoever has an item of its plan (0023): who owned the model in the
last twelve months, who planned what is done or did a part of a plan that was given up since, and who made the version
that it is about, or one since. Whoever sent or described what a version consists of made it as well.
"""

from importlib import import_module

from django.db import migrations

FINDINGS = import_module("audits.workflows.migrations.0023_keep_findings").FUNCTIONS
CLOSURE = FINDINGS.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
VALIDATIONS = import_module("audits.workflows.migrations.0013_keep_validations").CONFLICTS
VALIDATOR = VALIDATIONS[VALIDATIONS.index("CREATE FUNCTION refuse_dependent_validator") :].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)

MADE = """
CREATE FUNCTION made_one_of(versions uuid[], people uuid[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM trail_entry
        WHERE actor_id = ANY (people::text[])
          AND action IN ('version.registered', 'artifact.received', 'reference.received', 'version.described',
                         'mlflow.described')
          AND subject IN (
            SELECT 'inventory.ModelVersion:' || id FROM unnest(versions) AS id
            UNION ALL SELECT 'inventory.ReferenceData:' || id FROM inventory_referencedata
                      WHERE version_id = ANY (versions)
        )
    )
$$;
"""
PART = """    ELSIF EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'inventory.Model:' || NEW.model_id AND action = 'model.edited'
          AND at > now() - interval '365 days' AND details #>> '{changes,owner,before}' = ANY (closers::text[])
    ) THEN
        why := 'who owned a model in the last twelve months does not close findings about it';
    ELSIF EXISTS (
        SELECT FROM workflows_actionplan p LEFT JOIN workflows_actionitem i ON i.plan_id = p.id
        WHERE p.finding_id = NEW.id AND p.standing IN ('accepted', 'superseded')
          AND (p.planned_by_id = ANY (closers) OR i.done_by_id = ANY (closers))
    ) THEN
        why := 'whoever planned or did what puts a finding right does not close it';
    ELSIF made_one_of(ARRAY(
        SELECT id FROM inventory_modelversion
        WHERE id = NEW.version_id OR model_id = NEW.model_id AND registered_at >= NEW.issued_at
    ), closers) THEN
        why := 'whoever made the version that a finding is about, or one since, does not close it';
"""
CLOSED = "OR NEW.state NOT IN ('validated_closed', 'closed') THEN"
ENDED = "OR OLD.state = 'draft' OR NEW.state NOT IN ('validated_closed', 'closed', 'dropped') THEN"
AFTER = {
    CLOSED: ENDED,
    "is_severe boolean := NEW.severity": "is_severe boolean := NEW.state <> 'dropped' AND NEW.severity",
    "    ELSIF is_severe AND NOT EXISTS": f"{PART}    ELSIF is_severe AND NOT EXISTS",
}
REGISTERED = "        why := 'whoever registered a version does not validate it';\n"
SENT = """    ELSIF made_one_of(ARRAY[asked.version_id], ARRAY[who]) THEN
        why := 'whoever sent or described what a version consists of does not validate it';
"""


def _after(function: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        function = function.replace(old, new)
    return function


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0053_keep_findings_as_issued"),
        ("inventory", "0036_take_the_steps_of_their_tables"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [
        migrations.RunSQL(MADE, "DROP FUNCTION made_one_of"),
        migrations.RunSQL(_after(CLOSURE, AFTER), CLOSURE),
        migrations.RunSQL(_after(VALIDATOR, {REGISTERED: REGISTERED + SENT}), VALIDATOR),
    ]
