"""An exception, an overlay or an accepted risk is ended by who decides about such: a risk officer, or the CRO."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0068_end_what_is_in_production_by_no_single_person").AFTER
SECOND_LINE = "ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer']"
DECIDING = f"""CASE WHEN NEW.kind IN ('exception', 'acceptance', 'overlay')
                         THEN ARRAY['risk_officer', 'chief_risk_officer'] ELSE {SECOND_LINE} END"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0073_confirm_no_tier_of_ones_own_making")]

    operations = [migrations.RunSQL(BEFORE.replace(SECOND_LINE, DECIDING), BEFORE)]
