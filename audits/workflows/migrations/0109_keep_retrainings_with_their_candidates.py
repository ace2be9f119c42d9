"""A retraining is promoted when its candidate went into production, and only then; what has come to its end stays so.

Those from before move on where their candidate is or was in production. No entry of their own says so: the one of the
version's promotion does, against which the trail is held (`reports.contents.unsaid`).
"""

from django.db import migrations

MOVED_ON = """
UPDATE workflows_retraining made SET state = 'promoted' FROM inventory_modelversion version
WHERE version.id = made.candidate_id AND version.promoted_at IS NOT NULL AND made.state = 'succeeded';
"""
MOVED_BACK = "UPDATE workflows_retraining SET state = 'succeeded' WHERE state = 'promoted';"
TRIGGERS = """
CREATE FUNCTION refuse_retraining_apart_from_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflows_retraining made LEFT JOIN inventory_modelversion version ON version.id = made.candidate_id
        WHERE (made.id = NEW.id OR made.candidate_id = NEW.id)
          AND (made.state = 'promoted') <> (version.promoted_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'a retraining is promoted when its candidate goes into production, and only then'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_retraining_goes_with_its_candidate AFTER INSERT OR UPDATE ON workflows_retraining
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'promoted' OR NEW.candidate_id IS NOT NULL)
    EXECUTE FUNCTION refuse_retraining_apart_from_candidate();
CREATE CONSTRAINT TRIGGER inventory_modelversion_takes_its_retraining AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.promoted_at IS DISTINCT FROM OLD.promoted_at)
    EXECUTE FUNCTION refuse_retraining_apart_from_candidate();
DROP TRIGGER workflows_retraining_stays_abandoned ON workflows_retraining;
CREATE TRIGGER workflows_retraining_stays_ended BEFORE UPDATE ON workflows_retraining
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('state', 'promoted,abandoned,failed');
"""
UNDO = """
DROP TRIGGER workflows_retraining_stays_ended ON workflows_retraining;
CREATE TRIGGER workflows_retraining_stays_abandoned BEFORE UPDATE ON workflows_retraining
    FOR EACH ROW WHEN (OLD.state = 'abandoned' AND NEW IS DISTINCT FROM OLD) EXECUTE FUNCTION refuse_change();
DROP TRIGGER inventory_modelversion_takes_its_retraining ON inventory_modelversion;
DROP TRIGGER workflows_retraining_goes_with_its_candidate ON workflows_retraining;
DROP FUNCTION refuse_retraining_apart_from_candidate;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0108_promote_what_was_retrained"),
        ("trail", "0006_keep_what_is_finished"),
    ]

    operations = [migrations.RunSQL(MOVED_ON, MOVED_BACK), migrations.RunSQL(TRIGGERS, UNDO)]
