"""What a supervisor objected to is not approved under another number of the model either, until it says otherwise."""

from importlib import import_module

from django.db import migrations

function = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now").function
AWAITED = import_module("audits.workflows.migrations.0092_await_supervisors").FUNCTIONS
BEFORE = function(AWAITED, "refuse_before_supervisor")
OF_THE_ARTIFACT = """
    IF answer = 'objected' OR 'objected' = (
        SELECT record.said FROM workflows_supervisoryrecord record
        JOIN inventory_modelversion about ON about.id = record.version_id AND about.model_id = NEW.model_id
        WHERE about.id = ANY (with_the_same_artifact(NEW.version_id)) AND record.said <> 'notified'
        ORDER BY record."on" DESC, record.recorded_at DESC LIMIT 1
    ) THEN"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0097_name_what_rests_on_a_finding")]

    operations = [migrations.RunSQL(BEFORE.replace("\n    IF answer = 'objected' THEN", OF_THE_ARTIFACT), BEFORE)]
