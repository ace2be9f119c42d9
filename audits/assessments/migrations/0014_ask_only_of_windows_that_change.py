"""Whether a window is put off is asked where it changes; those of before that were are brought within a cadence."""

from django.db import migrations

ASKED_ALWAYS = """
DROP TRIGGER assessments_plan_is_not_put_off ON assessments_plan;
CREATE TRIGGER assessments_plan_is_not_put_off BEFORE INSERT OR UPDATE ON assessments_plan FOR EACH ROW
    WHEN (NOT is_window_of_a_plan(NEW.window_start, NEW.next_due_at)) EXECUTE FUNCTION refuse_window_put_off();
"""
ASKED_OF_CHANGES = ASKED_ALWAYS.replace("OR UPDATE ON", "OR UPDATE OF window_start, next_due_at ON")
# As the services set them: from today on at the latest, and no longer than the longest cadence.
WITHIN = """
UPDATE assessments_plan plan SET window_start = begins, next_due_at = least(
    next_due_at, greatest(begins + interval '366 days', now()))
FROM (SELECT id, least(window_start, date_trunc('day', now(), 'UTC')) AS begins FROM assessments_plan) by_now
WHERE by_now.id = plan.id AND NOT is_window_of_a_plan(window_start, next_due_at);
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0013_bound_windows_of_plans")]

    operations = [
        migrations.RunSQL(ASKED_OF_CHANGES, ASKED_ALWAYS),
        migrations.RunSQL(WITHIN, migrations.RunSQL.noop),
    ]
