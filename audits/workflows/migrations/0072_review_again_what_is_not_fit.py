"""What a review of a model as a whole found not fit ends by another review of it, as that of a version does."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0068_end_what_is_in_production_by_no_single_person").AFTER
AFTER = BEFORE.replace("asked.version_id = NEW.version_id", "asked.version_id IS NOT DISTINCT FROM NEW.version_id")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0071_keep_developers_apart")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
