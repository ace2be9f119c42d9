"""At the end of a transaction a version that was superseded is in production again by a roll-back to what was approved.

One person orders it, as they may a suspension. It rests on the request that approved the version in full, and on an
approval that nobody had closed: it holds no longer than that. A version that no roll-back is about stays superseded.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_rollback_without_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflows_changerequest asked
        JOIN workflows_arrangement approval ON approval.change_id = asked.id AND approval.kind = 'approval'
        WHERE asked.id = NEW.change_id AND asked.version_id = NEW.version_id AND asked.model_id = NEW.model_id
          AND asked.kind IN ('promotion', 'approval') AND was_approved(asked.id)
          AND approval.version_id = NEW.version_id AND approval.state = 'closed' AND approval.ended_by_id IS NULL
          AND NEW.ends_at <= approval.ends_at AND NEW.ends_at > NEW.starts_at
    ) AND EXISTS (
        SELECT FROM inventory_modelversion WHERE id = NEW.version_id AND stage = 'production'
    ) AND EXISTS (
        SELECT FROM accounts_person WHERE id = NEW.begun_by_id AND kind <> 'service'
    ) AND EXISTS (
        SELECT FROM trail_entry WHERE subject = 'workflows.Arrangement:' || NEW.id AND action = 'arrangement.begun'
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% goes back to a version by an approval of it that has not ended, and there is none',
        NEW.reference USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_goes_back AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'rollback')
    EXECUTE FUNCTION refuse_rollback_without_approval();
DROP TRIGGER workflows_arrangement_is_decided ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_decided AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind NOT IN ('suspension', 'rollback'))
    EXECUTE FUNCTION refuse_arrangement_without_decision();

CREATE FUNCTION refuse_return_without_rollback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM workflows_arrangement
                   WHERE version_id = NEW.id AND kind = 'rollback' AND state = 'active') THEN
        RAISE EXCEPTION 'version % goes back into production by a roll-back, and there is none', NEW.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_modelversion_goes_back AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.stage = 'superseded' AND NEW.stage = 'production'
          AND NEW.promoted_at IS NOT DISTINCT FROM OLD.promoted_at)
    EXECUTE FUNCTION refuse_return_without_rollback();
DROP TRIGGER inventory_modelversion_is_decided ON inventory_modelversion;
CREATE CONSTRAINT TRIGGER inventory_modelversion_is_decided AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stage = 'production' AND OLD.stage NOT IN ('production', 'superseded')
          OR NEW.promoted_at IS DISTINCT FROM OLD.promoted_at)
    EXECUTE FUNCTION refuse_promotion_without_decision();
DROP TRIGGER inventory_modelversion_takes_its_steps ON inventory_modelversion;
CREATE TRIGGER inventory_modelversion_takes_its_steps BEFORE UPDATE ON inventory_modelversion FOR EACH ROW
    WHEN (OLD.stage <> NEW.stage AND (OLD.stage, NEW.stage) NOT IN (
        ('candidate', 'challenger'), ('candidate', 'production'), ('challenger', 'production'),
        ('production', 'superseded'), ('superseded', 'production'),
        ('candidate', 'retired'), ('challenger', 'retired'), ('production', 'retired'), ('superseded', 'retired')))
    EXECUTE FUNCTION refuse_step('stage');
"""
UNDO = """
DROP TRIGGER inventory_modelversion_takes_its_steps ON inventory_modelversion;
CREATE TRIGGER inventory_modelversion_takes_its_steps BEFORE UPDATE ON inventory_modelversion FOR EACH ROW
    WHEN (OLD.stage <> NEW.stage AND (OLD.stage, NEW.stage) NOT IN (
        ('candidate', 'challenger'), ('candidate', 'production'), ('challenger', 'production'),
        ('production', 'superseded'),
        ('candidate', 'retired'), ('challenger', 'retired'), ('production', 'retired'), ('superseded', 'retired')))
    EXECUTE FUNCTION refuse_step('stage');
DROP TRIGGER inventory_modelversion_is_decided ON inventory_modelversion;
CREATE CONSTRAINT TRIGGER inventory_modelversion_is_decided AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stage = 'production' AND OLD.stage <> 'production' OR NEW.promoted_at IS DISTINCT FROM OLD.promoted_at)
    EXECUTE FUNCTION refuse_promotion_without_decision();
DROP TRIGGER inventory_modelversion_goes_back ON inventory_modelversion;
DROP FUNCTION refuse_return_without_rollback;
DROP TRIGGER workflows_arrangement_is_decided ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_decided AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind <> 'suspension')
    EXECUTE FUNCTION refuse_arrangement_without_decision();
DROP TRIGGER workflows_arrangement_goes_back ON workflows_arrangement;
DROP FUNCTION refuse_rollback_without_approval;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0046_roll_back")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
