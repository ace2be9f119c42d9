"""Outcomes remember how many of their ids had no prediction when they came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_make_policies_and_data_immutable")]

    operations = [
        migrations.AddField(
            model_name="outcomebatch",
            name="unknown_ids",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
