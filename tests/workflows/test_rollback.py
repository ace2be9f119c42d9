"""Going back to the version before: one act of one person, to what was approved and still is, and to nothing else."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Breach, Plan
from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.gates.gate import OF_ANOTHER_VERSION, Blocker
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services import raise_finding, request_change
from audits.workflows.services.arrangements import begin_of_rollback, expire_arrangements
from inventory.models import ModelVersion, Policy
from inventory.services import return_version
from inventory.states import Stage, Status
from mrm.errors import NotPermitted, RuleBroken
from registry.models import Alias
from registry.services import follow_roll_backs
from reports.contents.agreement import disagreements
from reports.contents.undecided import undecided
from tests.factories import PASSWORD, make_reference, make_version, publish
from tests.fixtures.story import approve, told_further
from tests.rest import is_problem, post_json, sign_json
from tests.signing import roll_back, signed_on_page, suspend
from tests.workflows.kinds import open_the_gate, promoted
from tests.workflows.test_nothing_without_its_decision import refused, sql

Kind, Held = ChangeRequest.Kind, Arrangement.Kind
WHY = "Version 2 refuses everybody from the new branch."


@pytest.fixture(scope="module")
def story_database(told_story, django_db_blocker):
    """The story goes on: version 2 took the place of version 1."""
    with django_db_blocker.unblock(), told_further(told_story) as story:
        open_the_gate()
        promoted(story, another(story))
        yield


@pytest.fixture
def second(story) -> ModelVersion:
    """In production in place of version 1."""
    return story.model.production_version()


def another(story) -> ModelVersion:
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    return version


def test_one_person_goes_back_to_the_version_that_was_approved_before(story, second):
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=story.version)
    rollback = roll_back(story.model, reason=WHY, actor=story.validator)
    second.refresh_from_db()
    assert (story.version.stage, second.stage) == (Stage.PRODUCTION, Stage.SUPERSEDED)
    assert (story.version.ended_at, story.model.status) == (None, Status.IN_USE)
    assert (rollback.ends_at, rollback.change) == (approval.ends_at, approval.change)
    told = {"left": 2, "approval": approval.reference, "conditions": [], "passed_over": []}
    assert rollback.terms == {"reason": WHY} | told
    entries = Entry.objects.about(story.version).filter(action=Action.VERSION_RETURNED)
    assert entries.get().actor_name == str(story.validator)


def test_it_is_reported_by_a_finding_against_what_was_left(story, second):
    rollback = roll_back(story.model, reason=WHY, actor=story.risk_officer)
    finding = Finding.objects.get(version=second)
    assert rollback.reference in finding.title and WHY in finding.observation


def test_what_rested_on_the_version_that_is_left_ends_with_it(story, second):
    roll_back(story.model, reason=WHY, actor=story.owner)
    assert not Arrangement.objects.active().filter(version=second).exists()
    assert not Breach.objects.open().filter(version=second).exists()


def test_windows_that_closed_meanwhile_are_not_assessed_as_empty(story, second):
    Plan.objects.filter(version=story.version).update(
        window_start=timezone.now() - timedelta(days=90), next_due_at=timezone.now() - timedelta(days=60)
    )
    roll_back(story.model, reason=WHY, actor=story.owner)
    assert not Plan.objects.due(timezone.now()).filter(version=story.version).exists()


def test_the_restored_approval_ends_when_it_would_have_and_is_made_good_by_another(story, second):
    rollback = roll_back(story.model, reason=WHY, actor=story.validator)
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # As at the end of its own transaction.
    sql("SET CONSTRAINTS ALL DEFERRED")
    expire_arrangements(rollback.ends_at)
    assert story.model.status == Status.RESTRICTED
    change = request_change(Kind.APPROVAL, story.version, reason="Again.", actor=story.owner)
    approve(change, story.validator)
    approve(change, story.risk_officer)
    assert story.model.status == Status.IN_USE


@pytest.mark.parametrize("who", ["engineer", "auditor", "administrator", None], ids=str)
def test_who_may_not_suspend_a_model_may_not_take_it_back(story, second, who):
    with pytest.raises(NotPermitted):
        roll_back(story.model, reason=WHY, actor=who and story.person(who))
    assert story.version.stage == Stage.SUPERSEDED


def test_what_a_roll_back_left_is_no_way_forward(story, second):
    roll_back(story.model, reason=WHY, actor=story.validator)
    connection.check_constraints()
    with pytest.raises(RuleBroken, match="no version was in production"):
        roll_back(story.model, reason="Version 2 again.", actor=story.validator)
    third = promoted(story, another(story))
    rollback = roll_back(story.model, reason=WHY, actor=story.validator)
    assert (rollback.version, rollback.terms["left"]) == (story.version, third.number), "not the version left before"


def test_a_suspended_model_or_a_critical_finding_stands_in_the_way(story, second):
    said = {"severity": "critical", "observation": "O.", "required_outcome": "R.", "actor": story.validator}
    raise_finding(story.model, version=story.version, title="It leaks.", **said)
    with pytest.raises(RuleBroken, match="It leaks"):
        roll_back(story.model, reason=WHY, actor=story.risk_officer)
    suspend(story.model, reason="Stop.", actor=story.risk_officer)
    with pytest.raises(RuleBroken, match="is suspended"):
        roll_back(story.model, reason=WHY, actor=story.risk_officer)


def test_every_blocker_of_the_gate_is_bound_or_passed_over_with_its_reason_on_record(story, second):
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = ["bias", "performance"]
    publish(document)
    said = {"severity": "critical", "observation": "O.", "required_outcome": "R.", "actor": story.validator}
    raise_finding(story.model, version=second, title="It leaks.", **said)
    rollback = roll_back(story.model, reason=WHY, actor=story.owner)
    passed_over = rollback.terms["passed_over"]
    assert any("critical" in text and OF_ANOTHER_VERSION in text for text in passed_over)
    assert any("led to its approval" in text for text in passed_over)
    assert not any("superseded" in text for text in passed_over)
    assert Blocker("model_status", "").why_passed_over_in_rollback == ""
    assert Blocker("not_fit", "").why_passed_over_in_rollback == ""
    assert Blocker("objection", "").why_passed_over_in_rollback == ""
    assert Blocker("findings.critical", "").why_passed_over_in_rollback == ""
    assert Blocker("assessment.bias", "").why_passed_over_in_rollback


def test_a_reason_is_asked_for(story, second):
    with pytest.raises(RuleBroken, match="Say what happened"):
        roll_back(story.model, reason="  ", actor=story.validator)


def test_a_shell_cannot_put_a_superseded_version_back_without_a_roll_back(story, second):
    with refused("version 1 goes back into production by a roll-back"):
        return_version(story.version, actor=story.validator)
    with refused("a version goes into production once"):
        sql("UPDATE inventory_modelversion SET stage = 'superseded' WHERE id = %s", second.pk)
        sql(
            "UPDATE inventory_modelversion SET stage = 'production', promoted_at = now() WHERE id = %s",
            story.version.pk,
        )


@pytest.mark.parametrize("fault", ["never approved", "longer", "by a program"])
def test_a_roll_back_written_past_the_services_rests_on_the_approval_that_was(story, second, fault):
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=story.version)
    ends_at = approval.ends_at + timedelta(days=fault == "longer")
    if fault == "never approved":
        approval.change = request_change(Kind.APPROVAL, second, reason="Longer.", actor=story.owner)
    person = None if fault == "by a program" else story.validator
    with refused("goes back to a version by an approval of it that has not ended"), governed():
        begin_of_rollback(approval, title="Mine", ends_at=ends_at, terms={}, actor=person)
        return_version(story.version, actor=story.validator)


def test_at_most_one_roll_back_holds_about_a_model(story, second):
    rollback = roll_back(story.model, reason=WHY, actor=story.validator)
    rollback.pk, rollback.reference = None, "RB-2"
    with pytest.raises(IntegrityError, match="one_active_rollback_per_model"):
        rollback.save(force_insert=True)


def test_records_and_rows_agree_afterwards(story, second):
    before = {*disagreements(), *undecided(9)}
    roll_back(story.model, reason=WHY, actor=story.validator)
    assert {*disagreements(), *undecided(9)} == before


# Where people and programs meet it.


def test_the_page_says_what_it_does_and_does_it(story, second, client):
    client.force_login(story.risk_officer)
    address = reverse("roll-back-model", args=[story.model.slug])
    assert address in client.get(reverse("model", args=[story.model.slug])).text
    page = client.get(address).text
    assert "goes into production at once" in page and "under its approval" in page
    assert signed_on_page(client, address, reason=WHY).status_code == 302
    assert story.version.stage == Stage.PRODUCTION
    refusal = client.post(address, {"reason": WHY})
    assert (refusal.status_code, "no version was in production" in refusal.text) == (409, True)


def test_programs_of_people_go_back_and_are_told_why_not(story, second, api):
    address = f"/api/v1/models/{story.model.slug}/roll-back/"
    is_problem(sign_json(api(story.engineer), address, reason=WHY), 403)
    made = sign_json(api(story.owner), address, reason=WHY)
    assert (made.status_code, made.json()["kind"], made.json()["terms"]["left"]) == (201, "rollback", 2)
    proof = {"evidence_digest": "0" * 64, "password": PASSWORD}
    is_problem(post_json(api(story.owner), address, {"reason": WHY} | proof), 409)


def test_an_alias_that_means_production_follows_and_others_do_not(story, second):
    for name in ("champion", "newest"):
        Alias.objects.create(model=story.model, name=name, version=second)
    assert follow_roll_backs() == []
    roll_back(story.model, reason=WHY, actor=story.validator)
    assert [alias.name for alias in follow_roll_backs()] == ["champion"]
    assert Alias.objects.get(name="champion").version == story.version
    assert Alias.objects.get(name="newest").version == second
    assert follow_roll_backs() == []
