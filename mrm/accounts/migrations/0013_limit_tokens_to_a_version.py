from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_end_roles_and_keep_confirmations"),
    ]

    operations = [
        migrations.AddField(
            model_name="token",
            name="version_number",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
