"""How a tier was assessed never changes; an assessment is confirmed or superseded, and never deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_tier_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['state', 'confirmed_by_id', 'confirmed_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> 'superseded' AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending
       AND (OLD.state = 'proposed' OR NEW.state = 'superseded') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an assessment of a tier is never changed or deleted; it is confirmed or superseded'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_tierassessment_rows_stay BEFORE UPDATE OR DELETE ON inventory_tierassessment
    FOR EACH ROW EXECUTE FUNCTION keep_tier_assessment();
CREATE TRIGGER inventory_tierassessment_stays BEFORE TRUNCATE ON inventory_tierassessment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER inventory_tierassessment_stays ON inventory_tierassessment;
DROP TRIGGER inventory_tierassessment_rows_stay ON inventory_tierassessment;
DROP FUNCTION keep_tier_assessment;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0016_assessments_of_tiers"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
