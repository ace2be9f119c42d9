"""The window of a plan is no longer than the longest cadence and begins by now, so that none is put off unseen."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION is_window_of_a_plan(begins timestamptz, due timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- That of a candidate is as long as its predictions reach, and they are none of days to come.
    SELECT begins <= now() + interval '1 day'
       AND due <= greatest(begins + interval '366 days', now() + interval '1 day')
$$;
CREATE FUNCTION refuse_window_put_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the window of a plan begins by now and is no longer than the longest cadence'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER assessments_plan_is_not_put_off BEFORE INSERT OR UPDATE ON assessments_plan FOR EACH ROW
    WHEN (NOT is_window_of_a_plan(NEW.window_start, NEW.next_due_at)) EXECUTE FUNCTION refuse_window_put_off();
"""
UNDO = """
DROP TRIGGER assessments_plan_is_not_put_off ON assessments_plan;
DROP FUNCTION refuse_window_put_off;
DROP FUNCTION is_window_of_a_plan;
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0012_follow_plans")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
