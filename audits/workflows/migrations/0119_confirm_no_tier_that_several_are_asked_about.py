"""What several are asked to decide about a proposed tier, or have refused, one person does not confirm alone."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_to_confirm_over_others() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
BEGIN
    SELECT * INTO asked FROM workflows_changerequest
        WHERE kind = 'tier_change' AND model_id = NEW.model_id AND state IN ('pending', 'rejected')
          AND evidence #>> '{tier,assessment}' = NEW.id::text
        ORDER BY requested_at DESC LIMIT 1;
    IF asked.state = 'pending' THEN
        RAISE EXCEPTION '% asks several to decide about this tier: nobody confirms it alone meanwhile', asked.reference
            USING ERRCODE = 'restrict_violation';
    ELSIF asked.state = 'rejected' THEN
        RAISE EXCEPTION 'this tier was refused in %: it is proposed anew, or several are asked again', asked.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_tierassessment_over_nobody BEFORE UPDATE ON inventory_tierassessment FOR EACH ROW
    WHEN (NEW.state = 'confirmed' AND OLD.state <> 'confirmed' AND NEW.confirmed_by_id IS NOT NULL)
    EXECUTE FUNCTION refuse_to_confirm_over_others();
"""
UNDO = """
DROP TRIGGER inventory_tierassessment_over_nobody ON inventory_tierassessment;
DROP FUNCTION refuse_to_confirm_over_others;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0118_delegate_as_strongly_as_is_decided"),
        ("inventory", "0050_settle_doubts_by_assessments"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
