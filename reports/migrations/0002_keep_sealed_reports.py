"""A report that is sealed is never changed, and none is deleted."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER reports_report_rows_stay BEFORE UPDATE OR DELETE ON reports_report
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('state', 'sealed,failed');
CREATE TRIGGER reports_report_stays BEFORE TRUNCATE ON reports_report
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER reports_report_stays ON reports_report;
DROP TRIGGER reports_report_rows_stay ON reports_report;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(TRIGGERS, BACK)]
