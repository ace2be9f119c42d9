"""A call that is sent again is known by one unique key of model, caller and body."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_deliveries_of_the_master"),
    ]

    operations = [
        migrations.AddField(
            model_name="versionfacts",
            name="answers_call",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RemoveField(model_name="versionfacts", name="body_sha256"),
        migrations.AddConstraint(
            model_name="versionfacts",
            constraint=models.UniqueConstraint(
                condition=~models.Q(answers_call=""), fields=["answers_call"], name="one_version_answers_a_call"
            ),
        ),
    ]
