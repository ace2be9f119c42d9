"""What was said of an artifact goes on where it is in production under another number of the model.

Its condition, overlay or exception ends by a person of the second line or by an approved request of its kind, and not
because the number it was said of is superseded.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_end_by_another_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM inventory_modelversion held JOIN inventory_modelversion used
          ON used.model_id = held.model_id AND used.id <> held.id AND used.artifact_sha256 = held.artifact_sha256
        WHERE held.id = NEW.version_id AND held.artifact_sha256 <> '' AND used.stage = 'production'
    ) AND NOT coalesce(held_one_of(
        NEW.ended_by_id, ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer'],
        NEW.model_id, NEW.ended_at
    ), false) AND NOT EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.model_id = NEW.model_id AND asked.kind = NEW.kind AND was_approved(asked.id)
          AND NEW.ended_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) THEN
        RAISE EXCEPTION '% goes on: the artifact it is about is in production under another number', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_goes_on_with_its_artifact AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'closed' AND OLD.state <> 'closed' AND NEW.kind IN ('condition', 'overlay', 'exception')
          AND NEW.version_id IS NOT NULL)
    EXECUTE FUNCTION refuse_end_by_another_number();
"""
UNDO = """
DROP TRIGGER workflows_arrangement_goes_on_with_its_artifact ON workflows_arrangement;
DROP FUNCTION refuse_end_by_another_number;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0078_keep_makers_from_judging_breaches")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
