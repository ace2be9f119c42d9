"""What a critical finding is issued about is restricted with it, until that has ended or the version is replaced.

By its own row, which no approved request stands behind; nobody closes it by hand, and no accepted risk does. What a
review of a whole model found not fit ends by another review still (0072, taken back by 0074).
"""

from importlib import import_module

from django.db import migrations

ENDED = import_module("audits.workflows.migrations.0074_end_exceptions_by_who_decides_them")
BEFORE = ENDED.BEFORE.replace(ENDED.SECOND_LINE, ENDED.DECIDING)
CHANGES = {
    "asked.version_id = NEW.version_id": "asked.version_id IS NOT DISTINCT FROM NEW.version_id",
    "NEW.kind = 'acceptance' AND EXISTS": "NEW.kind IN ('acceptance', 'finding') AND EXISTS",
    "NEW.kind NOT IN ('validation', ": "NEW.kind NOT IN ('validation', 'finding', ",
}
AFTER = BEFORE
for old, new in CHANGES.items():
    AFTER = AFTER.replace(old, new)
DECIDED = """
DROP TRIGGER workflows_arrangement_is_decided ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_decided AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind NOT IN ({kinds}))
    EXECUTE FUNCTION refuse_arrangement_without_decision();
"""
ORDERED = "'suspension', 'restriction', 'rollback'"
FUNCTIONS = """
CREATE FUNCTION refuse_critical_without_consequence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM inventory_modelversion in_use
        LEFT JOIN inventory_modelversion about ON about.id = NEW.version_id
        WHERE in_use.model_id = NEW.model_id AND in_use.stage = 'production' AND (
            about.id IS NULL OR about.id = in_use.id
            OR about.artifact_sha256 = in_use.artifact_sha256 AND about.artifact_sha256 <> ''
        )
    ) AND NOT EXISTS (
        SELECT FROM workflows_arrangement
        WHERE kind = 'finding' AND finding_id = NEW.id AND model_id = NEW.model_id AND state = 'expired'
    ) AND EXISTS (SELECT FROM workflows_finding WHERE id = NEW.id AND state NOT IN ('closed', 'dropped')) THEN
        RAISE EXCEPTION 'what the critical finding % is about is restricted with it', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_critical_restricts AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.severity = 'critical' AND OLD.state = 'draft' AND NEW.state = 'issued')
    EXECUTE FUNCTION refuse_critical_without_consequence();
"""
UNDO = """
DROP TRIGGER workflows_finding_critical_restricts ON workflows_finding;
DROP FUNCTION refuse_critical_without_consequence;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0085_restrict_what_is_critical")]

    operations = [
        migrations.RunSQL(AFTER, BEFORE),
        migrations.RunSQL(
            DECIDED.format(kinds=f"{ORDERED}, 'finding'"),
            DECIDED.format(kinds=ORDERED),
        ),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
