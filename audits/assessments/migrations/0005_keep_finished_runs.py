"""A run that has ended is never changed, and no run is deleted."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER assessments_run_rows_stay BEFORE UPDATE OR DELETE ON assessments_run
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('state', 'succeeded,failed,insufficient_data');
CREATE TRIGGER assessments_run_stays BEFORE TRUNCATE ON assessments_run
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = (
    "DROP TRIGGER assessments_run_stays ON assessments_run; DROP TRIGGER assessments_run_rows_stay ON assessments_run"
)


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_fit_names_of_two_columns"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(TRIGGERS, BACK)]
