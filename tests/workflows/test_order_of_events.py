"""Orders of acts that would get approved what should not be: what changes between the acts of several people."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Run
from audits.assessments.services import execute, request_run, rerun
from audits.workflows.gates import gate_for
from audits.workflows.gates.windows import runs_that_count
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services import decision_view, expire_arrangements, raise_finding, request_change, withdraw
from audits.workflows.states import ChangeState
from inventory.contents.cadences import cadence_of
from inventory.models import Model, Policy
from inventory.policies import FACTORS, faults_in
from inventory.services import edit_model, edit_use, propose_use
from inventory.states import Status
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import (
    make_model,
    make_otherwise,
    make_person,
    make_reference,
    make_version,
    publish,
    undecided,
)
from tests.fixtures.story import SUMMER, approve, assess, log, make_applicants, make_scoring_version, scored
from tests.signing import close_arrangement, roll_back
from tests.workflows.duties import reasons
from tests.workflows.kinds import acceptance_terms, after, decided, exception_terms, in_days, overlay_terms
from tests.workflows.validating import make_panel, validated

Kind, Held = ChangeRequest.Kind, Arrangement.Kind
WHY = "It is needed."
KEEPS = "workflows_arrangement_rows_stay"
EMERGENCY = {"emergency": "No score.", "compensating_control": "By hand."}


@pytest.fixture
def finding(story) -> Finding:
    said = {"title": "Weak documentation", "observation": "O.", "required_outcome": "R."}
    return raise_finding(story.model, severity="medium", actor=story.validator, **said)


def into_tier_1(story) -> None:
    """What is stricter holds at once."""
    edit_model(story.model, changes=dict.fromkeys(FACTORS, "high"), actor=story.owner)
    assert story.model.tier == 1


def again(change: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=change.pk)


def test_a_request_is_not_decided_by_fewer_than_its_tier_asks_for_by_then(story, officers):
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    approve(change, officers[0])
    into_tier_1(story)
    assert "also needs the approval of chief risk officer" in reasons(again(change), officers[1])
    with pytest.raises(RuleBroken, match="withdraw it and ask again"):
        approve(change, officers[1])
    assert not change.arrangements.exists()


def test_a_request_is_not_decided_by_fewer_than_a_newer_policy_asks_for(story, officers, standard_document):
    change = request_change(Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(), actor=story.owner)
    three = dict.fromkeys("123", ["validator", "risk_officer", "chief_risk_officer"])
    publish(standard_document | {"approvals": standard_document["approvals"] | {"overlay": three}})
    assert "also needs the approval of chief risk officer" in reasons(change, officers[0])
    withdraw(change, reason="Asked anew.", actor=story.owner)
    again = request_change(Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(), actor=story.owner)
    assert reasons(again, officers[0]) == ""


def test_the_database_approves_nothing_by_fewer_than_are_asked_for_by_then(story, officers):
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    into_tier_1(story)
    with (
        pytest.raises(RuleBroken, match="everybody whom the policy names"),
        undecided("workflows_changerequest", "workflows_changerequest_is_decided"),
    ):
        ChangeRequest.objects.filter(pk=change.pk).update(state=ChangeState.APPROVED, decided_at=timezone.now())


def test_a_newer_policy_that_asks_for_passkeys_binds_what_was_asked_for_before(story, officers, standard_document):
    change = request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)
    publish(standard_document | {"signatures": {"passkey": {"retraining": ["1", "2", "3"]}}})
    with pytest.raises(NotPermitted, match="passkey"):
        approve(change, officers[0])


@pytest.mark.parametrize("kind", [Kind.RISK_ACCEPTANCE, Kind.OVERLAY, Kind.RETRAINING])
def test_a_request_takes_the_place_of_nothing_that_is_not_of_its_kind(story, officers, finding, kind):
    auditor, chief = story.auditor, make_person(Role.CHIEF_RISK_OFFICER, workspace=story.workspace)
    terms = {"matter": "Case 7.", "scope": "All of it."}
    hold = decided(Kind.LEGAL_HOLD, story.model, chief, auditor, terms=terms, actor=story.owner).arrangements.get()
    subject, terms = {
        Kind.RISK_ACCEPTANCE: (story.model, acceptance_terms(finding)),
        Kind.OVERLAY: (story.model, overlay_terms(measured_effect="None.")),
        Kind.RETRAINING: (story.version, {}),
    }[kind]
    with pytest.raises(RuleBroken, match=f"{hold.reference}, of the kind legal hold, is not renewed"):
        request_change(kind, subject, reason=WHY, terms=terms, renews=hold, actor=story.owner)


def test_the_acceptance_of_one_finding_does_not_end_that_of_another(story, officers, finding):
    other = raise_finding(
        story.model, severity="low", title="T", observation="O.", required_outcome="R.", actor=story.validator
    )
    accepted = decided(
        Kind.RISK_ACCEPTANCE, story.model, *officers, terms=acceptance_terms(finding), actor=story.owner
    ).arrangements.get()
    with pytest.raises(RuleBroken, match="accepts another finding"):
        request_change(
            Kind.RISK_ACCEPTANCE, story.model, reason=WHY, terms=acceptance_terms(other), renews=accepted,
            actor=story.owner,
        )  # fmt: skip


def test_the_database_renews_nothing_by_another_kind(story, officers, finding):
    accepted = decided(
        Kind.RISK_ACCEPTANCE, story.model, *officers, terms=acceptance_terms(finding), actor=story.owner
    ).arrangements.get()
    overlay = decided(Kind.OVERLAY, story.model, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    connection.check_constraints()
    with pytest.raises(IntegrityError, match=f"{accepted.reference} is renewed by another"), transaction.atomic():
        with undecided("workflows_arrangement", KEEPS):
            Arrangement.objects.filter(pk=overlay.pk).update(renews=accepted)
        Arrangement.objects.filter(pk=accepted.pk).update(state="renewed", ended_at=timezone.now())
        connection.check_constraints()


def test_nobody_alone_ends_what_a_version_is_in_production_by(story):
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=story.version)
    another = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    for lapses in (False, True):
        if lapses:
            expire_arrangements(after(approval))
        with pytest.raises(RuleBroken, match="approved anew, replaced or retired"):
            close_arrangement(approval, reason="In order.", actor=another)


def test_the_database_lets_nobody_alone_end_what_a_version_is_in_production_by(story):
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=story.version)
    another = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    with pytest.raises(IntegrityError, match="is closed by"), transaction.atomic():
        Arrangement.objects.filter(pk=approval.pk).update(state="closed", ended_by=another, ended_at=timezone.now())
        connection.check_constraints()


def test_a_use_that_is_reworded_between_two_approvals_voids_the_first(story, candidate, officers):
    use = propose_use(story.model, title="Reporting", business_purpose="Statistics.", actor=story.owner)
    terms = {"uses": [str(use.number)]}
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, terms=terms, actor=story.owner)
    approve(change, officers[0])
    edit_use(use, changes={"business_purpose": "Refusing loans."}, actor=story.owner)
    approve(change, officers[1])
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING
    assert "uses" in change.decisions.get(person=officers[0]).voided_because


def test_whoever_takes_part_in_it_after_their_vote_has_not_voted(story, officers, candidate):
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    approve(change, officers[0])
    make_otherwise(candidate, registered_by=officers[0])
    approve(change, officers[1])
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING
    voided = change.decisions.get(person=officers[0]).voided_because
    assert f"this is so of {officers[0]}" in voided and "registered version" in voided


def test_what_came_to_nothing_before_is_shown_to_whoever_is_asked_again(story, candidate, officers):
    first = request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    approve(first, officers[0])
    withdraw(first, reason="Others will decide.", actor=story.owner)
    again = request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    told = {"reference": first.reference, "state": "withdrawn", "decided": [f"{officers[0]} approved it"]}
    assert again.evidence["asked_before"] == [told]
    assert decision_view(again, person=officers[1]).change.evidence_digest == again.evidence_digest


def test_what_comes_to_nothing_after_it_was_asked_for_voids_no_votes(story, open_gate, officers):
    def asked_for():
        version = make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer)
        make_reference(version, story.folder)
        return request_change(Kind.PROMOTION, version, reason=WHY, actor=story.owner)

    first, second = asked_for(), asked_for()
    approve(second, officers[0])
    withdraw(first, reason="The other one is enough.", actor=story.owner)
    approve(second, officers[1])
    second.refresh_from_db()
    assert second.state == ChangeState.COMPLETED


def test_what_was_not_fit_is_not_fit_under_another_number(story, open_gate):
    def with_artifact():
        version = make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer)
        make_reference(version, story.folder)
        return version

    unfit = with_artifact()
    panel = make_panel(story.workspace)
    judged = validated(unfit, panel, outcome="not_fit")
    again = with_artifact()
    assert gate_for(again).reasons == [
        f"{judged.reference} found {unfit} not fit for use, and this is the same artifact."
    ]
    validated(again, panel, outcome="fit")
    assert gate_for(again).reasons == []
    assert gate_for(unfit).reasons != []
    validated(again, panel, kind="change_triggered", outcome="fit")
    assert gate_for(again).reasons == [], "a lighter opinion in place of the full one takes nothing back"


def test_what_a_full_validation_found_not_fit_is_found_fit_by_no_lighter_one(story, open_gate):
    version, panel = (
        make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer),
        make_panel(story.workspace),
    )
    make_reference(version, story.folder)
    judged = validated(version, panel, kind="initial", outcome="not_fit")
    validated(version, panel, kind="change_triggered", outcome="fit")
    assert gate_for(version).reasons == [f"{judged.reference} found {version} not fit for use."]
    validated(version, panel, kind="initial", outcome="fit")
    assert gate_for(version).reasons == []


def test_the_gate_is_not_opened_by_choosing_what_a_run_looks_at(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    log(version, scored(story.booster, make_applicants(400, seed=7, prefix="D", shift=1.5)), story.folder)
    assess(version)
    log(version, scored(story.booster, make_applicants(400, seed=6, start=SUMMER, prefix="E")), story.folder)
    plan, until = version.plans.get(kind="drift"), SUMMER + timedelta(days=2)
    part = execute(request_run(plan, window_start=SUMMER, window_end=until, actor=story.engineer).pk)
    assert (part.state, part.results.filter(verdict="red").count()) == ("succeeded", 0)
    gate = gate_for(version)
    assert "Drift is red: " in " ".join(gate.reasons)
    assert f"was asked for by {story.engineer} over a time of their choice" in " ".join(gate.warnings)
    terms = EMERGENCY | {"ends_on": in_days(3)}
    change = request_change(Kind.BREAK_GLASS, version, reason=WHY, terms=terms, actor=story.owner)
    shown = [one for one in change.evidence["assessments"] if one["kind"] == "drift"]
    assert [one["requested_by"] for one in shown] == ["", str(story.engineer)]
    assert shown[1]["window"] == [SUMMER.isoformat(), until.isoformat()]


def test_a_longer_window_of_choice_takes_no_place_of_a_scheduled_one_and_the_same_window_does(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    log(version, scored(story.booster, make_applicants(400, seed=7, prefix="D", shift=1.5)), story.folder)
    assess(version)
    log(version, scored(story.booster, make_applicants(400, seed=6, start=SUMMER, prefix="E")), story.folder)
    plan, until = version.plans.get(kind="drift"), SUMMER + timedelta(days=2)
    scheduled = Run.objects.get(plan=plan)
    for since in (until - cadence_of(story.model, "drift").span, scheduled.window_start):
        execute(request_run(plan, window_start=since, window_end=until, actor=story.engineer).pk)
        assert "Drift is red: " in " ".join(gate_for(version).reasons)
    again = execute(rerun(scheduled, actor=story.engineer).pk)
    assert runs_that_count(version)["drift"].whole == again


@pytest.mark.parametrize("outcome", ["not_fit", "critical"])
def test_no_emergency_releases_what_is_known_to_be_unfit(story, open_gate, outcome):
    version = make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer)
    if outcome == "not_fit":
        validated(version, make_panel(story.workspace), outcome="not_fit")
    else:
        said = {"title": "Wrong sign", "observation": "O.", "required_outcome": "R."}
        raise_finding(story.model, version=version, severity="critical", actor=story.validator, **said)
    again = make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer)
    for one in (version, again):
        with pytest.raises(RuleBroken, match="not fit for use|is open: Wrong sign"):
            request_change(
                Kind.BREAK_GLASS, one, reason=WHY, terms=EMERGENCY | {"ends_on": in_days(3)}, actor=story.owner
            )


def test_a_critical_finding_about_what_is_replaced_does_not_keep_its_replacement_out(story, open_gate):
    said = {"title": "Wrong sign", "observation": "O.", "required_outcome": "R."}
    raise_finding(story.model, version=story.version, severity="critical", actor=story.validator, **said)
    version = make_version(story.model, actor=story.engineer)
    request_change(Kind.BREAK_GLASS, version, reason=WHY, terms=EMERGENCY | {"ends_on": in_days(3)}, actor=story.owner)


def test_going_back_begins_the_days_of_emergencies_no_second_time(story, officers):
    def release(ends_on):
        version = make_version(story.model, actor=story.engineer)
        terms = EMERGENCY | {"ends_on": ends_on}
        return decided(Kind.BREAK_GLASS, version, *officers, terms=terms, actor=story.owner)

    first = release(in_days(3)).arrangements.get()
    connection.check_constraints()
    roll_back(story.model, reason=WHY, actor=story.validator)
    connection.check_constraints()
    with undecided("workflows_arrangement", KEEPS):
        Arrangement.objects.filter(pk=first.pk).update(starts_at=timezone.now() - timedelta(days=9))
    with undecided("workflows_arrangement", KEEPS):
        Arrangement.objects.filter(kind=Held.APPROVAL).update(starts_at=timezone.now() - timedelta(days=10))
    with pytest.raises(RuleBroken, match=f"Since {first.reference} began"):
        release(in_days(22))


def test_an_exception_for_one_version_counts_where_it_is_asked_for_the_model(story, officers):
    terms = exception_terms()
    for subject in (story.version, story.model):
        held = decided(Kind.EXCEPTION, subject, *officers, terms=terms, actor=story.owner).arrangements.get()
        close_arrangement(held, reason="Over.", actor=make_person(Role.RISK_OFFICER, workspace=story.workspace))
    for subject in (story.version, story.model):
        with pytest.raises(RuleBroken, match="renewed 1 time"):
            request_change(Kind.EXCEPTION, subject, reason=WHY, terms=terms, actor=story.owner)


def test_an_exception_that_was_refused_for_the_model_is_shown_to_whoever_is_asked_for_a_version(story, officers):
    asked = {"reason": WHY, "terms": exception_terms(), "actor": story.owner}
    first = request_change(Kind.EXCEPTION, story.model, **asked)
    approve(first, officers[0], approved=False, meaning="rejected", comment="It is needed.")
    again = request_change(Kind.EXCEPTION, story.version, **asked)
    assert [one["reference"] for one in again.evidence["asked_before"]] == [first.reference]


@pytest.mark.parametrize(
    "again", ["Energy  prices are\tno input", "energy prices are no input.", "Energy prices are no inｐut"]
)
def test_an_overlay_for_what_reads_alike_is_the_same(story, officers, again):
    held = decided(Kind.OVERLAY, story.model, *officers, terms=overlay_terms(), actor=story.owner).arrangements.get()
    with pytest.raises(RuleBroken, match=f"{held.reference} is already about this limitation"):
        request_change(Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(limitation=again), actor=story.owner)


def test_an_overlay_that_lapsed_or_was_ended_goes_on_and_is_counted(story, officers):
    terms = overlay_terms()
    first = decided(Kind.OVERLAY, story.model, *officers, terms=terms, actor=story.owner).arrangements.get()
    expire_arrangements(after(first))
    with pytest.raises(RuleBroken, match=f"{first.reference} was about this limitation"):
        request_change(Kind.OVERLAY, story.model, reason=WHY, terms=terms, actor=story.owner)
    terms |= {"measured_effect": "Two points."}
    otherwise = terms | {"limitation": terms["limitation"].upper()}
    with pytest.raises(RuleBroken, match=f"as “{terms['limitation']}”: call it the same"):
        request_change(Kind.OVERLAY, story.model, reason=WHY, terms=otherwise, actor=story.owner)
    second = decided(Kind.OVERLAY, story.model, *officers, terms=terms, actor=story.owner).arrangements.get()
    first.refresh_from_db()
    assert first.state == "closed" and Model.objects.get(pk=story.model.pk).status != Status.RESTRICTED
    close_arrangement(second, reason="Over.", actor=make_person(Role.RISK_OFFICER, workspace=story.workspace))
    assert not Finding.objects.filter(origin__startswith="overlay:").exists()
    third = decided(Kind.OVERLAY, story.model, *officers, terms=terms, actor=story.owner).arrangements.get()
    raised = Finding.objects.get(origin=f"overlay:{third.pk}")
    assert raised.title.startswith("Overlay renewed 2 times") and len(raised.evidence) == 3


def test_one_emergency_after_the_other_lasts_no_longer_than_the_first_might(story, officers):
    def release(version, ends_on):
        return decided(
            Kind.BREAK_GLASS, version, *officers, terms=EMERGENCY | {"ends_on": ends_on}, actor=story.owner
        ).arrangements.get()

    first = release(make_version(story.model, actor=story.engineer), in_days(3))
    with undecided("workflows_arrangement", KEEPS):
        Arrangement.objects.update(starts_at=timezone.now() - timedelta(days=10))
        Arrangement.objects.filter(pk=first.pk).update(starts_at=timezone.now() - timedelta(days=9))
    another = make_version(story.model, actor=story.engineer)
    with pytest.raises(RuleBroken, match=f"Since {first.reference} began"):
        release(another, in_days(22))
    release(another, in_days(21))


def test_an_approval_in_full_begins_the_days_of_emergencies_anew(story, officers, open_gate):
    assert Policy.objects.in_force().section("break_glass")["most_days"] == 30
    terms = EMERGENCY | {"ends_on": in_days(30)}
    for _ in range(2):
        version = make_version(story.model, actor=story.engineer)
        decided(Kind.BREAK_GLASS, version, *officers, terms=terms, actor=story.owner)
        make_reference(version, story.folder)
        decided(Kind.APPROVAL, version, *officers, actor=story.owner)


def test_who_owns_another_model_with_the_same_artifact_does_not_decide(story, open_gate):
    owner = make_person(Role.OWNER, Role.VALIDATOR, workspace=story.workspace)
    first = make_version(make_model(workspace=story.workspace, owner=owner), artifact_sha256="6" * 64)
    again = make_version(story.model, artifact_sha256="6" * 64, actor=story.engineer)
    make_reference(again, story.folder)
    change = request_change(Kind.PROMOTION, again, reason=WHY, actor=story.engineer)
    assert f"you own {first.model}, where the same artifact is registered" in reasons(change, owner)
    edit_model(first.model, changes={"owner": story.owner}, actor=owner)
    assert f"you owned {first.model} until" in reasons(change, owner)


def test_a_number_beyond_all_numbers_is_refused_in_words(story):
    with pytest.raises(UnusableData, match="it must be a number"):
        request_change(
            Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(size_percent=10**400), actor=story.owner
        )


def test_a_condition_is_due_before_what_it_is_a_condition_of_ends(story, candidate, officers):
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, terms={"ends_on": in_days(30)}, actor=story.owner)
    for due_on in (in_days(31), "9999-12-31"):
        with pytest.raises(UnusableData, match="due after the approval ends"):
            approve(change, officers[0], conditions=[{"text": "Watched monthly.", "due_on": due_on}])
    approve(change, officers[0], conditions=[{"text": "Watched monthly.", "due_on": in_days(30)}])


def test_a_risk_that_was_accepted_is_shown_to_whoever_decides_about_another_version(story, candidate, officers):
    said = {"title": "Unstable", "observation": "O.", "required_outcome": "R.", "actor": story.validator}
    finding = raise_finding(story.model, version=story.version, severity="high", **said)
    terms = acceptance_terms(finding)
    accepted = decided(Kind.RISK_ACCEPTANCE, story.model, *officers, terms=terms, actor=story.owner).arrangements.get()
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    told = f"{finding.reference} (high) is open: Unstable. Waived by {accepted.reference} until {terms['ends_on']}."
    assert (change.evidence["gate"], change.evidence["waived"]) == ([], [told])


def test_a_risk_that_is_accepted_again_and_again_says_so(story, finding, officers):
    terms = acceptance_terms(finding)
    first = decided(Kind.RISK_ACCEPTANCE, story.model, *officers, terms=terms, actor=story.owner).arrangements.get()
    assert first.change.evidence["finding"]["accepted_before"] == []
    expire_arrangements(after(first))
    second = decided(Kind.RISK_ACCEPTANCE, story.model, *officers, terms=terms, actor=story.owner)
    assert second.evidence["finding"]["accepted_before"] == [first.reference]
    page = Client()
    page.force_login(story.auditor)
    assert f"Accepted before: {first.reference}" in page.get(reverse("change", args=[second.reference])).text


def test_a_committee_of_one_is_no_committee(standard_document):
    document = standard_document | {"committee": {"quorum": 1, "of_second_line": 1}}
    assert faults_in(document) == ["committee.quorum must be at least 2: nobody decides alone."]
