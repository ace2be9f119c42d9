"""At the end of a transaction a tier that one person confirmed, or a role that one approved, stands on a signature."""

from importlib import import_module

from django.db import migrations

TIERS = import_module("audits.workflows.migrations.0034_confirm_tiers_by_people").FUNCTIONS
ROLES = import_module("mrm.accounts.migrations.0015_keep_tokens_and_count_roles").FUNCTIONS
function = import_module("audits.workflows.migrations.0059_decide_about_single_uses").function

TIER = function(TIERS, "refuse_tier_without_decision")
LAST = """        why := 'is confirmed by a risk officer';
"""
UNSIGNED = """    ELSIF confirmer IS NOT NULL
          AND NOT is_signed('inventory.Model:' || NEW.id, 'model.tiered', confirmer, NEW.tier_confirmed_at) THEN
        why := 'is confirmed by signature, and there is none';
"""
ROLE = function(ROLES.replace("CREATE OR REPLACE FUNCTION", "CREATE FUNCTION"), "refuse_role_nobody_approved")
APPROVER = "IF NOT approves_roles(NEW.decided_by_id, NEW.workspace_id, NEW.decided_at) OR"
SIGNER = f"""{APPROVER} NOT is_signed(
        'accounts.Person:' || NEW.person_id, 'role.granted', NEW.decided_by_id, NEW.decided_at
    ) OR"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0060_close_and_conclude_by_signature"),
        ("accounts", "0015_keep_tokens_and_count_roles"),
    ]

    operations = [
        migrations.RunSQL(TIER.replace(LAST, LAST + UNSIGNED), TIER),
        migrations.RunSQL(ROLE.replace(APPROVER, SIGNER), ROLE),
    ]
