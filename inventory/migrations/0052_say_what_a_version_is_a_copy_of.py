"""A version that a client made as a copy says of which; versions are found by where their files are."""

import django.db.models.deletion
import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0051_keep_what_versions_were_registered_with")]

    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="copied_from",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="copies",
                to="inventory.modelversion",
            ),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(
                django.db.models.functions.MD5("artifact_uri"),
                condition=models.Q(("artifact_uri", ""), _negated=True),
                name="versions_by_place",
            ),
        ),
    ]
