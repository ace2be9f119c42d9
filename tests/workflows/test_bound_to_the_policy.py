"""Every run, gate and decision is bound to the version of the policy that was in force, and names it."""

from django.utils import timezone

from audits.assessments.services import execute, request_run
from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for
from audits.workflows.models import Decision
from audits.workflows.services import decision_view, request_change
from tests.factories import RETIREMENT, publish
from tests.fixtures.story import approve


def stricter(document: dict) -> dict:
    """Limits under which the score of the story is judged otherwise."""
    limits = [
        entry | {"amber": 0.9, "red": 5.0} if entry["measure"] == "psi" else entry for entry in document["limits"]
    ]
    return document | {"limits": limits}


def test_a_run_is_judged_by_the_policy_in_force_when_it_was_queued(story, standard_document):
    run = request_run(story.plan("drift"), window_start=story.run("drift").window_start, actor=story.engineer)
    publish(stricter(standard_document))
    run = execute(run.pk)
    judged = run.results.get(measure="psi", column="score")
    assert (run.policy.number, judged.limit["policy_version"], judged.limit["red"]) == (1, 1, 0.25)
    told = Entry.objects.about(run).get(action=Action.ASSESSMENT_COMPLETED)
    assert told.details["policy"] == 1


def test_what_was_measured_stays_judged_as_it_was(story, standard_document):
    before = list(story.run("drift").results.values_list("verdict", "limit"))
    publish(stricter(standard_document))
    assert list(story.run("drift").results.values_list("verdict", "limit")) == before


def test_the_gate_asks_the_policy_in_force_and_says_which(api, story, standard_document):
    version = story.candidate()
    asked = f"/api/v1/models/{story.model.slug}/versions/{version.number}/gate/"
    before = api(story.engineer, workspace=story.workspace).get(asked).json()
    assert before["policy_version"] == 1
    assert any("drift assessment" in blocker for blocker in before["blockers"])
    publish(standard_document | {"promotion": {"required_assessments": [], "must_be_decided": []}})
    after = api(story.engineer, workspace=story.workspace).get(asked).json()
    assert after["policy_version"] == 2
    assert not any("drift assessment" in blocker for blocker in after["blockers"] + gate_for(version).reasons)


def test_a_request_awaits_the_roles_of_the_policy_in_force_when_it_was_made(story, standard_document):
    change = request_change("retirement", story.model, reason="Replaced.", terms=RETIREMENT, actor=story.owner)
    told = Entry.objects.about(change).get(action=Action.CHANGE_REQUESTED)
    assert (change.policy.number, told.details["policy"], change.evidence["policy"]["version"]) == (1, 1, 1)
    roles = change.roles_required
    tiers = dict.fromkeys("123", ["validator", "validator", "risk_officer"])
    publish(standard_document | {"approvals": standard_document["approvals"] | {"retirement": tiers}})
    change.refresh_from_db()
    assert (change.policy.number, change.roles_required) == (1, roles)


def test_a_decision_signs_the_version_of_the_policy_it_is_bound_to(story):
    change = request_change("retirement", story.model, reason="Replaced.", terms=RETIREMENT, actor=story.owner)
    decision = approve(change, story.validator)
    assert decision.statement["policy_version"] == change.policy.number == 1


def test_a_new_policy_voids_what_was_decided_over_the_evidence_of_the_old(story, standard_document):
    """The evidence names the policy in force; those who signed before saw another one."""
    change = request_change("retirement", story.model, reason="Replaced.", terms=RETIREMENT, actor=story.owner)
    approve(change, story.validator)
    publish(stricter(standard_document))
    shown = decision_view(change, person=story.risk_officer).change
    assert shown.evidence["policy"]["version"] == 2
    assert not Decision.objects.standing().filter(change=change).exists()
    assert timezone.now() < shown.expires_at
