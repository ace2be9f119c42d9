"""Whoever owns a model agrees again where a version or a use of it came after their signature."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0063_end_no_model_without_its_owner").FUNCTIONS
BEFORE = BEFORE[: BEFORE.index("CREATE TRIGGER")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
LAST = "AND signed.statement ->> 'outcome' = 'retirement_agreed'\n"
SINCE = """\
          AND NOT EXISTS (
              SELECT FROM inventory_modelversion version
              WHERE version.model_id = model.id AND version.registered_at > signed.signed_at
          ) AND NOT EXISTS (
              SELECT FROM inventory_use use
              WHERE use.model_id = model.id AND use.state <> 'ended' AND use.proposed_at > signed.signed_at
          )
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0121_keep_makers_from_deciding_about_findings")]

    operations = [migrations.RunSQL(BEFORE.replace(LAST, LAST + SINCE), BEFORE)]
