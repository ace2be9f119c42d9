from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_keep_sealed_reports")]

    operations = [
        migrations.AddField("report", "origin", models.CharField(blank=True, max_length=100)),
        migrations.AddConstraint(
            "report",
            models.UniqueConstraint(condition=~models.Q(origin=""), fields=("origin",), name="one_report_per_origin"),
        ),
    ]
