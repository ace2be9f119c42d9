"""Results never change; measuring again is another run."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_initial"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER assessments_result_rows_stay BEFORE UPDATE OR DELETE ON assessments_result "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "DROP TRIGGER assessments_result_rows_stay ON assessments_result",
        )
    ]
