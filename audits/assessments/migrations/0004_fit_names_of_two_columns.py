"""The names of two columns, looked at together, fit into a result and its breach."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_refuse_to_empty_results")]

    operations = [
        migrations.AlterField(row, "column", models.CharField(blank=True, max_length=410))
        for row in ("result", "breach")
    ]
