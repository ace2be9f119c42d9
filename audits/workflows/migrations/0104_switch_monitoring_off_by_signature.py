"""At the end of a transaction a plan that was switched off stands on the signature of who decided that this time."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_switch_off() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told trail_entry;
    who uuid;
    about uuid;
BEGIN
    SELECT * INTO told FROM trail_entry
        WHERE subject = 'assessments.Plan:' || NEW.id AND action IN ('plan.changed', 'plan.switched_off')
        ORDER BY position DESC LIMIT 1;
    who := nullif(told.actor_id, '')::uuid;
    SELECT model_id INTO about FROM inventory_modelversion WHERE id = NEW.version_id;
    IF (SELECT enabled FROM assessments_plan WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF told.action IS DISTINCT FROM 'plan.switched_off'
       OR NOT is_signed(told.subject, told.action, who, told.at)
       OR NOT held_one_of(who, ARRAY['head_of_validation', 'risk_officer'], about, told.at) THEN
        RAISE EXCEPTION 'monitoring is switched off by signature of the head of validation or a risk officer'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER assessments_plan_switching_off_is_signed AFTER UPDATE ON assessments_plan
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.enabled AND NOT NEW.enabled)
    EXECUTE FUNCTION refuse_unsigned_switch_off();
CREATE CONSTRAINT TRIGGER assessments_plan_is_not_made_switched_off AFTER INSERT ON assessments_plan
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT NEW.enabled) EXECUTE FUNCTION refuse_unsigned_switch_off();
"""
UNDO = """
DROP TRIGGER assessments_plan_is_not_made_switched_off ON assessments_plan;
DROP TRIGGER assessments_plan_switching_off_is_signed ON assessments_plan;
DROP FUNCTION refuse_unsigned_switch_off;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0103_know_copies_for_the_same_artifact"),
        ("assessments", "0013_bound_windows_of_plans"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
