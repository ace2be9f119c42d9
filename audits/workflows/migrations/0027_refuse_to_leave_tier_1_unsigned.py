"""A model leaves the strictest tier only by a request that the chief risk officer or the committee approved.

The service refuses the same; this binds whoever writes past it.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_unsigned_lowering() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_confirmed boolean := TG_OP = 'UPDATE' AND OLD.state = 'confirmed';
    last_tier smallint;
BEGIN
    IF NEW.state <> 'confirmed' OR was_confirmed OR NEW.tier = 1 THEN
        RETURN NEW;
    END IF;
    SELECT tier INTO last_tier FROM inventory_tierassessment
    WHERE model_id = NEW.model_id AND id <> NEW.id AND confirmed_at IS NOT NULL
    ORDER BY confirmed_at DESC LIMIT 1;
    IF last_tier = 1 AND NOT EXISTS (
        SELECT 1 FROM workflows_changerequest
        WHERE model_id = NEW.model_id AND kind = 'tier_change' AND state IN ('approved', 'completed')
          AND evidence #>> '{tier,assessment}' = NEW.id::text
          AND roles_required ?| ARRAY['chief_risk_officer', 'committee']
    ) THEN
        RAISE EXCEPTION 'a model leaves tier 1 only by a request that the chief risk officer or the committee approved'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_tierassessment_leaves_tier_1_signed BEFORE INSERT OR UPDATE ON inventory_tierassessment
    FOR EACH ROW EXECUTE FUNCTION refuse_unsigned_lowering();
"""
UNDO = """
DROP TRIGGER inventory_tierassessment_leaves_tier_1_signed ON inventory_tierassessment;
DROP FUNCTION refuse_unsigned_lowering;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0026_mark_standings_by_kept_plans"), ("inventory", "0017_keep_assessments_of_tiers")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
