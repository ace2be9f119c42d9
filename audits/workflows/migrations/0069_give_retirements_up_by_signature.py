"""At the end of a transaction a retirement that was given up stands on the signature of who gave it up."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_abandonment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trail_entry told
        WHERE told.subject = 'workflows.Retirement:' || NEW.id AND told.action = 'retirement.abandoned'
          AND is_signed(told.subject, told.action, nullif(told.actor_id, '')::uuid, told.at)
    ) THEN
        RAISE EXCEPTION 'a retirement is given up by signature, and there is none' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_retirement_abandonment_is_signed AFTER UPDATE ON workflows_retirement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'abandoned' AND OLD.state <> 'abandoned')
    EXECUTE FUNCTION refuse_unsigned_abandonment();
"""
UNDO = """
DROP TRIGGER workflows_retirement_abandonment_is_signed ON workflows_retirement;
DROP FUNCTION refuse_unsigned_abandonment;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0068_end_what_is_in_production_by_no_single_person")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
