"""A run that timed out is never changed either; those from before, which failed with that reason, stay as they are."""

from django.db import migrations

KEPT = """
DROP TRIGGER assessments_run_rows_stay ON assessments_run;
CREATE TRIGGER assessments_run_rows_stay BEFORE UPDATE OR DELETE ON assessments_run
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('state', '{finished}');
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0015_time_runs_out")]

    operations = [
        migrations.RunSQL(
            KEPT.format(finished="succeeded,failed,timed_out,insufficient_data"),
            KEPT.format(finished="succeeded,failed,insufficient_data"),
        )
    ]
