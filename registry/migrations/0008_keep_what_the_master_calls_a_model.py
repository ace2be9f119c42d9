"""A model that came from another registry is known by its name there, whatever people here call it by now."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0007_lose_no_candidate_unsigned"),
    ]

    operations = [
        migrations.AddField(
            model_name="modelfacts",
            name="mirrors",
            field=models.CharField(blank=True, db_index=True, default="", max_length=200),
            preserve_default=False,
        ),
    ]
