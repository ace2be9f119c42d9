"""Whoever made a version, or one with the same artifact, neither decides on its breaches nor closes them."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION made_artifact_of(version uuid, who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT made_one_of(same.versions, ARRAY[who]) OR EXISTS (
        SELECT FROM inventory_modelversion WHERE id = ANY (same.versions) AND registered_by_id = who
    )
    FROM (SELECT with_the_same_artifact(version) AS versions) AS same
$$;

CREATE FUNCTION refuse_breach_judged_by_maker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'assessments_breachstep' THEN
        IF made_artifact_of((SELECT version_id FROM assessments_breach WHERE id = NEW.breach_id), NEW.person_id) THEN
            RAISE EXCEPTION 'whoever made a version does not decide on its breaches'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM inventory_modelversion
                   WHERE id = NEW.version_id AND stage IN ('superseded', 'retired'))
       AND NOT EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'assessments.Breach:' || NEW.id AND action = 'breach.closed' AND actor_id <> ''
          AND NOT made_artifact_of(NEW.version_id, actor_id::uuid)
    ) THEN
        RAISE EXCEPTION 'a breach is closed by somebody who did not make its version'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER assessments_breachstep_by_no_maker BEFORE INSERT ON assessments_breachstep
    FOR EACH ROW WHEN (NEW.kind = 'decision') EXECUTE FUNCTION refuse_breach_judged_by_maker();
CREATE CONSTRAINT TRIGGER assessments_breach_is_not_closed_by_its_maker AFTER UPDATE ON assessments_breach
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL)
    EXECUTE FUNCTION refuse_breach_judged_by_maker();
"""
UNDO = """
DROP TRIGGER assessments_breach_is_not_closed_by_its_maker ON assessments_breach;
DROP TRIGGER assessments_breachstep_by_no_maker ON assessments_breachstep;
DROP FUNCTION refuse_breach_judged_by_maker;
DROP FUNCTION made_artifact_of;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0077_count_positions_in_a_vote"),
        ("assessments", "0010_keep_former_owners_from_deciding"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
