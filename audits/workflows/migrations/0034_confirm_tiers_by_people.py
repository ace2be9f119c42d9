"""At the end of a transaction a confirmed tier is that of its assessment, and people confirmed it.

One risk officer, who neither owns nor registered the model nor proposed the tier; or those who approved a tier change.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_tier_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    confirmed inventory_tierassessment;
    confirmer uuid := NEW.tier_confirmed_by_id;
    why text := '';
BEGIN
    SELECT * INTO confirmed FROM inventory_tierassessment
    WHERE model_id = NEW.id AND state <> 'proposed' AND tier = NEW.tier AND confirmed_at = NEW.tier_confirmed_at
      AND confirmed_by_id IS NOT DISTINCT FROM confirmer;
    IF NOT FOUND THEN
        why := 'is that of no assessment that was confirmed';
    ELSIF confirmer IS NULL AND NOT EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.model_id = NEW.id AND asked.kind = 'tier_change' AND was_approved(asked.id)
          AND asked.evidence #>> '{tier,assessment}' = confirmed.id::text
          AND NEW.tier_confirmed_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) THEN
        why := 'is confirmed by a person or by an approved request, and there is neither';
    ELSIF confirmer IN (NEW.owner_id, NEW.registered_by_id, confirmed.proposed_by_id) OR EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'inventory.Model:' || NEW.id AND action = 'model.edited'
          AND at BETWEEN NEW.tier_confirmed_at - interval '365 days' AND NEW.tier_confirmed_at
          AND details #>> '{changes,owner,before}' = confirmer::text
    ) THEN
        why := 'is confirmed by somebody who neither owns nor registered it nor proposed its tier';
    ELSIF confirmer IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_rolegrant held JOIN accounts_person holder ON holder.id = held.person_id
        WHERE holder.id = confirmer AND holder.kind <> 'service'
          AND held.role IN ('risk_officer', 'chief_risk_officer') AND held.state IN ('granted', 'revoked', 'lapsed')
          AND held.starts_at <= NEW.tier_confirmed_at AND (held.ends_at IS NULL OR held.ends_at > NEW.tier_confirmed_at)
          AND (held.workspace_id IS NULL OR held.workspace_id = NEW.workspace_id)
          AND (held.model_slugs = '[]'::jsonb OR held.model_slugs ? NEW.slug)
    ) THEN
        why := 'is confirmed by a risk officer';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION 'the tier of the model % %', NEW.slug, why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_model_tier_is_decided AFTER UPDATE ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.tier_confirmed_at IS NOT NULL AND (NEW.tier, NEW.tier_confirmed_at, NEW.tier_confirmed_by_id)
          IS DISTINCT FROM (OLD.tier, OLD.tier_confirmed_at, OLD.tier_confirmed_by_id))
    EXECUTE FUNCTION refuse_tier_without_decision();
CREATE CONSTRAINT TRIGGER inventory_model_tier_begins_undecided AFTER INSERT ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.tier_confirmed_at IS NOT NULL)
    EXECUTE FUNCTION refuse_tier_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_model_tier_begins_undecided ON inventory_model;
DROP TRIGGER inventory_model_tier_is_decided ON inventory_model;
DROP FUNCTION refuse_tier_without_decision;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0033_promote_only_decided_versions")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
