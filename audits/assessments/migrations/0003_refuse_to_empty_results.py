"""The table of results is not emptied as a whole either."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("assessments", "0002_make_results_immutable"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER assessments_result_stays BEFORE TRUNCATE ON assessments_result FOR EACH STATEMENT "
            "EXECUTE FUNCTION refuse_change()",
            "DROP TRIGGER assessments_result_stays ON assessments_result",
        )
    ]
