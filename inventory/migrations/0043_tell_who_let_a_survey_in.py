"""Who uploaded a survey and who let it in may be two; until now the second took the place of the first."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def take_from_uploaded(apps, schema_editor):
    surveys = apps.get_model("inventory", "Survey").objects.filter(state__in=["requested", "imported", "failed"])
    surveys.update(requested_by=F("uploaded_by"))


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("inventory", "0042_keep_particulars_as_they_held"),
    ]

    operations = [
        migrations.AddField(
            model_name="survey",
            name="requested_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(take_from_uploaded, migrations.RunPython.noop),
    ]
