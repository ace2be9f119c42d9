"""Where a policy asks for a passkey nothing weaker is kept, whatever is signed: not the decisions about requests alone.

The tier is the one that the model has now; the policy is the one in force, or the one under which it was begun.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION signed_as(about text, outcome text) RETURNS TABLE (kind text, model_id uuid, policy_id uuid)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    label text := split_part(about, ':', 1);
    key uuid;
BEGIN
    IF label !~ '^(inventory|workflows|assessments)[.]' THEN
        RETURN;
    END IF;
    key := split_part(about, ':', 2)::uuid;
    RETURN QUERY
    -- What an unknown outcome would be is not asked: then it is as strong as either.
    SELECT unnest(CASE outcome WHEN 'suspended' THEN '{suspension}' WHEN 'tier_confirmed' THEN '{tier_confirmation}'
                  ELSE '{suspension,tier_confirmation}' END::text[]), key, NULL::uuid
    WHERE label = 'inventory.Model'
    UNION ALL
    SELECT unnest(CASE outcome WHEN 'rolled_back' THEN '{rollback}' WHEN 'supervision_recorded' THEN '{supervision}'
                  ELSE '{rollback,supervision}' END::text[]), version.model_id, NULL
    FROM inventory_modelversion version WHERE label = 'inventory.ModelVersion' AND version.id = key
    UNION ALL
    SELECT 'suspension', used.model_id, NULL FROM inventory_use used WHERE label = 'inventory.Use' AND used.id = key
    UNION ALL
    SELECT 'cadence_change', cadence.model_id, NULL FROM inventory_cadence cadence
    WHERE label = 'inventory.Cadence' AND cadence.id = key
    UNION ALL
    SELECT 'cadence_change', version.model_id, NULL FROM assessments_plan plan
    JOIN inventory_modelversion version ON version.id = plan.version_id
    WHERE label = 'assessments.Plan' AND plan.id = key
    UNION ALL
    SELECT 'breach_decision', version.model_id, NULL FROM assessments_breach breach
    JOIN inventory_modelversion version ON version.id = breach.version_id
    WHERE label = 'assessments.Breach' AND breach.id = key
    UNION ALL
    SELECT 'arrangement_closure', held.model_id, NULL FROM workflows_arrangement held
    WHERE label = 'workflows.Arrangement' AND held.id = key
    UNION ALL
    SELECT 'finding_closure', finding.model_id, finding.policy_id FROM workflows_finding finding
    WHERE label = 'workflows.Finding' AND finding.id = key
    UNION ALL
    SELECT 'validation', asked.model_id, asked.policy_id FROM workflows_validationrequest asked
    WHERE label = 'workflows.ValidationRequest' AND asked.id = key
    UNION ALL
    SELECT 'validation', asked.model_id, asked.policy_id FROM workflows_validatorassignment part
    JOIN workflows_validationrequest asked ON asked.id = part.request_id
    WHERE label = 'workflows.ValidatorAssignment' AND part.id = key
    UNION ALL
    SELECT asked.kind, asked.model_id, asked.policy_id FROM workflows_changerequest asked
    WHERE label = 'workflows.ChangeRequest' AND asked.id = key
    UNION ALL
    SELECT asked.kind, asked.model_id, asked.policy_id FROM workflows_retirement retirement
    JOIN workflows_changerequest asked ON asked.id = retirement.change_id
    WHERE label = 'workflows.Retirement' AND retirement.id = key
    UNION ALL
    SELECT 'retraining_abandonment', asked.model_id, NULL FROM workflows_retraining retraining
    JOIN workflows_changerequest asked ON asked.id = retraining.change_id
    WHERE label = 'workflows.Retraining' AND retraining.id = key;
END $$;

CREATE FUNCTION refuse_weaker_than_demanded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM signed_as(NEW.subject, NEW.statement ->> 'outcome') act
        JOIN inventory_policy bound
            ON bound.id = act.policy_id OR bound.number = (SELECT max(number) FROM inventory_policy)
        LEFT JOIN inventory_model model ON model.id = act.model_id
        WHERE bound.document #> ARRAY['signatures', 'passkey', act.kind]
              ? CASE coalesce(model.tier, 1) WHEN 0 THEN '3' ELSE coalesce(model.tier, 1)::text END
    ) THEN
        RAISE EXCEPTION 'the policy asks for this to be signed by passkey, and nothing weaker is kept'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_signature_as_strong_as_demanded BEFORE INSERT ON accounts_signature
    FOR EACH ROW WHEN (NEW.method <> 'passkey') EXECUTE FUNCTION refuse_weaker_than_demanded();
"""
UNDO = """
DROP TRIGGER accounts_signature_as_strong_as_demanded ON accounts_signature;
DROP FUNCTION refuse_weaker_than_demanded;
DROP FUNCTION signed_as;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0110_go_by_what_was_found_not_fit"),
        ("accounts", "0019_keep_passwords_as_recorded"),
        ("assessments", "0009_keep_decisions_about_breaches_signed"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
