"""Whoever said since the last confirmation what a tier is made of does not confirm it, whoever spoke after them."""

from importlib import import_module

from django.db import migrations

signed = import_module("audits.workflows.migrations.0061_confirm_and_approve_by_signature")
BEFORE = signed.TIER.replace(signed.LAST, signed.LAST + signed.UNSIGNED)
ITS_OWN = """    ELSIF EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'inventory.Model:' || NEW.id AND actor_id = confirmer::text
          AND action IN ('model.registered', 'model.edited', 'model.tier_proposed')
          AND (details ? 'tier_inputs' OR details -> 'changes' ?| ARRAY[
              'exposure', 'purpose_level', 'complexity', 'reliance',
              'affects_natural_persons', 'uses_machine_learning', 'regulatory_categories'
          ])
          AND position > coalesce((
              SELECT max(position) FROM trail_entry
              WHERE subject = 'inventory.Model:' || NEW.id AND action = 'model.tiered' AND at < NEW.tier_confirmed_at
          ), -1)
    ) THEN
        why := 'is confirmed by somebody who set nothing that it is made of since it was confirmed last';
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0072_review_again_what_is_not_fit")]

    operations = [migrations.RunSQL(BEFORE.replace(signed.UNSIGNED, ITS_OWN + signed.UNSIGNED), BEFORE)]
