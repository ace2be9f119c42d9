"""What may stand in a row only because an entry of the trail says so: statements that find the rows that lack it.

Each gives what the sentence names. A row is held against its entry by its key, so that it costs one look into an index.
"""

from collections.abc import Iterator

from django.db import connection

from audits.trail.models import Action

MODELS = {
    "the model {} is in use, and no entry says that any version of it was put into production": """
        SELECT model.slug FROM inventory_model model WHERE model.status IN ('in_use', 'restricted', 'suspended')
        AND NOT EXISTS (SELECT FROM trail_entry WHERE model_slug = model.slug AND action = 'version.promoted')""",
    "the tier of the model {} is not the one that the last entry about it says": """
        SELECT model.slug FROM inventory_model model JOIN LATERAL (
            SELECT details ->> 'tier' AS tier FROM trail_entry
            WHERE subject = 'inventory.Model:' || model.id AND details ? 'tier' ORDER BY position DESC LIMIT 1
        ) last ON last.tier <> model.tier::text""",
    "the tier of the model {} was not confirmed by whom the last entry about that says": """
        SELECT model.slug FROM inventory_model model
        WHERE model.tier_confirmed_at IS NOT NULL AND coalesce(model.tier_confirmed_by_id::text, '') IS DISTINCT FROM (
            SELECT actor_id FROM trail_entry
            WHERE subject = 'inventory.Model:' || model.id AND action = 'model.tiered'
            ORDER BY position DESC LIMIT 1)""",
    "a doubt about the tier of the model {} is settled, and no entry since says that the tier was confirmed": """
        SELECT model.slug FROM inventory_tierdoubt doubt JOIN inventory_model model ON model.id = doubt.model_id
        WHERE doubt.settled_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.Model:' || model.id AND action = 'model.tiered'
            AND at >= doubt.raised_at)""",
    "the baseline of the model {} does not end when its entries say": """
        SELECT model.slug FROM inventory_model model WHERE model.baselined_until::text IS DISTINCT FROM (
            SELECT CASE action WHEN 'model.registered' THEN nullif(details ->> 'baselined_until', '') END
            FROM trail_entry WHERE subject = 'inventory.Model:' || model.id
            AND action IN ('model.registered', 'model.baseline_ended') ORDER BY position DESC LIMIT 1)""",
    "the artifact of {} is not the one that its entries say": """
        SELECT 'version ' || version.number || ' of the model ' || model.slug FROM inventory_modelversion version
        JOIN inventory_model model ON model.id = version.model_id
        WHERE version.artifact_sha256 <> '' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.ModelVersion:' || version.id
            AND (action = 'version.registered' AND details ->> 'artifact' = version.artifact_sha256
                 OR action = 'artifact.received' AND details ->> 'sha256' = version.artifact_sha256))""",
    "what {} is a copy of is not what its entry says": """
        SELECT 'version ' || version.number || ' of the model ' || model.slug FROM inventory_modelversion version
        JOIN inventory_model model ON model.id = version.model_id
        WHERE 'inventory.ModelVersion:' || version.copied_from_id IS DISTINCT FROM (
            SELECT details ->> 'copied_from' FROM trail_entry
            WHERE subject = 'inventory.ModelVersion:' || version.id AND action = 'version.registered'
            ORDER BY position LIMIT 1)""",
    "the alias {} does not point where its last entry says": """
        SELECT alias.name || ' of the model ' || model.slug FROM registry_alias alias
        JOIN inventory_model model ON model.id = alias.model_id
        WHERE 'inventory.ModelVersion:' || alias.version_id IS DISTINCT FROM (
            SELECT subject FROM trail_entry
            WHERE model_slug = model.slug AND action IN ('mlflow.alias_set', 'mlflow.alias_deleted')
            AND details ->> 'alias' = alias.name
            AND (subject = 'inventory.Model:' || model.id
                 OR subject IN (SELECT 'inventory.ModelVersion:' || id FROM inventory_modelversion
                                WHERE model_id = model.id))
            ORDER BY position DESC LIMIT 1)""",
    "the workspace {} is not governed, and no entry says so": """
        SELECT workspace.slug FROM registry_registryrules rules
        JOIN accounts_workspace workspace ON workspace.id = rules.workspace_id
        WHERE NOT rules.governed AND 'false' IS DISTINCT FROM (
            SELECT details ->> 'governed' FROM trail_entry
            WHERE subject = 'accounts.Workspace:' || workspace.id AND action = 'mlflow.rules_changed'
            ORDER BY position DESC LIMIT 1)""",
    "the cadence {} is not the one that its entries say": """
        SELECT model.slug || ' (' || cadence.rhythm || ')' FROM inventory_cadence cadence
        JOIN inventory_model model ON model.id = cadence.model_id
        WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.Cadence:' || cadence.id
            AND action = CASE WHEN cadence.loosens THEN 'cadence.loosened' ELSE 'cadence.tightened' END
            AND details ->> 'every' = cadence.every AND details ->> 'rhythm' = cadence.rhythm
            AND nullif(details ->> 'holds_until', '')::date IS NOT DISTINCT FROM cadence.holds_until)
        OR (cadence.ended_at IS NOT NULL) <> EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.Cadence:' || cadence.id AND action = 'cadence.ended')""",
    "the source {} is not the one that its entries say": """
        SELECT source.id::text FROM inventory_source source WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.Source:' || source.id AND action = 'source.registered'
            AND details ->> 'url' = source.url AND details ->> 'table' = source.table
            AND details ->> 'time_column' = source.time_column AND details -> 'columns' = source.columns)
        OR (source.closed_at IS NOT NULL) <> EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.Source:' || source.id AND action = 'source.closed')""",
    "the approval {} for a use does not end when its entry says": """
        SELECT approval.id::text FROM inventory_useapproval approval JOIN trail_entry entry
        ON entry.subject = 'inventory.Use:' || approval.use_id AND entry.details ->> 'approval' = approval.id::text
        WHERE entry.action = 'use.approved'
        AND (entry.details ->> 'expires')::timestamptz IS DISTINCT FROM approval.expires_at
        OR entry.action = 'use.approval_ended' AND approval.ended_at IS NULL""",
}
OF_A_VERSION = """(model_slug, details ->> 'version') = (
            SELECT model.slug, version.number::text FROM inventory_modelversion version
            JOIN inventory_model model ON model.id = version.model_id WHERE version.id = kept.version_id)"""
OF_A_MODEL = "model_slug = (SELECT slug FROM inventory_model WHERE id = kept.model_id)"
FILES = """
    SELECT kept.id::text FROM {table} kept WHERE NOT EXISTS (
        SELECT FROM trail_entry WHERE subject = '{label}:' || kept.id AND action = '{action}'
        AND details ->> 'sha256' = kept.sha256 AND {of})
"""
USES = {
    "the {} is not where the last order about it left it": """
        SELECT 'use ' || use.number || ' of the model ' || model.slug FROM inventory_use use
        JOIN inventory_model model ON model.id = use.model_id
        WHERE use.state <> 'ended' AND use.state <> ALL(CASE (
            SELECT action FROM trail_entry WHERE subject = 'inventory.Use:' || use.id
            AND action IN ('use.started', 'use.restricted', 'use.suspended', 'use.restored')
            ORDER BY position DESC LIMIT 1)
        WHEN 'use.restricted' THEN ARRAY['restricted'] WHEN 'use.suspended' THEN ARRAY['suspended']
        WHEN 'use.started' THEN ARRAY['live'] WHEN 'use.restored' THEN ARRAY['live']
        ELSE ARRAY['proposed', 'approved'] END)""",
    "the {} is not held as the orders that stand say": """
        SELECT 'use ' || use.number || ' of the model ' || model.slug FROM inventory_use use
        JOIN inventory_model model ON model.id = use.model_id
        WHERE use.state <> 'ended' AND use.held <> coalesce((
            SELECT CASE kind WHEN 'suspension' THEN 'suspended' ELSE 'restricted' END FROM workflows_arrangement
            WHERE use_id = use.id AND state = 'active' AND kind IN ('suspension', 'restriction')
            ORDER BY kind DESC LIMIT 1), '')""",
}
DATA = {
    f"the {words} {{}} is not the file, or not of whom, its entry says": FILES.format(
        table=f"inventory_{label.lower()}", label=f"inventory.{label}", action=action, of=of
    )
    for label, words, action, of in (
        ("ReferenceData", "reference data", Action.REFERENCE_RECEIVED.value, OF_A_VERSION),
        ("PredictionBatch", "batch", Action.BATCH_RECEIVED.value, OF_A_VERSION),
        ("OutcomeBatch", "outcomes", Action.OUTCOMES_RECEIVED.value, OF_A_MODEL),
    )
}
ASSESSMENTS = {
    "the breach {} is closed, or open, and the entries about it say otherwise": """
        SELECT breach.id::text FROM assessments_breach breach WHERE (breach.closed_at IS NOT NULL) <> EXISTS (
            SELECT FROM trail_entry
            WHERE subject = 'assessments.Breach:' || breach.id AND action = 'breach.closed')""",
    "the steps of the breach {} are not those that its entries say": """
        SELECT breach.id::text FROM assessments_breach breach
        LEFT JOIN assessments_breachstep step ON step.breach_id = breach.id GROUP BY breach.id
        HAVING coalesce(array_agg(step.text || ' ' || coalesce(step.person_id::text, '') || step.decision
                                  ORDER BY step.taken_at, step.id) FILTER (WHERE step.id IS NOT NULL), '{}')
        <> ARRAY(SELECT details ->> 'reason' || ' ' || actor_id || coalesce(details ->> 'decision', '')
                 FROM trail_entry WHERE subject = 'assessments.Breach:' || breach.id
                 AND action IN ('breach.triaged', 'breach.explained', 'breach.decided') ORDER BY position)""",
    "the plan {} is due, or begins, later than any cadence gives": """
        SELECT plan.id::text FROM assessments_plan plan
        WHERE NOT is_window_of_a_plan(plan.window_start, plan.next_due_at)""",
    "the plan {} is switched off, and no entry says so": """
        SELECT plan.id::text FROM assessments_plan plan WHERE NOT plan.enabled AND 'false' IS DISTINCT FROM (
            SELECT CASE action WHEN 'plan.switched_off' THEN 'false' ELSE details ->> 'enabled' END FROM trail_entry
            WHERE subject = 'assessments.Plan:' || plan.id AND action IN ('plan.changed', 'plan.switched_off')
            ORDER BY position DESC LIMIT 1)""",
    "the run {} did not end as its entry says": """
        SELECT run.id::text FROM assessments_run run
        WHERE coalesce((
            SELECT action FROM trail_entry
            WHERE subject = 'assessments.Run:' || run.id AND action IN ('assessment.completed', 'assessment.failed')
            ORDER BY position DESC LIMIT 1), '')
        <> CASE WHEN run.state IN ('succeeded', 'insufficient_data') THEN 'assessment.completed'
                WHEN run.state IN ('failed', 'timed_out') THEN 'assessment.failed' ELSE '' END""",
    "the verdict of the run {} is not the one that its entry says": """
        SELECT run.id::text FROM assessments_run run WHERE run.verdict <> (
            SELECT details ->> 'verdict' FROM trail_entry
            WHERE subject = 'assessments.Run:' || run.id AND action IN ('assessment.completed', 'assessment.failed')
            ORDER BY position DESC LIMIT 1)""",
}
DECISIONS = {
    "{} does not await whom its entry says": """
        SELECT asked.reference FROM workflows_changerequest asked JOIN trail_entry entry
        ON entry.subject = 'workflows.ChangeRequest:' || asked.id AND entry.action = 'change.requested'
        WHERE entry.details ? 'roles' AND entry.details -> 'roles' <> asked.roles_required""",
    "{} was approved, and the decisions that stand are not those of all whom it awaits": """
        SELECT asked.reference FROM workflows_changerequest asked
        JOIN inventory_policy bound ON bound.id = asked.policy_id
        WHERE EXISTS (SELECT FROM trail_entry
                      WHERE subject = 'workflows.ChangeRequest:' || asked.id AND action = 'change.approved')
        AND asked.envelope_id IS NULL
        AND NOT lacks_no_role(
            (SELECT coalesce(jsonb_agg(role), '[]') FROM workflows_decision
             WHERE change_id = asked.id AND approved AND voided_at IS NULL AND role <> 'committee')
            || CASE WHEN 'approved' = (
                SELECT details ->> 'outcome' FROM trail_entry
                WHERE subject = 'workflows.ChangeRequest:' || asked.id AND action = 'change.vote_concluded'
                ORDER BY position DESC LIMIT 1)
            AND (SELECT count(*) FROM workflows_decision
                 WHERE change_id = asked.id AND role = 'committee' AND voided_at IS NULL AND meaning <> 'recused')
                >= coalesce((SELECT min((document #>> '{committee,quorum}')::integer) FROM inventory_policy
                             WHERE number >= bound.number), 1)
            THEN '["committee"]'::jsonb ELSE '[]' END,
            asked.roles_required)""",
    "{} was approved on another envelope, or other measurements, than its entry says": """
        SELECT asked.reference FROM workflows_changerequest asked
        LEFT JOIN workflows_arrangement held ON held.id = asked.envelope_id
        JOIN trail_entry entry
        ON entry.subject = 'workflows.ChangeRequest:' || asked.id AND entry.action = 'change.approved'
        WHERE held.reference IS DISTINCT FROM entry.details #>> '{envelope,reference}'
        OR asked.evidence -> 'envelope' IS DISTINCT FROM entry.details -> 'envelope'""",
    "the decision {} was voided, as an entry says, and stands again": """
        SELECT decision.id::text FROM trail_entry entry
        CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(entry.details -> 'decisions', '[]')) voided(id)
        JOIN workflows_decision decision ON decision.id::text = voided.id
        WHERE entry.action = 'change.decisions_voided' AND decision.voided_at IS NULL""",
    "the decision {} is void, and no entry says so": """
        SELECT decision.id::text FROM workflows_decision decision
        WHERE decision.voided_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ChangeRequest:' || decision.change_id
            AND action = 'change.decisions_voided'
            AND (NOT details ? 'decisions' OR details -> 'decisions' ? decision.id::text))""",
    "of the decision {} and its signature one is void and the other stands": """
        SELECT decision.id::text FROM workflows_decision decision
        JOIN accounts_signature signature ON signature.id = decision.signature_id
        WHERE (decision.voided_at IS NULL) <> (signature.voided_at IS NULL)""",
}
WORKFLOWS = {
    "{} was not asked for by whom, or as what, its entry says": """
        SELECT asked.reference FROM workflows_changerequest asked WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ChangeRequest:' || asked.id
            AND action = 'change.requested' AND actor_id = coalesce(asked.requester_id::text, '')
            AND details ->> 'kind' = asked.kind
            AND details ->> 'policy' = (SELECT number::text FROM inventory_policy WHERE id = asked.policy_id)
            AND (details ->> 'version') IS NOT DISTINCT FROM
                (SELECT number::text FROM inventory_modelversion WHERE id = asked.version_id))""",
    "the change {} is not of the class that the last entry about it says": """
        SELECT asked.reference FROM workflows_classification found
        JOIN workflows_changerequest asked ON asked.id = found.change_id
        WHERE found.change_class IS DISTINCT FROM (
            SELECT details ->> 'change_class' FROM trail_entry
            WHERE subject = 'workflows.ChangeRequest:' || asked.id AND details ? 'change_class'
            ORDER BY position DESC LIMIT 1)""",
    "a validator of {} is not one whom its entries say was assigned": """
        SELECT request.reference FROM workflows_validatorassignment assigned
        JOIN workflows_validationrequest request ON request.id = assigned.request_id WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ValidationRequest:' || request.id
            AND action = 'validation.assigned' AND details ->> 'person' = assigned.person_id::text
            AND details ->> 'role' = assigned.role)""",
    "a review of the opinion of {} is not one that its entries say": """
        SELECT request.reference FROM workflows_validationreview review
        JOIN workflows_validationopinion opinion ON opinion.id = review.opinion_id
        JOIN workflows_validationrequest request ON request.id = opinion.request_id WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ValidationRequest:' || request.id
            AND action IN ('validation.reviewed', 'validation.approved') AND actor_id = review.person_id::text
            AND details ->> 'step' = review.step AND (details ->> 'agreed')::boolean = review.agreed)""",
    "an opinion of {} is gone, of which an entry tells": """
        SELECT entry.subject_name FROM trail_entry entry
        WHERE entry.action = 'validation.opinion_given' AND NOT EXISTS (
            SELECT FROM workflows_validationopinion opinion
            WHERE 'workflows.ValidationRequest:' || opinion.request_id = entry.subject
            AND opinion.content_digest = entry.details ->> 'content_digest')""",
    "a review of {} is gone, of which an entry tells": """
        SELECT entry.subject_name FROM trail_entry entry
        WHERE entry.action IN ('validation.reviewed', 'validation.approved') AND NOT EXISTS (
            SELECT FROM workflows_validationreview review
            JOIN workflows_validationopinion opinion ON opinion.id = review.opinion_id
            WHERE 'workflows.ValidationRequest:' || opinion.request_id = entry.subject
            AND review.person_id::text = entry.actor_id AND review.step = entry.details ->> 'step')""",
    "a validator of {} is gone, of whom an entry tells": """
        SELECT entry.subject_name FROM trail_entry entry
        WHERE entry.action = 'validation.assigned' AND NOT EXISTS (
            SELECT FROM workflows_validatorassignment assigned
            WHERE 'workflows.ValidationRequest:' || assigned.request_id = entry.subject
            AND assigned.person_id::text = entry.details ->> 'person')""",
    "an item of the plan for {} was not done by whom, or as, its entry says": """
        SELECT finding.reference FROM workflows_actionitem item
        JOIN workflows_actionplan plan ON plan.id = item.plan_id
        JOIN workflows_finding finding ON finding.id = plan.finding_id
        WHERE item.done_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.Finding:' || finding.id
            AND action = 'finding.item_done' AND actor_id = item.done_by_id::text
            AND (details ->> 'plan', details ->> 'item', details ->> 'outcome')
                = (plan.number::text, item.number::text, item.outcome))""",
    "an item of the checklist of {} was not done by whom, or as, its entry says": """
        SELECT asked.reference FROM workflows_retirementitem item
        JOIN workflows_retirement retirement ON retirement.id = item.retirement_id
        JOIN workflows_changerequest asked ON asked.id = retirement.change_id
        WHERE item.evidence <> '' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.Retirement:' || retirement.id
            AND action = 'retirement.item_done' AND actor_id = item.done_by_id::text
            AND (details ->> 'item', details ->> 'evidence') = (item.item, item.evidence))""",
    "the retraining of {} is not where its entries left it": """
        SELECT asked.reference FROM workflows_retraining retraining
        JOIN workflows_changerequest asked ON asked.id = retraining.change_id
        WHERE retraining.state <> CASE WHEN EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.ModelVersion:' || retraining.candidate_id
            AND action = 'version.promoted')
        THEN 'promoted' ELSE coalesce((
            SELECT CASE WHEN action = 'retraining.abandoned' THEN 'abandoned'
                        WHEN details ->> 'state' IN ('succeeded', 'failed') THEN details ->> 'state'
                        ELSE 'dispatched' END FROM trail_entry
            WHERE subject = 'workflows.Retraining:' || retraining.id ORDER BY position DESC LIMIT 1
        ), 'approved') END""",
    "the candidate of the retraining of {} is not the one that its entry says": """
        SELECT asked.reference FROM workflows_retraining retraining
        JOIN workflows_changerequest asked ON asked.id = retraining.change_id
        WHERE (SELECT number::text FROM inventory_modelversion WHERE id = retraining.candidate_id)
        IS DISTINCT FROM (
            SELECT details ->> 'candidate' FROM trail_entry
            WHERE subject = 'workflows.Retraining:' || retraining.id AND action = 'retraining.reported'
            AND details ->> 'state' = 'succeeded' ORDER BY position LIMIT 1)""",
    "what was submitted for the closure of {} is not what its entries say": """
        SELECT finding.reference FROM workflows_submission submitted
        JOIN workflows_finding finding ON finding.id = submitted.finding_id WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.Finding:' || finding.id
            AND action = 'finding.submitted' AND actor_id = submitted.submitted_by_id::text
            AND details ->> 'number' = submitted.number::text AND details ->> 'response' = submitted.told)""",
    "the finding {} is not as severe as the entry about it says": """
        SELECT finding.reference FROM workflows_finding finding WHERE finding.severity <> (
            SELECT details ->> 'severity' FROM trail_entry
            WHERE subject = 'workflows.Finding:' || finding.id AND action = 'finding.raised'
            ORDER BY position LIMIT 1)""",
    "the finding {} is not due when the last entry about it says": """
        SELECT finding.reference FROM workflows_finding finding WHERE finding.due_at <> (
            SELECT coalesce(details ->> 'after', details ->> 'due')::date FROM trail_entry
            WHERE subject = 'workflows.Finding:' || finding.id AND action IN ('finding.raised', 'finding.extended')
            ORDER BY position DESC LIMIT 1)""",
    "an action plan for the finding {} is not due when the last entry about it says": """
        SELECT finding.reference FROM workflows_finding finding JOIN LATERAL (
            SELECT nullif(details ->> 'plan_due', '')::date AS due FROM trail_entry
            WHERE subject = 'workflows.Finding:' || finding.id AND details ? 'plan_due'
            ORDER BY position DESC LIMIT 1
        ) last ON last.due IS DISTINCT FROM finding.plan_due_at""",
    "the decision {} is not the one that its entry says, or has none": """
        SELECT decision.id::text FROM workflows_decision decision WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE action = 'change.decided'
            AND subject = 'workflows.ChangeRequest:' || decision.change_id
            AND details ->> 'decision' = decision.id::text AND actor_id = decision.person_id::text
            AND (details ->> 'approved')::boolean = decision.approved AND details ->> 'role' = decision.role)""",
    "the decision {} is gone, of which an entry tells": """
        SELECT details ->> 'decision' FROM trail_entry WHERE action = 'change.decided' AND NOT EXISTS (
            SELECT FROM workflows_decision WHERE id::text = details ->> 'decision')""",
    "{} does not end when its entry says": """
        SELECT arrangement.reference FROM workflows_arrangement arrangement
        WHERE arrangement.ends_at IS DISTINCT FROM (
            SELECT nullif(details ->> 'ends', '')::timestamptz FROM trail_entry
            WHERE subject = 'workflows.Arrangement:' || arrangement.id AND action = 'arrangement.begun'
            ORDER BY position LIMIT 1)""",
    "the opinion of {} is not the one that its entry says": """
        SELECT request.reference FROM workflows_validationopinion opinion
        JOIN workflows_validationrequest request ON request.id = opinion.request_id WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ValidationRequest:' || request.id
            AND action = 'validation.opinion_given' AND details ->> 'content_digest' = opinion.content_digest
            AND details ->> 'outcome' = opinion.outcome AND actor_id = opinion.person_id::text
            AND (details ->> 'expires_on')::date = opinion.expires_on)""",
    "the opinion of {} is approved, and no entry says so": """
        SELECT request.reference FROM workflows_validationopinion opinion
        JOIN workflows_validationrequest request ON request.id = opinion.request_id
        WHERE opinion.approved_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ValidationRequest:' || request.id
            AND action = 'validation.approved' AND details ->> 'content_digest' = opinion.content_digest)""",
    "{} was not asked for about what, or as what, its entry says": """
        SELECT request.reference FROM workflows_validationrequest request WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.ValidationRequest:' || request.id
            AND action = 'validation.requested' AND details ->> 'kind' = request.kind
            AND model_slug = (SELECT slug FROM inventory_model WHERE id = request.model_id)
            AND (details ->> 'version') IS NOT DISTINCT FROM
                (SELECT number::text FROM inventory_modelversion WHERE id = request.version_id))""",
    "the opinion of {} was approved, as an entry says, and stands no longer": """
        SELECT entry.subject_name FROM trail_entry entry
        WHERE entry.action = 'validation.approved' AND NOT EXISTS (
            SELECT FROM workflows_validationopinion opinion
            WHERE 'workflows.ValidationRequest:' || opinion.request_id = entry.subject
            AND opinion.content_digest = entry.details ->> 'content_digest'
            AND opinion.approved_at IS NOT NULL AND opinion.voided_at IS NULL)""",
    "the opinion of {} is set aside, and no entry tells of the approval of one that replaces it": """
        SELECT request.reference FROM workflows_validationopinion opinion
        JOIN workflows_validationrequest request ON request.id = opinion.request_id
        WHERE opinion.superseded_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM workflows_validationrequest asked
            JOIN workflows_validationopinion later ON later.request_id = asked.id
            JOIN trail_entry entry ON entry.subject = 'workflows.ValidationRequest:' || asked.id
            WHERE asked.model_id = request.model_id AND replaces(later, opinion)
            AND later.approved_at >= opinion.superseded_at
            AND entry.action = 'validation.approved' AND entry.details ->> 'content_digest' = later.content_digest)""",
    "what the supervisor said of {} is not what its entries say": """
        SELECT 'version ' || version.number || ' of the model ' || model.slug FROM workflows_supervisoryrecord kept
        JOIN inventory_modelversion version ON version.id = kept.version_id
        JOIN inventory_model model ON model.id = version.model_id
        JOIN inventory_document shown ON shown.id = kept.document_id WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.ModelVersion:' || version.id
            AND action = 'version.supervision_recorded' AND actor_id = kept.recorded_by_id::text
            AND (details ->> 'said', details ->> 'on', details ->> 'sha256')
                = (kept.said, kept.on::text, shown.sha256))""",
    "the delegation {} is not the one that its entries say": """
        SELECT delegation.id::text FROM workflows_delegation delegation WHERE NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.Delegation:' || delegation.id
            AND action = 'delegation.given' AND actor_id = delegation.delegator_id::text
            AND details ->> 'to' = delegation.delegate_id::text
            AND (details ->> 'ends')::timestamptz = delegation.ends_at)
        OR delegation.revoked_at IS NULL AND EXISTS (
            SELECT FROM trail_entry WHERE subject = 'workflows.Delegation:' || delegation.id
            AND action = 'delegation.revoked')""",
}
ACCOUNTS = {
    "{} holds, or held, a role that no entry says was granted": """
        SELECT person.display_name || ' (' || held.role || ')' FROM (
            SELECT person_id, role, count(*) AS roles FROM accounts_rolegrant
            WHERE state <> 'refused' AND (decided_at IS NOT NULL OR alone_because <> '')
            GROUP BY person_id, role) held
        JOIN accounts_person person ON person.id = held.person_id
        WHERE held.roles > (SELECT count(*) FROM trail_entry WHERE subject = 'accounts.Person:' || held.person_id
                            AND action = 'role.granted' AND details ->> 'role' = held.role)""",
    "{} holds a role until another day, or in more places, than any entry says": """
        SELECT person.display_name || ' (' || held.role || ')' FROM accounts_rolegrant held
        JOIN accounts_person person ON person.id = held.person_id
        LEFT JOIN accounts_workspace workspace ON workspace.id = held.workspace_id
        WHERE held.state = 'granted' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'accounts.Person:' || held.person_id
            AND action = 'role.granted' AND details ->> 'role' = held.role
            AND details ->> 'workspace' = coalesce(workspace.name, 'all')
            AND coalesce(details -> 'models', '[]') = held.model_slugs
            AND (details ->> 'until')::timestamptz IS NOT DISTINCT FROM CASE
                WHEN details ?| ARRAY['until', 'alone_because', 'proposed_by']
                THEN date_trunc('second', held.ends_at) END)""",
    "{} holds, or held, a role since another moment than any entry says": """
        SELECT person.display_name || ' (' || held.role || ')' FROM accounts_rolegrant held
        JOIN accounts_person person ON person.id = held.person_id
        WHERE held.state <> 'refused' AND (held.decided_at IS NOT NULL OR held.alone_because <> '')
        AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'accounts.Person:' || held.person_id
            AND action = 'role.granted' AND details ->> 'role' = held.role
            AND (NOT details ? 'since' OR (details ->> 'since')::timestamptz = held.starts_at))""",
    "{} holds a role no longer, and no entry says that it was taken back or lapsed": """
        SELECT person.display_name || ' (' || over.role || ')' FROM (
            SELECT person_id, role, state, count(*) AS ends FROM accounts_rolegrant
            WHERE state IN ('revoked', 'lapsed') GROUP BY person_id, role, state) over
        JOIN accounts_person person ON person.id = over.person_id
        WHERE over.ends > (SELECT count(*) FROM trail_entry WHERE subject = 'accounts.Person:' || over.person_id
                           AND action = 'role.' || over.state AND details ->> 'role' = over.role)""",
    "{} holds a role again that entries say was taken back": """
        SELECT person.display_name || ' (' || entry.role || ')' FROM (
            SELECT subject, details ->> 'role' AS role, count(*) AS ends FROM trail_entry
            WHERE action IN ('role.revoked', 'role.lapsed') GROUP BY subject, details ->> 'role') entry
        JOIN accounts_person person ON entry.subject = 'accounts.Person:' || person.id
        WHERE entry.ends > (SELECT count(*) FROM accounts_rolegrant WHERE person_id = person.id
                            AND role = entry.role AND state IN ('revoked', 'lapsed'))""",
    "{} is not the kind of account that its entry says": """
        SELECT person.display_name FROM accounts_person person WHERE person.kind <> (
            SELECT details ->> 'kind' FROM trail_entry
            WHERE subject = 'accounts.Person:' || person.id AND action = 'person.created'
            ORDER BY position LIMIT 1)""",
    "the account of {} is open, and the last entry about that says that it was closed": """
        SELECT person.display_name FROM accounts_person person WHERE person.is_active AND 'person.closed' = (
            SELECT action FROM trail_entry WHERE subject = 'accounts.Person:' || person.id
            AND action IN ('person.closed', 'person.reopened') ORDER BY position DESC LIMIT 1)""",
    "{} is not called what the entry says whose account it is": """
        SELECT person.display_name FROM accounts_person person WHERE person.display_name <> (
            SELECT subject_name FROM trail_entry
            WHERE subject = 'accounts.Person:' || person.id AND action = 'person.created'
            ORDER BY position LIMIT 1)""",
    "the password of {} is not the one that the last entry about it tells of": """
        SELECT person.display_name FROM accounts_person person
        WHERE encode(sha256(convert_to(person.password, 'UTF8')), 'hex') <> (
            SELECT details ->> 'password' FROM trail_entry
            WHERE subject = 'accounts.Person:' || person.id AND details ? 'password'
            AND action IN ('person.created', 'person.password_chosen', 'person.password_hashed')
            ORDER BY position DESC LIMIT 1)""",
    "the token {} is not of the scope or of whom its entry says, or was revoked": """
        SELECT token.prefix || '… of ' || person.display_name FROM accounts_token token
        JOIN accounts_person person ON person.id = token.person_id
        JOIN accounts_workspace workspace ON workspace.id = token.workspace_id
        JOIN trail_entry entry ON entry.subject = 'accounts.Token:' || token.id
        WHERE entry.action = 'token.issued' AND (entry.details ->> 'person', entry.details -> 'scope')
        IS DISTINCT FROM (person.display_name::text,
            jsonb_build_object('actions', token.actions, 'models', token.model_slugs, 'workspace', workspace.slug)
            || jsonb_strip_nulls(jsonb_build_object('version', token.version_number)))
        OR entry.action = 'token.revoked' AND token.revoked_at IS NULL""",
}
REPORTS = {
    "the report {} is not the file, the evidence or of the version that its entry says": """
        SELECT report.reference FROM reports_report report
        LEFT JOIN inventory_modelversion version ON version.id = report.version_id
        WHERE report.state NOT IN ('requested', 'failed') AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'reports.Report:' || report.id AND action = 'report.issued'
            AND details ->> 'sha256' = report.pdf_sha256 AND details ->> 'evidence_sha256' = report.evidence_sha256
            AND details -> 'version' IS NOT DISTINCT FROM to_jsonb(version.number))""",
    "the report {} was asked for by somebody else, or of another period, than its entry says": """
        SELECT report.reference FROM reports_report report
        JOIN trail_entry entry ON entry.subject = 'reports.Report:' || report.id AND entry.action = 'report.requested'
        WHERE entry.actor_id <> coalesce(report.requested_by_id::text, '')
        OR entry.details -> 'period' <> jsonb_build_array(report.period_start, report.period_end)""",
    "the report {} is signed by others than its entries say": """
        SELECT coalesce((SELECT reference FROM reports_report WHERE id = kept.report_id), entry.subject)
        FROM reports_reportsignature kept
        FULL JOIN (SELECT * FROM trail_entry WHERE action = 'report.signed') entry
        ON entry.subject = 'reports.Report:' || kept.report_id AND entry.actor_id = kept.person_id::text
        AND entry.details #>> '{signature,id}' = kept.signature_id::text
        WHERE kept.id IS NULL OR entry.position IS NULL""",
    "the report {} was not published by whom, or is not superseded by what, its entries say": """
        SELECT report.reference FROM reports_report report LEFT JOIN reports_report later
        ON later.id = report.superseded_by_id
        WHERE report.published_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'reports.Report:' || report.id AND action = 'report.published'
            AND actor_id = report.published_by_id::text
        ) OR later.id IS NOT NULL AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'reports.Report:' || report.id AND action = 'report.superseded'
            AND details ->> 'by' = later.reference)""",
}
UNSAID = MODELS | USES | DATA | ASSESSMENTS | DECISIONS | WORKFLOWS | ACCOUNTS | REPORTS


def unsaid(sentence: str, statement: str, most: int) -> Iterator[str]:
    """The first so many rows that one statement finds, in words."""
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT %s", [most])
        for (which,) in cursor.fetchall():
            told = sentence.format(which)
            yield f"{told[:1].upper()}{told[1:]}."
