"""What the register said of personal data goes on to bind until the tier of the model is confirmed anew.

As what it said of natural persons does: whoever takes it out sheds nobody who must agree about them.
"""

from importlib import import_module

from django.db import migrations

ASKED_BEFORE = import_module("audits.workflows.migrations.0087_await_whom_weight_and_persons_ask_for").FUNCTIONS
ENVELOPE_BEFORE = import_module("audits.workflows.migrations.0113_end_envelopes_with_a_roll_back").AFTER
CONCERNS = """
CREATE FUNCTION concerns_persons(about inventory_model) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT about.affects_natural_persons OR about.personal_data IN ('personal', 'special_category') OR EXISTS (
        SELECT FROM inventory_tierassessment
        WHERE model_id = about.id AND state = 'confirmed' AND facts ->> 'affects_natural_persons' = 'true'
    ) OR coalesce('model.edited' = (
        SELECT action FROM trail_entry
        WHERE subject = 'inventory.Model:' || about.id AND (action = 'model.tiered' OR action = 'model.edited'
            AND details #>> '{changes,personal_data,before}' IN ('personal', 'special_category'))
        ORDER BY position DESC LIMIT 1
    ), false)
$$;
"""
ASKED = """(about.affects_natural_persons OR about.personal_data IN ('personal', 'special_category') OR EXISTS (
           SELECT FROM inventory_tierassessment
           WHERE model_id = about.id AND state = 'confirmed' AND facts ->> 'affects_natural_persons' = 'true'
       ))"""
HELD = """model.affects_natural_persons OR model.personal_data IN ('personal', 'special_category') OR EXISTS (
                    SELECT FROM inventory_tierassessment
                    WHERE model_id = model.id AND state = 'confirmed' AND facts ->> 'affects_natural_persons' = 'true'
                )"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0113_end_envelopes_with_a_roll_back")]

    operations = [
        migrations.RunSQL(CONCERNS, "DROP FUNCTION concerns_persons"),
        migrations.RunSQL(ASKED_BEFORE.replace(ASKED, "concerns_persons(about)"), ASKED_BEFORE),
        migrations.RunSQL(ENVELOPE_BEFORE.replace(HELD, "concerns_persons(model)"), ENVELOPE_BEFORE),
    ]
