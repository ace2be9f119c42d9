"""Rows changed by whoever owns the tables, with every trigger off: each is named, because an entry says otherwise."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audits.workflows.services import delegate, draft_finding, raise_finding, revoke_delegation
from mrm.accounts.policies import Role
from mrm.accounts.services import close_account, grant_role, issue_token, revoke_role, revoke_token
from registry.services.aliases import set_alias
from reports.contents.agreement import disagreements
from tests.factories import make_person, make_version, without_triggers

NINA = "(SELECT id FROM accounts_person WHERE display_name = 'Nina New')"
# The table; what is done to it; and what is said of it.
CHANGED = {
    "a limit not kept called kept": (
        "assessments_result", "verdict = 'within' WHERE verdict IN ('red', 'amber')", "The results of the run",
    ),
    "a number improved": ("assessments_result", "value = value / 10 WHERE measure = 'psi'", "The results of the run"),
    "a run called green": ("assessments_run", "verdict = 'within' WHERE verdict IN ('red', 'amber')", "The verdict of"),
    "a breach closed": ("assessments_breach", "closed_at = now()", "The breach"),
    "a plan switched off": ("assessments_plan", "enabled = false", "is switched off"),
    "a policy edited": (
        "inventory_policy", "document = jsonb_set(document, '{findings,issued_by}', '[]')", "Version 1 of the policy",
    ),
    "an artifact exchanged": ("inventory_modelversion", f"artifact_sha256 = '{'1' * 64}'", "The artifact of version 1"),
    "a batch exchanged": ("inventory_predictionbatch", f"sha256 = '{'1' * 64}'", "The batch"),
    "reference data exchanged": ("inventory_referencedata", f"sha256 = '{'1' * 64}'", "The reference data"),
    "outcomes exchanged": ("inventory_outcomebatch", f"sha256 = '{'1' * 64}'", "The outcomes"),
    "an alias moved": (
        "registry_alias", "version_id = (SELECT id FROM inventory_modelversion WHERE number = 2)", "The alias newest",
    ),
    "a finding made harmless": ("workflows_finding", "severity = 'low'", "is not as severe"),
    "a finding given time": ("workflows_finding", "due_at = due_at + 90", "is not due when"),
    "a finding dropped": (
        "workflows_finding", "state = 'dropped', closed_at = now() WHERE state = 'issued'",
        " is dropped, which is not where",
    ),
    "a delegation lengthened": ("workflows_delegation", "ends_at = ends_at + interval '9 days'", "The delegation"),
    "a delegation brought back": ("workflows_delegation", "revoked_at = NULL", "The delegation"),
    "a role prolonged": (
        "accounts_rolegrant", f"ends_at = NULL WHERE person_id = {NINA} AND role = 'engineer'", "Nina New (engineer)",
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
    "a person made a service account": (
        "accounts_person", "kind = 'service' WHERE display_name = 'Nina New'", "not the kind",
    ),
    "an account opened again": ("accounts_person", "is_active = true", "The account of Gone Gregor is open"),
    "a token brought back": ("accounts_token", "revoked_at = NULL", "The token"),
    "a token for every model": ("accounts_token", "model_slugs = '[]'", "not of the scope"),
}  # fmt: skip


@pytest.fixture
def lived(story):
    """What the story does not tell: a finding, a delegation, an alias, a token, roles, somebody who left."""
    later = timezone.now() + timedelta(days=9)
    said = {"severity": "high", "title": "Thin", "observation": "Few.", "required_outcome": "More."}
    raise_finding(story.model, **said, actor=story.validator)
    draft_finding(story.model, **said, actor=story.validator)
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
    unnamed = {}
    for what, (table, change, told) in CHANGED.items():
        with transaction.atomic():
            without_triggers(table, f"UPDATE {table} SET {change}")
            named = disagreements()
            if not any(told in found for found in named):
                unnamed[what] = named
            transaction.set_rollback(True)
    assert unnamed == {}


@pytest.mark.parametrize(
    "table, told",
    [
        ("assessments_result", "The results of the run"),
        ("workflows_delegation", "workflows.Delegation:"),
        ("workflows_decision", "The decision "),
    ],
)
def test_rows_that_are_gone_are_named(lived, table, told):
    without_triggers(table, f"DELETE FROM {table}")
    assert any(found.startswith(told) for found in disagreements())


def test_a_green_run_put_in_by_sql_is_named(lived):
    """As the application's own role could, so that nothing would seem to be missing."""
    columns = (
        "plan_id, version_id, policy_id, window_start, window_end, state, attempt, progress, step, reason, inputs, "
        "environment, queued_at, finished_at"
    )
    without_triggers(
        "assessments_run",
        f"INSERT INTO assessments_run (id, verdict, {columns}) SELECT gen_random_uuid(), 'within', "
        f"{columns.replace('window_start', 'now()').replace('window_end', 'now()')} FROM assessments_run LIMIT 1",
    )
    assert [found.startswith("The results of the run ") for found in disagreements()] == [True]


def test_a_workspace_ungoverned_by_sql_is_named(lived):
    without_triggers(
        "registry_registryrules",
        "INSERT INTO registry_registryrules (workspace_id, governed) SELECT id, false FROM accounts_workspace "
        "WHERE slug = 'main'",
    )
    assert disagreements() == ["The workspace main is not governed, and no entry says so."]
