"""At the end of a transaction no candidate is retired about which people are asked, that they validate, or that a
retraining made; what is abandoned by signature, and what goes with its model, is.

Where a workspace is not governed, its MLflow clients delete what they made; so this lies here (0005).
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_to_lose_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM inventory_model model
        LEFT JOIN registry_registryrules rules ON rules.workspace_id = model.workspace_id
        WHERE model.id = NEW.model_id AND model.status <> 'retired' AND coalesce(rules.governed, true)
    ) AND (
        EXISTS (SELECT FROM workflows_changerequest WHERE version_id = NEW.id AND state IN ('pending', 'approved'))
        OR EXISTS (SELECT FROM workflows_validationrequest
                   WHERE version_id = NEW.id AND state NOT IN ('approved', 'cancelled'))
        OR EXISTS (SELECT FROM workflows_retraining WHERE candidate_id = NEW.id AND state = 'succeeded')
    ) THEN
        RAISE EXCEPTION 'version % awaits a decision, a validation or its abandonment, and does not end without',
            NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_modelversion_is_not_lost AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stage = 'retired' AND OLD.stage IN ('candidate', 'challenger'))
    EXECUTE FUNCTION refuse_to_lose_candidate();
"""
UNDO = """
DROP TRIGGER inventory_modelversion_is_not_lost ON inventory_modelversion;
DROP FUNCTION refuse_to_lose_candidate;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0006_keep_what_a_sweep_could_not_take"),
        ("workflows", "0101_keep_what_supervisors_said_by_signature"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
