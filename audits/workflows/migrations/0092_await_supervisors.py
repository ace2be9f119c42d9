"""No promotion is approved that its supervisor objected to, or that waits for it under the policy in force.

The categories that count are those in the register and those that the tier was last confirmed with, so that nobody
sheds the wait by an edit; the strictest rule of any binds, of two alike the longer.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_before_supervisor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule jsonb;
    answer text;
    told date;
BEGIN
    SELECT said INTO answer FROM workflows_supervisoryrecord
        WHERE version_id = NEW.version_id AND said <> 'notified' ORDER BY "on" DESC, recorded_at DESC LIMIT 1;
    IF answer = 'objected' THEN
        RAISE EXCEPTION 'the supervisor objected to what % is about', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF answer IS NOT NULL OR NEW.kind <> 'promotion' THEN
        RETURN NEW;
    END IF;
    SELECT rules.value INTO rule
    FROM inventory_model model
    CROSS JOIN LATERAL (
        SELECT jsonb_array_elements_text(model.regulatory_categories) AS name UNION
        SELECT jsonb_array_elements_text(coalesce(assessment.facts -> 'regulatory_categories', '[]'))
        FROM inventory_tierassessment assessment
        WHERE assessment.model_id = model.id AND assessment.state = 'confirmed'
    ) AS category
    JOIN LATERAL jsonb_each((
        SELECT coalesce(document #> '{change_classes,supervisor}', '{}') FROM inventory_policy
        ORDER BY number DESC LIMIT 1)) AS rules ON rules.key = category.name
    WHERE model.id = NEW.model_id
    ORDER BY array_position(ARRAY['approval', 'notification', 'report'], rules.value ->> 'needs'),
             (rules.value ->> 'days')::integer DESC
    LIMIT 1;
    SELECT min("on") INTO told FROM workflows_supervisoryrecord
        WHERE version_id = NEW.version_id AND said = 'notified';
    IF rule ->> 'needs' = 'approval' OR rule ->> 'needs' = 'notification'
       AND (told IS NULL OR (clock_timestamp() AT TIME ZONE 'UTC')::date < told + (rule ->> 'days')::integer) THEN
        RAISE EXCEPTION '% waits for the supervisor of its model', NEW.reference USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_changerequest_after_the_supervisor BEFORE UPDATE ON workflows_changerequest
    FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved'
                       AND NEW.kind IN ('promotion', 'approval', 'break_glass'))
    EXECUTE FUNCTION refuse_before_supervisor();
"""
UNDO = """
DROP TRIGGER workflows_changerequest_after_the_supervisor ON workflows_changerequest;
DROP FUNCTION refuse_before_supervisor;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0091_abandon_candidates_by_signature"), ("inventory", "0023_attributes_of_models")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
