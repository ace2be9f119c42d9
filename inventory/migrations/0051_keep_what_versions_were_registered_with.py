"""What a version was registered with stays; its columns, threshold and artifact are told once where they were not."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_registered_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.artifact_uri, NEW.code_ref, NEW.training_data, NEW.params, NEW.metrics, NEW.tags, NEW.predecessor_id)
        IS DISTINCT FROM
       (OLD.artifact_uri, OLD.code_ref, OLD.training_data, OLD.params, OLD.metrics, OLD.tags, OLD.predecessor_id)
       OR NEW.decision_threshold IS DISTINCT FROM OLD.decision_threshold AND (OLD.schema <> '[]' OR NEW.schema = '[]')
       OR NEW.artifact_bytes IS DISTINCT FROM OLD.artifact_bytes AND OLD.artifact_bytes IS NOT NULL
       OR NEW.framework <> OLD.framework
          AND (OLD.framework <> '' OR OLD.artifact_bytes IS NOT NULL OR NEW.artifact_bytes IS NULL) THEN
        RAISE EXCEPTION 'what version % was registered with is never changed; a change is a new version', NEW.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_modelversion_stays_as_registered BEFORE UPDATE ON inventory_modelversion
    FOR EACH ROW EXECUTE FUNCTION keep_registered_facts();
"""
UNDO = """
DROP TRIGGER inventory_modelversion_stays_as_registered ON inventory_modelversion;
DROP FUNCTION keep_registered_facts;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0050_settle_doubts_by_assessments")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
