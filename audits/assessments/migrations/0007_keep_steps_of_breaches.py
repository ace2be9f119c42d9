"""A step of an investigation stays as it was taken, and none is taken once the breach is closed."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_step_on_closed_breach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM assessments_breach WHERE id = NEW.breach_id AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a closed breach is not investigated further' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_breachstep_of_open_breach BEFORE INSERT ON assessments_breachstep
    FOR EACH ROW EXECUTE FUNCTION refuse_step_on_closed_breach();
CREATE TRIGGER assessments_breachstep_rows_stay BEFORE UPDATE OR DELETE ON assessments_breachstep
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assessments_breachstep_stays BEFORE TRUNCATE ON assessments_breachstep
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER assessments_breachstep_stays ON assessments_breachstep;
DROP TRIGGER assessments_breachstep_rows_stay ON assessments_breachstep;
DROP TRIGGER assessments_breachstep_of_open_breach ON assessments_breachstep;
DROP FUNCTION refuse_step_on_closed_breach;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0006_steps_of_breaches"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
