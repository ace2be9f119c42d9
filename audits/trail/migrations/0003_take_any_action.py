"""Actions are asked for as a function: another one changes no table."""

import django.db.models
from django.db import migrations

import audits.trail.models


class Migration(migrations.Migration):
    dependencies = [("trail", "0002_make_append_only")]

    operations = [
        migrations.AlterField(
            "entry",
            "action",
            django.db.models.CharField(choices=audits.trail.models.actions, db_index=True, max_length=50),
        ),
    ]
