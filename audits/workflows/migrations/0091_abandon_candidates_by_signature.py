"""At the end of a transaction a candidate that was abandoned stands on the signature of who abandoned it."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_abandonment_of_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM workflows_changerequest asked JOIN inventory_model model ON model.id = asked.model_id
        WHERE asked.id = NEW.change_id
          AND is_signed('workflows.Retraining:' || NEW.id, 'retraining.abandoned',
                        NEW.abandoned_by_id, NEW.abandoned_at)
          AND (model.owner_id = NEW.abandoned_by_id OR held_one_of(
              NEW.abandoned_by_id, ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer'],
              model.id, NEW.abandoned_at))
    ) THEN
        RAISE EXCEPTION 'a candidate is abandoned by signature of its owner or the second line, and there is none'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_retraining_abandonment_is_signed AFTER UPDATE ON workflows_retraining
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'abandoned')
    EXECUTE FUNCTION refuse_unsigned_abandonment_of_candidate();
CREATE TRIGGER workflows_retraining_stays_abandoned BEFORE UPDATE ON workflows_retraining
    FOR EACH ROW WHEN (OLD.state = 'abandoned' AND NEW IS DISTINCT FROM OLD) EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER workflows_retraining_stays_abandoned ON workflows_retraining;
DROP TRIGGER workflows_retraining_abandonment_is_signed ON workflows_retraining;
DROP FUNCTION refuse_unsigned_abandonment_of_candidate;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0090_abandon_candidates")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
