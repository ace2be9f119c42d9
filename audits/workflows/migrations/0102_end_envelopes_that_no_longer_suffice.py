"""An envelope is over where a promotion needs whom it was not approved by, or whether it is about persons changed."""

from importlib import import_module

from django.db import migrations

ENVELOPES = import_module("audits.workflows.migrations.0089_promote_inside_envelopes").FUNCTIONS
BEFORE = ENVELOPES[: ENVELOPES.index("CREATE FUNCTION why_not_within")].replace("CREATE", "CREATE OR REPLACE")
ASKED_NOW = """
        OR EXISTS (
            SELECT FROM workflows_changerequest approved
            CROSS JOIN LATERAL (SELECT CASE model.tier WHEN 0 THEN '3' ELSE model.tier::text END AS tier,
                model.affects_natural_persons OR model.personal_data IN ('personal', 'special_category') OR EXISTS (
                    SELECT FROM inventory_tierassessment
                    WHERE model_id = model.id AND state = 'confirmed' AND facts ->> 'affects_natural_persons' = 'true'
                ) AS about_persons) known
            WHERE approved.id = held.change_id AND (
                (approved.evidence ->> 'concerns_persons')::boolean <> known.about_persons
                OR NOT lacks_no_role(approved.roles_required,
                    coalesce(in_force.document #> ARRAY['approvals', 'promotion', known.tier], '[]'))
                OR known.about_persons AND NOT lacks_no_role(approved.roles_required,
                    coalesce(in_force.document #> ARRAY['approvals', 'about_persons', known.tier], '[]'))))
    FROM inventory_model model, inventory_policy in_force"""
AFTER = BEFORE.replace("\n    FROM inventory_model model, inventory_policy in_force", ASKED_NOW)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0101_keep_what_supervisors_said_by_signature")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
