"""The database refuses a decision by somebody without the role, and an approval without the decisions it needs.

With the conflicts that 0007 refuses, that is the whole rule: the role awaited, held now by the decider or by whoever
gave them a delegation that is in force; signed by the decider over the evidence of the request; and a request, once
asked, that says the same until it is approved by everybody it names.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION holds_role_for(holder uuid, wanted text, asked workflows_changerequest) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(bool_and(EXISTS (
        SELECT 1 FROM accounts_rolegrant g
        WHERE g.person_id = holder AND g.state = 'granted' AND g.starts_at <= clock_timestamp()
          AND (g.ends_at IS NULL OR g.ends_at > clock_timestamp())
          AND (g.role = wanted OR (wanted = 'committee' AND g.role IN ('committee_member', 'committee_chair')))
          AND (g.workspace_id IS NULL OR g.workspace_id = place.id)
          AND (g.model_slugs = '[]'::jsonb
               OR g.model_slugs ? (SELECT slug FROM inventory_model WHERE id = asked.model_id))
    )), false)
    FROM accounts_workspace place
    WHERE asked.model_id IS NULL
       OR place.id = (SELECT workspace_id FROM inventory_model WHERE id = asked.model_id)
$$;

CREATE FUNCTION refuse_unfounded_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
    deciders text[] := array_remove(ARRAY[NEW.person_id, NEW.on_behalf_of_id], NULL)::text[];
    why text := '';
BEGIN
    SELECT * INTO asked FROM workflows_changerequest WHERE id = NEW.change_id;
    IF asked.expires_at <= clock_timestamp() THEN
        why := 'an expired request is not decided';
    ELSIF EXISTS (
        SELECT 1 FROM trail_entry e JOIN inventory_modelversion v ON v.id = asked.version_id
            LEFT JOIN inventory_referencedata r ON r.version_id = v.id
        WHERE e.actor_id = ANY (deciders) AND e.action IN ('artifact.received', 'reference.received')
          AND e.subject IN ('inventory.ModelVersion:' || v.id, 'inventory.ReferenceData:' || r.id)
    ) THEN
        why := 'whoever sent what a version consists of does not decide about it';
    ELSIF asked.kind = 'policy_change' AND EXISTS (
        SELECT 1 FROM inventory_policydraft
        WHERE id::text = asked.terms ->> 'draft' AND proposed_by_id::text = ANY (deciders)
    ) THEN
        why := 'whoever proposed a policy does not decide about it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_arrangement a JOIN workflows_changerequest o ON o.id = a.change_id
        WHERE a.id = asked.renews_id AND o.requester_id::text = ANY (deciders)
    ) THEN
        why := 'whoever proposed something does not decide about its renewal';
    ELSIF NOT asked.roles_required ? NEW.role THEN
        why := 'the request awaits no decision in this role';
    ELSIF NEW.on_behalf_of_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM workflows_delegation
        WHERE delegator_id = NEW.on_behalf_of_id AND delegate_id = NEW.person_id AND revoked_at IS NULL
          AND starts_at <= clock_timestamp() AND ends_at > clock_timestamp()
    ) THEN
        why := 'nobody decides for another without their delegation';
    ELSIF NOT holds_role_for(coalesce(NEW.on_behalf_of_id, NEW.person_id), NEW.role, asked) THEN
        why := 'only who holds the role now decides in it';
    ELSIF NOT EXISTS (
        SELECT 1 FROM accounts_signature
        WHERE id = NEW.signature_id AND person_id = NEW.person_id AND evidence_digest = asked.evidence_digest
          AND subject = 'workflows.ChangeRequest:' || asked.id
    ) THEN
        why := 'a decision is signed by who takes it, over the evidence of its request';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_decision_without_foundation BEFORE INSERT ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_unfounded_decision();

CREATE FUNCTION keep_change_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    course text[] := ARRAY['state', 'outcome', 'decided_at', 'completed_at'];
    shown text[] := ARRAY['evidence', 'evidence_digest', 'minutes'];
    role_missing text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' THEN
            RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - course - shown - 'expires_at' <> to_jsonb(OLD) - course - shown - 'expires_at'
       OR NEW.expires_at > OLD.expires_at THEN
        RAISE EXCEPTION 'what was asked for stays as it was asked' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'pending' AND to_jsonb(NEW) - course <> to_jsonb(OLD) - course THEN
        RAISE EXCEPTION 'the evidence of a decided request stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF OLD.state NOT IN ('pending', 'approved') OR (OLD.state = 'pending' AND NEW.state IN ('completed', 'failed')) THEN
        RAISE EXCEPTION 'a request takes its course and does not go back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' THEN
        SELECT needed.role INTO role_missing
        FROM (SELECT role, count(*) AS times FROM jsonb_array_elements_text(NEW.roles_required) AS role GROUP BY role)
            AS needed
        WHERE CASE WHEN needed.role = 'committee'
            THEN coalesce(NEW.minutes ->> 'outcome', '') <> 'approved' OR NOT EXISTS (
                SELECT 1 FROM workflows_decision d
                WHERE d.change_id = NEW.id AND d.role = 'committee' AND d.voided_at IS NULL
                HAVING count(*) FILTER (WHERE d.approved)
                     > count(*) FILTER (WHERE d.meaning IN ('rejected', 'deferred'))
            )
            ELSE needed.times > (
                SELECT count(*) FROM workflows_decision d
                WHERE d.change_id = NEW.id AND d.role = needed.role AND d.approved AND d.voided_at IS NULL
            )
            END
        LIMIT 1;
        IF role_missing IS NOT NULL THEN
            RAISE EXCEPTION 'the approval as % is missing', role_missing USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_changerequest_is_decided BEFORE INSERT OR UPDATE ON workflows_changerequest
    FOR EACH ROW EXECUTE FUNCTION keep_change_request();

CREATE FUNCTION refuse_undecided_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'published' AND OLD.state <> 'published' AND NOT EXISTS (
        SELECT 1 FROM workflows_changerequest
        WHERE kind = 'policy_change' AND state IN ('approved', 'completed') AND terms ->> 'draft' = NEW.id::text
    ) THEN
        RAISE EXCEPTION 'a policy is published by an approved request' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_policydraft_is_decided BEFORE UPDATE ON inventory_policydraft
    FOR EACH ROW EXECUTE FUNCTION refuse_undecided_policy();
"""
UNDO = """
DROP TRIGGER inventory_policydraft_is_decided ON inventory_policydraft;
DROP FUNCTION refuse_undecided_policy;
DROP TRIGGER workflows_changerequest_is_decided ON workflows_changerequest;
DROP FUNCTION keep_change_request;
DROP TRIGGER workflows_decision_without_foundation ON workflows_decision;
DROP FUNCTION refuse_unfounded_decision;
DROP FUNCTION holds_role_for;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0010_conclude_votes"),
        ("accounts", "0007_keep_readings"),
        ("inventory", "0008_policy_drafts_keep_their_document"),
        ("trail", "0006_keep_what_is_finished"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
