"""How often the built-in pipeline took up a retraining, so that one it cannot finish ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0003_refuse_to_empty_decisions")]

    operations = [migrations.AddField("retraining", "attempt", models.PositiveSmallIntegerField(default=0))]
