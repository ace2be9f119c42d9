"""A legal hold is placed and released by the decisions of the CRO and an auditor, and nothing on hold is deleted.

Most records are never deleted at all; the trigger on those that may be otherwise binds whoever writes past the
services, too.
"""

from django.db import migrations

HELD = ("assessments_breach", "assessments_plan", "inventory_source")
FUNCTIONS = """
CREATE FUNCTION decided_by_cro_and_auditor(of_kind text, of_model uuid, request uuid, hold text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM workflows_changerequest c
        WHERE c.kind = of_kind AND c.model_id = of_model AND c.state IN ('approved', 'completed')
          AND (request IS NULL OR c.id = request) AND (hold IS NULL OR c.terms ->> 'hold' = hold)
          AND (SELECT count(DISTINCT d.role) FROM workflows_decision d
               WHERE d.change_id = c.id AND d.approved AND d.voided_at IS NULL
                 AND d.role IN ('chief_risk_officer', 'auditor')) = 2
    )
$$;

CREATE FUNCTION refuse_undecided_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'legal_hold' AND TG_OP = 'INSERT'
       AND NOT decided_by_cro_and_auditor('legal_hold', NEW.model_id, NEW.change_id, NULL) THEN
        RAISE EXCEPTION 'a legal hold is placed by the chief risk officer and an auditor'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind = 'legal_hold' AND TG_OP = 'UPDATE' AND NEW.state <> OLD.state
       AND NOT decided_by_cro_and_auditor('hold_release', NEW.model_id, NULL, NEW.reference) THEN
        RAISE EXCEPTION 'a legal hold is released by the chief risk officer and an auditor'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_arrangement_holds_are_decided BEFORE INSERT OR UPDATE ON workflows_arrangement
    FOR EACH ROW EXECUTE FUNCTION refuse_undecided_hold();

CREATE FUNCTION refuse_deletion_on_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    deleted jsonb := to_jsonb(OLD);
    held uuid := coalesce(
        (deleted ->> 'model_id')::uuid,
        (SELECT model_id FROM inventory_modelversion WHERE id = (deleted ->> 'version_id')::uuid)
    );
    hold text;
BEGIN
    SELECT reference INTO hold FROM workflows_arrangement
        WHERE model_id = held AND kind = 'legal_hold' AND state = 'active' LIMIT 1;
    IF hold IS NOT NULL THEN
        RAISE EXCEPTION 'nothing of a model on legal hold is deleted: %', hold USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
"""
UNDO = """
DROP FUNCTION refuse_deletion_on_hold;
DROP TRIGGER workflows_arrangement_holds_are_decided ON workflows_arrangement;
DROP FUNCTION refuse_undecided_hold;
DROP FUNCTION decided_by_cro_and_auditor;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0028_place_legal_holds"),
        ("assessments", "0005_keep_finished_runs"),
        ("inventory", "0027_find_versions_by_artifact"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_stays_on_hold BEFORE DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_deletion_on_hold()",
                f"DROP TRIGGER {table}_stays_on_hold ON {table}",
            )
            for table in HELD
        ),
    ]
