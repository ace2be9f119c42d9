"""What may stand in a row only because an entry of the trail says so: statements that find the rows that lack it.

Each gives what the sentence names. A row is held against its entry by its key, so that it costs one look into an index.
"""

from collections.abc import Iterator
from itertools import islice

from django.db import connection

from audits.assessments.models import Run
from audits.assessments.services.execution import results_digest
from audits.assessments.states import FINISHED
from audits.trail.models import Action, Entry, subject_name
from inventory.models import Policy
from inventory.services.policies import digest_of

MODELS = {
    "the model {} is in use, and no entry says that any version of it was put into production": """
        SELECT model.slug FROM inventory_model model WHERE model.status IN ('in_use', 'restricted', 'suspended')
        AND NOT EXISTS (SELECT FROM trail_entry WHERE model_slug = model.slug AND action = 'version.promoted')""",
    "the tier of the model {} is not the one that the last entry about it says": """
        SELECT model.slug FROM inventory_model model JOIN LATERAL (
            SELECT details ->> 'tier' AS tier FROM trail_entry
            WHERE subject = 'inventory.Model:' || model.id AND details ? 'tier' ORDER BY position DESC LIMIT 1
        ) last ON last.tier <> model.tier::text""",
    "the artifact of {} is not the one that its entries say": """
        SELECT 'version ' || version.number || ' of the model ' || model.slug FROM inventory_modelversion version
        JOIN inventory_model model ON model.id = version.model_id
        WHERE version.artifact_sha256 <> '' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.ModelVersion:' || version.id
            AND (action = 'version.registered' AND details ->> 'artifact' = version.artifact_sha256
                 OR action = 'artifact.received' AND details ->> 'sha256' = version.artifact_sha256))""",
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
    "the approval {} for a use does not end when its entry says": """
        SELECT approval.id::text FROM inventory_useapproval approval JOIN trail_entry entry
        ON entry.subject = 'inventory.Use:' || approval.use_id AND entry.details ->> 'approval' = approval.id::text
        WHERE entry.action = 'use.approved'
        AND (entry.details ->> 'expires')::timestamptz IS DISTINCT FROM approval.expires_at
        OR entry.action = 'use.approval_ended' AND approval.ended_at IS NULL""",
}
FILES = """
    SELECT kept.id::text FROM {table} kept WHERE NOT EXISTS (
        SELECT FROM trail_entry WHERE subject = '{label}:' || kept.id AND action = '{action}'
        AND details ->> 'sha256' = kept.sha256)
"""
DATA = {
    f"the {words} {{}} is not the file that its entry says": FILES.format(
        table=f"inventory_{label.lower()}", label=f"inventory.{label}", action=action
    )
    for label, words, action in (
        ("ReferenceData", "reference data", Action.REFERENCE_RECEIVED.value),
        ("PredictionBatch", "batch", Action.BATCH_RECEIVED.value),
        ("OutcomeBatch", "outcomes", Action.OUTCOMES_RECEIVED.value),
    )
}
ASSESSMENTS = {
    "the breach {} is closed, or open, and the entries about it say otherwise": """
        SELECT breach.id::text FROM assessments_breach breach WHERE (breach.closed_at IS NOT NULL) <> EXISTS (
            SELECT FROM trail_entry
            WHERE subject = 'assessments.Breach:' || breach.id AND action = 'breach.closed')""",
    "the plan {} is switched off, and no entry says so": """
        SELECT plan.id::text FROM assessments_plan plan WHERE NOT plan.enabled AND 'false' IS DISTINCT FROM (
            SELECT details ->> 'enabled' FROM trail_entry
            WHERE subject = 'assessments.Plan:' || plan.id AND action = 'plan.changed'
            ORDER BY position DESC LIMIT 1)""",
    "the verdict of the run {} is not the one that its entry says": """
        SELECT run.id::text FROM assessments_run run WHERE run.verdict <> (
            SELECT details ->> 'verdict' FROM trail_entry
            WHERE subject = 'assessments.Run:' || run.id AND action IN ('assessment.completed', 'assessment.failed')
            ORDER BY position DESC LIMIT 1)""",
}
WORKFLOWS = {
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
    "{} holds a role for longer, or in more places, than any entry says": """
        SELECT person.display_name || ' (' || held.role || ')' FROM accounts_rolegrant held
        JOIN accounts_person person ON person.id = held.person_id
        LEFT JOIN accounts_workspace workspace ON workspace.id = held.workspace_id
        WHERE held.state = 'granted' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'accounts.Person:' || held.person_id
            AND action = 'role.granted' AND details ->> 'role' = held.role
            AND details ->> 'workspace' = coalesce(workspace.name, 'all')
            AND coalesce(details -> 'models', '[]') = held.model_slugs
            AND (NOT details ? 'until' OR (details ->> 'until')::timestamptz >= date_trunc('second', held.ends_at)))""",
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
    "the token {} is not of the scope that its entry says, or was revoked": """
        SELECT token.prefix || '… of ' || person.display_name FROM accounts_token token
        JOIN accounts_person person ON person.id = token.person_id
        JOIN accounts_workspace workspace ON workspace.id = token.workspace_id
        JOIN trail_entry entry ON entry.subject = 'accounts.Token:' || token.id
        WHERE entry.action = 'token.issued' AND entry.details -> 'scope' IS DISTINCT FROM (
            jsonb_build_object('actions', token.actions, 'models', token.model_slugs, 'workspace', workspace.slug)
            || jsonb_strip_nulls(jsonb_build_object('version', token.version_number)))
        OR entry.action = 'token.revoked' AND token.revoked_at IS NULL""",
}
REPORTS = {
    "the report {} is not the file that its entry says": """
        SELECT report.reference FROM reports_report report WHERE report.state = 'sealed' AND NOT EXISTS (
            SELECT FROM trail_entry WHERE subject = 'reports.Report:' || report.id AND action = 'report.issued'
            AND details ->> 'sha256' = report.pdf_sha256)""",
}
UNSAID = MODELS | DATA | ASSESSMENTS | WORKFLOWS | ACCOUNTS | REPORTS


def unsaid(sentence: str, statement: str, most: int) -> Iterator[str]:
    """The first so many rows that one statement finds, in words."""
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT %s", [most])
        for (which,) in cursor.fetchall():
            told = sentence.format(which)
            yield f"{told[:1].upper()}{told[1:]}."


def policies_unsaid(most: int) -> Iterator[str]:
    """Versions of the policy whose document does not give the digest that its entry states."""
    published = Entry.objects.filter(action=Action.POLICY_PUBLISHED)
    stated = {details["number"]: details["digest"] for details in published.values_list("details", flat=True)}
    differ = (one for one in Policy.objects.order_by("number") if digest_of(one.document) != stated.get(one.number))
    for policy in islice(differ, most):
        yield f"Version {policy.number} of the policy is not the document that its entry says."


def results_unsaid(most: int) -> Iterator[str]:
    """Runs whose results do not give the digest that their entry states, and those that are gone."""
    done = Entry.objects.filter(action__in=(Action.ASSESSMENT_COMPLETED, Action.ASSESSMENT_FAILED))
    stated = dict(done.order_by("position").values_list("subject", "details__results_digest"))
    yield from islice(_results_that_differ(stated), most)


def _results_that_differ(stated: dict[str, str]) -> Iterator[str]:
    runs = Run.objects.filter(state__in=FINISHED).order_by("pk").prefetch_related("results")
    for run in runs.iterator(chunk_size=200):
        if stated.pop(subject_name(run), None) != results_digest(run.results.all()):
            yield f"The results of the run {run.pk} are not those that its entry says."
    for subject in stated:
        yield f"{subject} is gone, or not finished, and an entry tells what it measured."
