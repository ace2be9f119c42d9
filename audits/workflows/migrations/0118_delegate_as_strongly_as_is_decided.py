"""Where the policy in force asks for a passkey for anything, a delegation is signed by one: another decides by it."""

from importlib import import_module

from django.db import migrations

DEMANDED = import_module("audits.workflows.migrations.0111_sign_as_strongly_as_demanded").FUNCTIONS
BEFORE = DEMANDED[
    DEMANDED.index("CREATE FUNCTION refuse_weaker_than_demanded") : DEMANDED.index("CREATE TRIGGER")
].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
LAST = """coalesce(model.tier, 1)::text END
    )"""
OR_DELEGATED = """ OR NEW.statement ->> 'outcome' = 'delegated' AND EXISTS (
        SELECT FROM inventory_policy newest, jsonb_each(newest.document #> '{signatures,passkey}') asked(kind, tiers)
        WHERE newest.number = (SELECT max(number) FROM inventory_policy) AND jsonb_array_length(tiers) > 0
    )"""
assert LAST in BEFORE
AFTER = BEFORE.replace(LAST, LAST + OR_DELEGATED)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0117_delegate_by_signature")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
