"""Whoever made the version that a finding is about does not decide that its risk is accepted, or its day put off."""

from importlib import import_module

from django.db import migrations

EARLIER = import_module("audits.workflows.migrations.0112_keep_makers_from_deciding_about_their_model")
BEFORE = EARLIER.BEFORE.replace(EARLIER.NOTHING, EARLIER.IN_USE)
IN_USE = "used.stage = 'production'"
OF_A_FINDING = """(used.stage = 'production' OR used.id = (
                SELECT version_id FROM workflows_finding WHERE reference = asked.terms ->> 'finding'))"""
SAYS = "whoever made what is in production does not"
AFTER = BEFORE.replace(IN_USE, OF_A_FINDING).replace(
    SAYS, "whoever made what is in production, or what a finding is about, does not"
)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0120_switch_off_nothing_that_watches_ones_own")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
