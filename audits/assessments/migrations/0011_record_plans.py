import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0010_keep_former_owners_from_deciding")]

    operations = [
        migrations.CreateModel(
            name="PlanRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject", models.UUIDField()),
                ("recorded_from", models.DateTimeField()),
                ("recorded_to", models.DateTimeField(null=True)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("fields", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
            ],
            options={
                "indexes": [models.Index(fields=["subject", "recorded_from"], name="records_of_a_plan")],
            },
        ),
    ]
