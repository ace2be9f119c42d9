"""A test is done again on the version that a finding is about, on what is in production, or on a version made since."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_run_of_another_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM assessments_run run
        JOIN inventory_modelversion measured ON measured.id = run.version_id
        JOIN workflows_submission handed_over ON handed_over.id = NEW.submission_id
        JOIN workflows_finding finding ON finding.id = handed_over.finding_id AND finding.model_id = measured.model_id
        WHERE run.id = NEW.run_id AND (
            measured.id = finding.version_id OR measured.stage = 'production'
            OR measured.registered_at >= finding.issued_at
            OR finding.version_id IS NULL AND NOT EXISTS (
                SELECT FROM inventory_modelversion WHERE model_id = finding.model_id AND stage = 'production'
            )
        )
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a run of another version than the finding is about, and than what is in its place, shows no remedy'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_reperformance_of_the_same BEFORE INSERT ON workflows_reperformance FOR EACH ROW
    WHEN (NEW.run_id IS NOT NULL) EXECUTE FUNCTION refuse_run_of_another_version();
"""
UNDO = """
DROP TRIGGER workflows_reperformance_of_the_same ON workflows_reperformance;
DROP FUNCTION refuse_run_of_another_version;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0083_choose_validators_independently"), ("assessments", "0012_follow_plans")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
