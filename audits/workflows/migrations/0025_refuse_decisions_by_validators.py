"""The database refuses the decision of whoever validated a version, approved what that concluded, or sent its parts.

Beside the trigger of 0007, and for the same reason: it binds whoever writes past the services too.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_decision_by_who_made_or_validated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
    decided inventory_modelversion;
    deciders uuid[] := array_remove(ARRAY[NEW.person_id, NEW.on_behalf_of_id], NULL);
    why text := '';
BEGIN
    SELECT * INTO asked FROM workflows_changerequest WHERE id = NEW.change_id;
    SELECT * INTO decided FROM inventory_modelversion WHERE id = asked.version_id;
    IF NOT FOUND THEN
        RETURN NEW;
    ELSIF EXISTS (
        SELECT 1 FROM trail_entry
        WHERE actor_id = ANY (deciders::text[])
          AND action IN ('artifact.received', 'reference.received', 'version.described')
          AND subject IN (
            'inventory.ModelVersion:' || decided.id,
            (SELECT 'inventory.ReferenceData:' || id FROM inventory_referencedata WHERE version_id = decided.id)
          )
    ) THEN
        why := 'whoever sent what a version consists of does not decide about it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_validatorassignment a JOIN workflows_validationrequest r ON r.id = a.request_id
        WHERE a.person_id = ANY (deciders) AND (a.ended_at IS NULL OR a.attested_at IS NOT NULL)
          AND (r.version_id = decided.id
               OR r.version_id IS NULL AND r.model_id = asked.model_id AND a.assigned_at >= decided.registered_at)
    ) THEN
        why := 'a validator of a version does not vote on it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_validationreview v JOIN workflows_validationopinion o ON o.id = v.opinion_id
        JOIN workflows_validationrequest r ON r.id = o.request_id
        WHERE v.person_id = ANY (deciders) AND v.step = 'approval' AND v.agreed
          AND (r.version_id = decided.id
               OR r.version_id IS NULL AND r.model_id = asked.model_id AND v.signed_at >= decided.registered_at)
    ) THEN
        why := 'whoever approved the opinion on a version does not vote on it';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_decision_without_part_in_it BEFORE INSERT ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_decision_by_who_made_or_validated();
"""
UNDO = """
DROP TRIGGER workflows_decision_without_part_in_it ON workflows_decision;
DROP FUNCTION refuse_decision_by_who_made_or_validated;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0024_remind_people"),
        ("inventory", "0027_find_versions_by_artifact"),
        ("trail", "0002_make_append_only"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
