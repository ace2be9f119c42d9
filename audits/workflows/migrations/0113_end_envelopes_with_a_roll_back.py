"""Whoever goes back from a version ends the envelope of its model: what follows is decided about by people."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0102_end_envelopes_that_no_longer_suffice").AFTER
STOPPED = "stopped.kind = 'suspension' AND stopped.use_id IS NULL"
AFTER = BEFORE.replace(STOPPED, f"({STOPPED} OR stopped.kind = 'rollback')")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0112_keep_makers_from_deciding_about_their_model")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
