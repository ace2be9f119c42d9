"""Orders of acts that go around a rule by another model, another office, or a policy or role of before."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.workflows.gates import gate_for
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services import (
    ARRANGEMENT_CLOSURE,
    FINDING_CLOSURE,
    draft_finding,
    expire_arrangements,
    may_withdraw,
    raise_finding,
    request_change,
    withdraw,
)
from audits.workflows.services.findings.access import why_not_judge
from audits.workflows.services.rollback import way_back
from audits.workflows.services.validations import assign_validator, prepare_attestation, sign_attestation
from inventory.models import ModelVersion
from inventory.services import edit_model
from mrm.accounts.policies import Role
from mrm.accounts.services import Password, prepare_act, sign_act
from mrm.errors import NotPermitted
from tests.factories import PASSWORD, make_model, make_otherwise, make_person, make_reference, make_version, publish
from tests.fixtures.story import approve
from tests.signing import close_arrangement, confirm_tier, drop_finding, suspend, switch_off
from tests.workflows.duties import WHY, assert_the_database_refuses, now_holding, reasons
from tests.workflows.kinds import after, decided, in_days, overlay_terms
from tests.workflows.validating import asked, attest, make_panel, validated

Kind = ChangeRequest.Kind
SAID = {"title": "Weak", "observation": "O.", "required_outcome": "R."}
REJECTED = {"approved": False, "meaning": "rejected", "comment": "No."}


@pytest.fixture
def elsewhere(story):
    """Another model of the workspace."""
    return make_model(workspace=story.workspace, owner=story.owner, actor=story.engineer)


@pytest.fixture
def developer(story):
    """A validator, whom the register names as the developer of the model."""
    person = make_person(Role.VALIDATOR, Role.RISK_OFFICER, workspace=story.workspace)
    edit_model(story.model, changes={"developer": person}, actor=None)
    return person


def same_artifact(story, model):
    version = make_version(model, artifact_sha256="5" * 64, actor=story.engineer)
    make_reference(version, story.folder)
    return version


def test_what_was_not_fit_is_not_fit_as_another_model(story, open_gate, elsewhere):
    unfit = same_artifact(story, elsewhere)
    judged = validated(unfit, make_panel(story.workspace), outcome="not_fit")
    again = same_artifact(story, story.model)
    told = f"{judged.reference} found {unfit} not fit for use, and this is the same artifact."
    assert gate_for(again).reasons == [told]


def test_what_is_known_of_an_artifact_as_another_model_is_shown_to_whoever_decides(story, open_gate, elsewhere):
    first = same_artifact(story, elsewhere)
    findings = [
        raise_finding(elsewhere, version=about, severity="high", actor=story.validator, **SAID)
        for about in (first, None)
    ]
    raise_finding(elsewhere, version=first, severity="medium", actor=story.validator, **SAID)
    told = [
        f"{one.reference} (high) is open about {elsewhere}, where the same artifact is registered." for one in findings
    ]
    warnings = gate_for(same_artifact(story, story.model)).warnings
    assert [warning for warning in warnings if "same artifact" in warning] == told


def test_that_its_artifact_was_stopped_as_another_model_is_shown_to_whoever_decides(story, open_gate, elsewhere):
    same = same_artifact(story, elsewhere)
    make_otherwise(same, artifact_sha256=story.version.artifact_sha256)
    suspension = suspend(story.model, reason="It refuses everybody.", actor=story.risk_officer)
    told = f"{story.model} is suspended by {suspension.reference}, with the same artifact in production."
    assert told in gate_for(ModelVersion.objects.get(pk=same.pk)).warnings


def test_what_was_rejected_as_another_model_is_shown_to_whoever_is_asked_again(story, open_gate, elsewhere):
    confirm_tier(elsewhere, actor=story.risk_officer)
    first = request_change(Kind.PROMOTION, same_artifact(story, elsewhere), reason=WHY, actor=story.owner)
    approve(first, story.validator, **REJECTED)
    again = request_change(Kind.PROMOTION, same_artifact(story, story.model), reason=WHY, actor=story.owner)
    assert [one["reference"] for one in again.evidence["asked_before"]] == [first.reference]


def test_the_developer_whom_the_register_names_neither_decides_nor_validates_nor_for_twelve_months_after(
    story, candidate, developer
):
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    assert "you are named as the developer of" in reasons(change, developer)
    panel, validation = make_panel(story.workspace), asked(candidate)
    with pytest.raises(NotPermitted, match="is named as the developer of"):
        assign_validator(validation, person=developer, role="lead", actor=panel.head)
    edit_model(story.model, changes={"developer": None}, actor=story.owner)
    assert "by the register until" in reasons(ChangeRequest.objects.get(pk=change.pk), developer)
    with pytest.raises(NotPermitted, match="less than twelve months ago"):
        assign_validator(validation, person=developer, role="lead", actor=panel.head)


def test_the_developer_closes_nothing_about_the_model(story, officers, developer):
    finding = raise_finding(story.model, severity="medium", actor=story.validator, **SAID)
    assert "you are named as the developer of" in " ".join(why_not_judge(finding, developer))
    held = decided(Kind.OVERLAY, story.model, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    with pytest.raises(NotPermitted, match="you are named as the developer of"):
        close_arrangement(held, reason="Over.", actor=developer)


def test_1_the_developer_of_another_model_with_the_same_artifact_neither_decides_nor_validates(
    story, open_gate, elsewhere
):
    person = make_person(Role.VALIDATOR, workspace=story.workspace)
    same_artifact(story, elsewhere)
    edit_model(elsewhere, changes={"developer": person}, actor=None)
    again = same_artifact(story, story.model)
    change = request_change(Kind.PROMOTION, again, reason=WHY, actor=story.owner)
    assert "where the same artifact is registered" in reasons(change, person)
    with pytest.raises(NotPermitted, match="where the same artifact is registered"):
        assign_validator(asked(again), person=person, role="lead", actor=make_panel(story.workspace).head)
    assert_the_database_refuses(change, person, "the developer of a model neither decides")


def in_use_under_a_condition(story, officers):
    """A version, and the condition under which it was approved, due in thirty days."""
    version = same_artifact(story, story.model)
    change = request_change(Kind.PROMOTION, version, reason=WHY, actor=story.owner)
    approve(change, officers[0], conditions=[{"text": "Only in Austria.", "due_on": in_days(30)}])
    approve(change, officers[1])
    return version, version.arrangements.get(kind="condition")


def test_a_condition_that_lapsed_is_not_shed_under_another_number(story, open_gate, officers):
    _, condition = in_use_under_a_condition(story, officers)
    expire_arrangements(after(condition))
    again = same_artifact(story, story.model)
    told = f"{condition.reference} has lapsed and is not put in order: Only in Austria.."
    assert gate_for(again).reasons == [told]
    other = make_version(story.model, artifact_sha256="6" * 64, actor=story.engineer)
    make_reference(other, story.folder)
    assert gate_for(other).reasons == []
    close_arrangement(Arrangement.objects.get(pk=condition.pk), reason="Met.", actor=story.second_officer())
    assert gate_for(again).reasons == []


def test_a_condition_goes_on_where_the_same_artifact_is_promoted_under_another_number(story, open_gate, officers):
    first, condition = in_use_under_a_condition(story, officers)
    change = decided(Kind.PROMOTION, same_artifact(story, story.model), *officers, actor=story.owner)
    assert f"{condition.reference} goes on: it is the same artifact." in change.outcome
    kept = Arrangement.objects.filter(pk=condition.pk)
    other = make_version(story.model, artifact_sha256="6" * 64, actor=story.engineer)
    make_reference(other, story.folder)
    assert kept.get().state == "active" and first.arrangements.get(kind="approval").state == "closed"
    connection.check_constraints()
    with pytest.raises(IntegrityError, match="in production under another number"), transaction.atomic():
        kept.update(state="closed", ended_at=timezone.now(), ended_because="Superseded.")
        connection.check_constraints()
    decided(Kind.PROMOTION, other, *officers, actor=story.owner)
    assert kept.get().state == "closed", "with the last number of the artifact it was about"
    assert way_back(story.model).conditions == (condition,), "and whoever goes back to that goes back to it"
    connection.check_constraints()


def test_a_condition_that_went_on_lapses_where_the_artifact_serves_under_another_number(story, open_gate, officers):
    _, condition = in_use_under_a_condition(story, officers)
    decided(Kind.PROMOTION, same_artifact(story, story.model), *officers, actor=story.owner)
    expire_arrangements(after(condition))
    assert story.model.status == "restricted"


def test_2_whoever_validated_the_artifact_does_not_vote_on_it_under_another_number_or_model(
    story, open_gate, elsewhere
):
    panel = make_panel(story.workspace)
    validated(same_artifact(story, elsewhere), panel)
    again = same_artifact(story, story.model)
    change = request_change(Kind.PROMOTION, again, reason=WHY, actor=story.owner)
    assert "you validate it as" in reasons(change, panel.lead)
    assert_the_database_refuses(change, panel.lead, "a validator of a version")
    review, reviewer = asked(elsewhere, kind="annual_review"), make_person(Role.VALIDATOR, workspace=story.workspace)
    assign_validator(review, person=reviewer, role="lead", actor=panel.head)
    assert f"({review.reference})" in reasons(change, reviewer), "a review of the model counts for each of its versions"
    assert_the_database_refuses(change, reviewer, "a validator of a version")
    head = now_holding(panel.head, Role.VALIDATOR, workspace=story.workspace)
    assert "you approved the opinion of its validation" in reasons(change, head)
    assert_the_database_refuses(change, head, "approved the opinion")


def test_1_the_database_keeps_the_developer_from_deciding_validating_and_closing(story, candidate, officers, developer):
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    assert_the_database_refuses(change, developer, "the developer of a model neither decides")
    validation, finding = asked(candidate), raise_finding(story.model, severity="low", actor=story.validator, **SAID)
    held = decided(Kind.OVERLAY, story.model, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    now = timezone.now()
    edit_model(story.model, changes={"developer": None}, actor=story.owner)
    for write in (
        lambda: validation.assignments.create(person=developer, role="lead", assigned_by=story.risk_officer),
        lambda: Arrangement.objects.filter(pk=held.pk).update(state="closed", ended_at=now, ended_by=developer),
        lambda: Finding.objects.filter(pk=finding.pk).update(state="dropped", closed_at=now, closed_by=developer),
    ):
        with pytest.raises(IntegrityError, match="the developer of a model neither"), transaction.atomic():
            write()


def test_whoever_made_a_version_does_not_close_what_holds_about_it(story, candidate, officers):
    held = decided(Kind.OVERLAY, candidate, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    maker = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="you registered version"):
        close_arrangement(held, reason="Over.", actor=maker)


def test_an_owner_drops_no_draft_about_their_own_model(story):
    draft = draft_finding(story.model, severity="high", actor=story.validator, **SAID)
    owner = make_person(Role.OWNER, Role.VALIDATOR, workspace=story.workspace)
    edit_model(story.model, changes={"owner": owner}, actor=None)
    draft.refresh_from_db()
    with pytest.raises(NotPermitted, match="An owner does not close findings"):
        drop_finding(draft, reason="Inconvenient.", actor=owner)


def test_an_owner_takes_back_no_legal_hold_that_others_asked_for(story):
    compliance = make_person(Role.COMPLIANCE, workspace=story.workspace)
    terms = {"matter": "Case 7.", "scope": "All of it."}
    hold = request_change(Kind.LEGAL_HOLD, story.model, reason=WHY, terms=terms, actor=compliance)
    with pytest.raises(NotPermitted, match="Only whoever asked"):
        withdraw(hold, reason="Not wanted.", actor=story.owner)
    hold.requester = None
    assert may_withdraw(hold, story.owner), "what the system asked"


def test_a_role_that_is_taken_between_the_statement_and_its_signature_attests_to_nothing(story, candidate):
    panel, validation = make_panel(story.workspace), asked(candidate)
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    statement = prepare_attestation(validation, actor=panel.lead)
    now_holding(panel.lead, Role.AUDITOR, workspace=story.workspace)
    with pytest.raises(NotPermitted):
        sign_attestation(validation, statement.pk, proof=Password(PASSWORD), actor=panel.lead)


def test_a_policy_that_asks_for_passkeys_binds_what_was_begun_or_shown_before(story, candidate, officers):
    finding = raise_finding(story.model, severity="medium", actor=story.validator, **SAID)
    held = decided(Kind.OVERLAY, story.model, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    panel, validation = make_panel(story.workspace), asked(candidate)
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    closer = story.second_officer()
    statement = prepare_act(ARRANGEMENT_CLOSURE, held, comment="Over.", actor=closer)
    document = held.change.policy.document
    kinds = ("arrangement_closure", "finding_closure", "validation")
    publish(document | {"signatures": {"passkey": dict.fromkeys(kinds, ["1", "2", "3"])}})
    assert FINDING_CLOSURE.bound(finding).needs_passkey
    with pytest.raises(NotPermitted, match="asks for a passkey"):
        sign_act(ARRANGEMENT_CLOSURE, held, statement.pk, proof=Password(PASSWORD), actor=closer)
    with pytest.raises(NotPermitted, match="asks for a passkey"):
        attest(validation, panel.lead)


def test_the_gate_names_a_required_assessment_that_is_switched_off(story):
    assert "switched off" not in " ".join(gate_for(story.version).reasons)
    switch_off(story.plan("drift"), actor=story.risk_officer)
    told = f"The drift plan of {story.version} is switched off; the policy requires the assessment."
    assert told in gate_for(story.version).reasons
