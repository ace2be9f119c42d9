"""Nobody switches off what watches their own work: who owns or develops the model, or did, or made the artifact."""

from importlib import import_module

from django.db import migrations

SIGNED = import_module("audits.workflows.migrations.0104_switch_monitoring_off_by_signature").FUNCTIONS
BEFORE = SIGNED[: SIGNED.index("CREATE CONSTRAINT TRIGGER")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
END = "    RETURN NULL;\nEND $$;"
OWN = """    IF made_artifact_of(NEW.version_id, who) OR owns_version_or_did_lately(NEW.version_id, who::text)
       OR develops_or_did_lately(about, NULL, ARRAY[who]) THEN
        RAISE EXCEPTION 'nobody switches off what watches their own work' USING ERRCODE = 'restrict_violation';
    END IF;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0119_confirm_no_tier_that_several_are_asked_about"),
        ("assessments", "0010_keep_former_owners_from_deciding"),
    ]

    operations = [migrations.RunSQL(BEFORE.replace(END, OWN + END), BEFORE)]
