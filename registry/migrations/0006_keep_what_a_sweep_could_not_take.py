"""What a sweep of the registry that is the master could not take over is kept with the sweep, for the page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_retire_only_by_decision"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="refusals",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
