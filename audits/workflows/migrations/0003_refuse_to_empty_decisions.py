"""The table of decisions is not emptied as a whole either."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_make_decisions_immutable"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER workflows_decision_stays BEFORE TRUNCATE ON workflows_decision FOR EACH STATEMENT "
            "EXECUTE FUNCTION refuse_change()",
            "DROP TRIGGER workflows_decision_stays ON workflows_decision",
        )
    ]
