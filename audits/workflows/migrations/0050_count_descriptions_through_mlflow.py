"""Whoever described a version through MLflow does not decide about it: one more deed in the list of 0025."""

from importlib import import_module

from django.db import migrations

FUNCTIONS = import_module("audits.workflows.migrations.0025_refuse_decisions_by_validators").FUNCTIONS
BEFORE = FUNCTIONS.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
AFTER = BEFORE.replace("'version.described')", "'version.described', 'mlflow.described')")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0049_delegate_by_the_delegator")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
