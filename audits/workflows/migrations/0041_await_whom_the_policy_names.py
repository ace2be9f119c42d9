"""A request awaits at least whom the policy in force names for its kind and tier, and a vote has the policy's quorum.

What a service asks for may be more, never less: a request that nobody has to approve would decide by itself.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION lacks_no_role(given jsonb, wanted jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    -- Each role as often as it is wanted, because each approval is another person's.
    SELECT NOT EXISTS (
        SELECT FROM jsonb_array_elements_text(wanted) AS needed(role) GROUP BY role
        HAVING count(*) > (SELECT count(*) FROM jsonb_array_elements_text(given) AS named(role)
                           WHERE named.role = needed.role)
    )
$$;

CREATE FUNCTION refuse_request_without_approvers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    in_force inventory_policy;
    tier text;
    wanted jsonb[];
    why text := '';
BEGIN
    SELECT * INTO in_force FROM inventory_policy ORDER BY number DESC LIMIT 1;
    SELECT CASE model.tier WHEN 0 THEN '3' ELSE model.tier::text END INTO tier
    FROM inventory_model model WHERE model.id = NEW.model_id;
    tier := coalesce(tier, '1');
    -- What the policy says of the kind, or, where there are two ways to decide it, of either; nothing if it is silent.
    wanted := CASE
        WHEN NEW.kind IN ('legal_hold', 'hold_release') THEN ARRAY['["chief_risk_officer", "auditor"]'::jsonb]
        WHEN NEW.kind = 'tier_change' THEN ARRAY[
            in_force.document #> ARRAY['approvals', 'tier_change', tier],
            in_force.document #> '{approvals,tier_lowering,1}']
        WHEN NEW.kind = 'extension' THEN ARRAY[
            in_force.document #> ARRAY['approvals', 'extension', tier],
            in_force.document #> ARRAY['approvals', 'further_extension', tier]]
        ELSE ARRAY[in_force.document #> ARRAY['approvals', NEW.kind, tier]]
    END;
    IF jsonb_typeof(NEW.roles_required) <> 'array' THEN
        why := 'a request awaits the approval of two people or of the committee';
    ELSIF NEW.policy_id <> in_force.id THEN
        why := 'a request is bound to the policy in force';
    ELSIF NOT (NEW.roles_required ? 'committee' OR jsonb_array_length(NEW.roles_required) >= 2) THEN
        why := 'a request awaits the approval of two people or of the committee';
    ELSIF NOT EXISTS (
        SELECT FROM unnest(wanted) AS way(roles) WHERE roles IS NULL OR lacks_no_role(NEW.roles_required, roles)
    ) THEN
        why := format('a request awaits everybody whom the policy names for %s in tier %s', NEW.kind, tier);
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_changerequest_names_approvers BEFORE INSERT ON workflows_changerequest
    FOR EACH ROW EXECUTE FUNCTION refuse_request_without_approvers();

CREATE FUNCTION refuse_vote_without_quorum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    quorum integer;
BEGIN
    SELECT (document #>> '{committee,quorum}')::integer INTO quorum FROM inventory_policy ORDER BY number DESC LIMIT 1;
    IF (SELECT count(*) FROM workflows_decision
        WHERE change_id = NEW.id AND role = 'committee' AND voided_at IS NULL AND meaning <> 'recused') < quorum THEN
        RAISE EXCEPTION 'a vote of the committee needs its quorum of %', quorum USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_changerequest_has_quorum BEFORE UPDATE ON workflows_changerequest
    FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved' AND NEW.roles_required ? 'committee')
    EXECUTE FUNCTION refuse_vote_without_quorum();

CREATE FUNCTION refuse_weaker_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflows_changerequest asked
        JOIN inventory_policy bound ON bound.id = asked.policy_id
        LEFT JOIN inventory_model model ON model.id = asked.model_id
        WHERE asked.id = NEW.change_id
          AND bound.document #> ARRAY['signatures', 'passkey', asked.kind]
              ? CASE coalesce(model.tier, 1) WHEN 0 THEN '3' ELSE coalesce(model.tier, 1)::text END
    ) AND NOT EXISTS (SELECT FROM accounts_signature WHERE id = NEW.signature_id AND method = 'passkey') THEN
        RAISE EXCEPTION 'the policy asks for a decision about this that is signed by passkey'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_decision_signed_as_demanded BEFORE INSERT ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_weaker_signature();
"""
UNDO = """
DROP TRIGGER workflows_decision_signed_as_demanded ON workflows_decision;
DROP FUNCTION refuse_weaker_signature;
DROP TRIGGER workflows_changerequest_has_quorum ON workflows_changerequest;
DROP FUNCTION refuse_vote_without_quorum;
DROP TRIGGER workflows_changerequest_names_approvers ON workflows_changerequest;
DROP FUNCTION refuse_request_without_approvers;
DROP FUNCTION lacks_no_role;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0040_loosen_cadences_by_decision")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
