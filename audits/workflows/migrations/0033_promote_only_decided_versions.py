"""At the end of a transaction a version in production stands on the promotion, or emergency release, that was decided.

The request is its own and not an earlier one: the version went into production between its last decision and its end.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_promotion_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.promoted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a version goes into production once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.version_id = NEW.id AND asked.kind IN ('promotion', 'break_glass') AND was_approved(asked.id)
          AND NEW.promoted_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) THEN
        RAISE EXCEPTION 'version % goes into production by an approved request, and there is none', NEW.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_modelversion_is_decided AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.stage = 'production' AND OLD.stage <> 'production' OR NEW.promoted_at IS DISTINCT FROM OLD.promoted_at)
    EXECUTE FUNCTION refuse_promotion_without_decision();
CREATE CONSTRAINT TRIGGER inventory_modelversion_begins_undecided AFTER INSERT ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'production' OR NEW.promoted_at IS NOT NULL)
    EXECUTE FUNCTION refuse_promotion_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_modelversion_begins_undecided ON inventory_modelversion;
DROP TRIGGER inventory_modelversion_is_decided ON inventory_modelversion;
DROP FUNCTION refuse_promotion_without_decision;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0032_publish_only_decided_policies")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
