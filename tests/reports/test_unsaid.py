"""Rows changed by whoever owns the tables, with every trigger off: each is named, because an entry says otherwise."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audits.assessments.services import take_step
from audits.workflows.services import draft_finding, raise_finding, revoke_delegation
from inventory.services import add_particular, tighten_cadence
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role, issue_token, revoke_token
from registry.services.aliases import set_alias
from reports.contents.agreement import disagreements
from tests.factories import make_person, make_version, without_triggers
from tests.signing import close_account, delegate, revoke_role
from tests.workflows.remedies import done, raised
from tests.workflows.validating import make_panel, validated

NINA = "(SELECT id FROM accounts_person WHERE display_name = 'Nina New')"
# The table; what is done to its rows, where they are not deleted; and what is said of it.
CHANGED = {
    "a limit not kept called kept": (
        "assessments_result", "verdict = 'within' WHERE verdict IN ('red', 'amber')", "The results of the run",
    ),
    "a number improved": ("assessments_result", "value = value / 10 WHERE measure = 'psi'", "The results of the run"),
    "a number that is none": ("assessments_result", "value = 'NaN' WHERE measure = 'psi'", "The results of the run"),
    "a run called green": ("assessments_run", "verdict = 'within' WHERE verdict IN ('red', 'amber')", "The verdict of"),
    "a breach closed": ("assessments_breach", "closed_at = now()", "The breach"),
    "a step of a breach reworded": ("assessments_breachstep", "text = 'Nothing.'", "The steps of the breach"),
    "a step of a breach gone": ("assessments_breachstep", "", "The steps of the breach"),
    "results gone": ("assessments_result", "", "The results of the run"),
    "a plan switched off": ("assessments_plan", "enabled = false", "is switched off"),
    "a policy edited": (
        "inventory_policy", "document = jsonb_set(document, '{findings,issued_by}', '[]')", "Version 1 of the policy",
    ),
    "an artifact exchanged": ("inventory_modelversion", f"artifact_sha256 = '{'1' * 64}'", "The artifact of version 1"),
    "columns described otherwise": (
        "inventory_modelversion", "schema = jsonb_set(schema, '{0,name}', '\"else\"') WHERE number = 1",
        "The columns of",
    ),
    "columns that nobody can read": ("inventory_modelversion", "schema = '[7]' WHERE number = 1", "The columns of"),
    **{
        f"a version of another {name}": ("inventory_modelversion", change, "was registered with is not")
        for name, change in {
            "threshold": "decision_threshold = 0.9",
            "address": "artifact_uri = 's3://else'",
            "code": "code_ref = 'else'",
            "framework": "framework = 'skops'",
            "choice of parameters": "params = '{\"depth\": 99}'",
            "quality": "metrics = '{\"auc\": 0.99}'",
            "origin of its data": "training_data = '{\"uri\": \"else\"}'",
            "predecessor": "predecessor_id = id",
        }.items()
    },
    "an assessment put off": (
        "assessments_plan", "next_due_at = '2100-01-01'", "is due, or begins, later than any cadence",
    ),
    "a baseline prolonged": ("inventory_model", "baselined_until = '2100-01-01'", "The baseline of the model"),
    "an action plan given time": ("workflows_finding", "plan_due_at = plan_due_at + 90", "An action plan for"),
    "a role held since long": (
        "accounts_rolegrant", f"starts_at = starts_at - interval '1 year' WHERE person_id = {NINA}",
        "since another moment",
    ),
    "a batch exchanged": ("inventory_predictionbatch", f"sha256 = '{'1' * 64}'", "The batch"),
    "a batch of another version": (
        "inventory_predictionbatch", "version_id = (SELECT id FROM inventory_modelversion WHERE number = 2)",
        "The batch",
    ),
    "reference data exchanged": ("inventory_referencedata", f"sha256 = '{'1' * 64}'", "The reference data"),
    "outcomes exchanged": ("inventory_outcomebatch", f"sha256 = '{'1' * 64}'", "The outcomes"),
    "a limitation reworded": ("inventory_statement", "text = 'None.'", "What the register says about"),
    "a limitation ended": ("inventory_statement", "ended_at = now()", "What the register says about"),
    "a limitation gone": ("inventory_statement", "", "inventory.Statement:"),
    "a cadence loosened": ("inventory_cadence", "every = 'annual'", "The cadence "),
    "an alias moved": (
        "registry_alias", "version_id = (SELECT id FROM inventory_modelversion WHERE number = 2)", "The alias newest",
    ),
    "a finding made harmless": ("workflows_finding", "severity = 'low'", "is not as severe"),
    "a finding given time": ("workflows_finding", "due_at = due_at + 90", "is not due when"),
    "a finding dropped": (
        "workflows_finding", "state = 'dropped', closed_at = now() WHERE state = 'issued'",
        " is dropped, which is not where",
    ),
    "a finding reworded": (
        "workflows_finding", "observation = 'Nothing.' WHERE state = 'issued'", "does not say what it said",
    ),
    "an item of a plan done by somebody else": ("workflows_actionitem", f"done_by_id = {NINA}", "An item of the plan"),
    "a tier confirmed by somebody else": (
        "inventory_model", f"tier_confirmed_by_id = {NINA}", "was not confirmed by whom",
    ),
    "a request reworded": ("workflows_changerequest", "reason = 'It is harmless.'", "its deciders were shown"),
    "evidence that nobody can read": ("workflows_changerequest", "evidence = '[7]'", "its deciders were shown"),
    "a request asked for by somebody else": (
        "workflows_changerequest", f"requester_id = {NINA}", "was not asked for by",
    ),
    "a decision gone": ("workflows_decision", "", "The decision "),
    "a signature over something else": (
        "accounts_signature", "statement = jsonb_set(statement, '{outcome}', '\"rejected\"')",
        "cites was edited",
    ),
    "a signature of somebody else": ("accounts_signature", f"person_id = {NINA}", "its signer differs"),
    "a validator put in the place of another": (
        "workflows_validatorassignment", f"person_id = {NINA} WHERE role = 'lead'", "A validator of",
    ),
    "a review given to somebody else": (
        "workflows_validationreview", f"person_id = {NINA} WHERE step = 'review'", "A review of the opinion",
    ),
    "an opinion made milder": ("workflows_validationopinion", "outcome = 'not_fit'", "The opinion of"),
    "what an opinion rests on": ("workflows_validationopinion", "content = '{}'", "rests on is not what was signed"),
    "a not fit set aside": ("workflows_validationopinion", "superseded_at = now()", "is set aside, and no entry"),
    "an opinion voided that was approved": ("workflows_validationopinion", "voided_at = now()", "stands no longer"),
    "an opinion no longer approved": ("workflows_validationopinion", "approved_at = NULL", "stands no longer"),
    "a lighter review called a full one": ("workflows_validationrequest", "kind = 'initial'", "not asked for about"),
    "a validation of another version": (
        "workflows_validationrequest", "version_id = (SELECT id FROM inventory_modelversion WHERE number = 2)",
        "was not asked for about what",
    ),
    "a validation taken back": (
        "workflows_validationrequest", "state = 'cancelled'", " is cancelled, which is not where",
    ),
    "a review gone": ("workflows_validationreview", "", "A review of"),
    "a cadence gone": ("inventory_cadence", "", "inventory.Cadence:"),
    "a delegation gone": ("workflows_delegation", "", "workflows.Delegation:"),
    "a delegation lengthened": ("workflows_delegation", "ends_at = ends_at + interval '9 days'", "The delegation"),
    "a delegation brought back": ("workflows_delegation", "revoked_at = NULL", "The delegation"),
    "a role prolonged": (
        "accounts_rolegrant", f"ends_at = NULL WHERE person_id = {NINA} AND role = 'engineer'", "Nina New (engineer)",
    ),
    "a role cut short": (
        "accounts_rolegrant", f"ends_at = clock_timestamp() WHERE person_id = {NINA} AND role = 'engineer'",
        "Nina New (engineer) holds a role until another day",
    ),
    "a role lapsed": (
        "accounts_rolegrant",
        f"state = 'lapsed', ends_at = clock_timestamp() WHERE person_id = {NINA} AND role = 'engineer'",
        "Nina New (engineer) holds a role no longer",
    ),
    "a role for every model": (
        "accounts_rolegrant", f"model_slugs = '[]' WHERE person_id = {NINA}", "in more places",
    ),
    "a role everywhere": (
        "accounts_rolegrant", f"workspace_id = NULL WHERE person_id = {NINA} AND role = 'engineer'", "in more places",
    ),
    "a role held again": (
        "accounts_rolegrant", f"state = 'granted', ends_at = NULL WHERE person_id = {NINA} AND role = 'owner'",
        "Nina New (owner) holds a role again",
    ),
    "a password put there": (
        "accounts_person",
        "password = (SELECT password FROM accounts_person WHERE display_name = 'Gone Gregor') "
        "WHERE display_name = 'Nina New'",
        "The password of Nina New",
    ),
    "a person made a service account": (
        "accounts_person", "kind = 'service' WHERE display_name = 'Nina New'", "not the kind",
    ),
    "a person renamed": (
        "accounts_person", "display_name = 'Olaf' WHERE display_name = 'Nina New'", "Olaf is not called",
    ),
    "an account opened again": ("accounts_person", "is_active = true", "The account of Gone Gregor is open"),
    "a token brought back": ("accounts_token", "revoked_at = NULL", "The token"),
    "a token given to somebody else": ("accounts_token", f"person_id = {NINA}", "or of whom"),
    "a token for every model": ("accounts_token", "model_slugs = '[]'", "not of the scope"),
}  # fmt: skip
RUN = "plan_id, version_id, policy_id, state, attempt, progress, step, reason, inputs, environment, queued_at"
PUT_IN = {
    "a green run": (
        "assessments_run",
        f"(id, verdict, window_start, window_end, finished_at, {RUN}) "
        f"SELECT gen_random_uuid(), 'within', now(), now(), now(), {RUN} "
        "FROM assessments_run LIMIT 1",
        "The results of the run",
    ),
    "a doubt settled": (
        "inventory_tierdoubt",
        "(id, model_id, reason, raised_at, settled_at) "
        "SELECT gen_random_uuid(), id, 'It is new.', now() + interval '1 hour', now() FROM inventory_model",
        "A doubt about the tier of the model",
    ),
    "a workspace ungoverned": (
        "registry_registryrules",
        "(workspace_id, governed) SELECT id, false FROM accounts_workspace WHERE slug = 'main'",
        "The workspace main is not governed",
    ),
}


@pytest.fixture
def lived(story):
    """What the story does not tell: a finding, a validation, a delegation, tokens, roles, somebody who left."""
    later = timezone.now() + timedelta(days=9)
    said = {"severity": "high", "title": "Thin", "observation": "Few.", "required_outcome": "More."}
    take_step(story.breach, kind="triage", text="I look.", actor=story.owner)
    validated(story.version, make_panel(story.workspace))
    done(story, raised(story))
    raise_finding(story.model, **said, actor=story.validator)
    draft_finding(story.model, **said, actor=story.validator)
    limitation = {"text": "Not for students.", "significance": "high"}
    add_particular(story.model, "limitations", values=limitation, actor=story.owner)
    tighten_cadence(story.model, rhythm="drift", every="weekly", reason="It moves.", actor=story.validator)
    away = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    revoke_delegation(delegate(story.validator, reason="Leave.", ends_at=later, actor=away), actor=away)
    make_version(story.model, actor=story.engineer)
    set_alias(story.workspace, story.model.name, alias="newest", number="1", actor=story.engineer)
    slug = story.model.slug
    revoke_token(
        issue_token(story.engineer, "pipeline", workspace=story.workspace, models=[slug], actor=story.engineer)[0],
        actor=story.engineer,
    )
    nina = make_person(name="Nina New")
    grant_role(nina, Role.ENGINEER, workspace=story.workspace, models=[slug], ends_at=later, actor=None)
    revoke_role(grant_role(nina, Role.OWNER, workspace=story.workspace, actor=None), actor=None)
    close_account(make_person(name="Gone Gregor"), reason="Left.", actor=story.administrator)
    assert disagreements() == []


def test_what_the_owner_of_the_tables_changes_past_the_trail_is_named(lived):
    """One after the other, each taken back before the next."""
    done = {
        what: (table, f"UPDATE {table} SET {change}" if change else f"DELETE FROM {table}", told)
        for what, (table, change, told) in CHANGED.items()
    }
    done |= {what: (table, f"INSERT INTO {table} {rows}", told) for what, (table, rows, told) in PUT_IN.items()}
    unnamed = {}
    for what, (table, statement, told) in done.items():
        with transaction.atomic():
            without_triggers(table, statement)
            named = disagreements()
            if not any(told in found for found in named):
                unnamed[what] = named
            transaction.set_rollback(True)
    assert unnamed == {}
