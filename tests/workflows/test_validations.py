"""Validation: who may, in which order, over what; and what an approved opinion does."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for, gate_for_approval, gate_for_going_back
from audits.workflows.models import Arrangement, ValidationItem, ValidationRequest
from audits.workflows.policies import OpenFinding, why_not_opinion
from audits.workflows.services import (
    decision_view,
    expire_arrangements,
    raise_finding,
    request_change,
    why_not_decide,
)
from audits.workflows.services.validations import (
    assign_validator,
    begin_validation,
    cancel_validation,
    conclude_item,
    hold_validation,
    link_evidence,
    open_due_validations,
    plan_item,
    raise_challenge,
    refresh_validation,
    release_validator,
    request_validation,
    resolve_challenge,
    respond_to_challenge,
    resume_validation,
    schedule,
    withdraw_evidence,
)
from audits.workflows.states import ValidationState as State
from inventory.models import Model, Policy
from inventory.services import edit_model, edit_use, propose_use
from inventory.states import Status
from mrm.accounts.models import Notice, Signature
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import (
    make_model,
    make_otherwise,
    make_person,
    make_policy,
    make_reference,
    make_version,
    promote,
    publish,
    settle,
    sql,
)
from tests.fixtures.story import approve
from tests.workflows.duties import now_holding
from tests.workflows.validating import (
    asked,
    attest,
    begun,
    concluded,
    make_panel,
    opined,
    reviewed,
    validated,
)


def today() -> date:
    return timezone.now().date()


@pytest.fixture
def panel(story):
    return make_panel(story.workspace)


@pytest.fixture
def version(story):
    """A candidate that nobody has validated."""
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    return version


@pytest.fixture
def open_gate(story):
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish(document)


def finding_on(version, *, severity, actor):
    return raise_finding(
        version.model,
        version=version,
        severity=severity,
        title="Ranks wrongly",
        observation="A third of the ranks turn.",
        required_outcome="They do not.",
        actor=actor,
    )


# Asking and planning.


def test_the_plan_of_a_request_is_what_the_policy_requires_for_type_and_tier(version):
    validation = asked(version)
    required = set(validation.items.filter(is_required=True).values_list("component", flat=True))
    assert {"conceptual_soundness", "fairness", "use_test"} <= required and "vendor" not in required
    assert validation.items.get(component="vendor").is_planned is False
    lighter = request_validation(version.model, kind="annual_review", trigger="A year is over.", actor=None)
    assert lighter.items.filter(is_required=True).count() < len(required)
    assert validation.policy == Policy.objects.in_force()


def test_only_the_annual_review_is_of_a_model_as_a_whole(version):
    with pytest.raises(UnusableData, match="Name the version"):
        request_validation(version.model, kind="initial", trigger="New.", actor=None)


def test_the_same_validation_is_not_asked_for_twice(version):
    first = asked(version)
    with pytest.raises(RuleBroken, match=first.reference):
        asked(version)


def test_an_auditor_does_not_ask_for_a_validation(version, story):
    with pytest.raises(NotPermitted):
        asked(version, actor=story.auditor)


def test_leaving_out_what_the_policy_requires_needs_a_reason(version, panel):
    validation = begun(version, panel, kind="initial")
    item = validation.items.get(component="fairness")
    with pytest.raises(UnusableData, match="Deviation reason is missing"):
        plan_item(item, is_planned=False, expectation=item.expectation, actor=panel.lead)
    plan_item(item, is_planned=False, expectation=item.expectation, deviation_reason="No persons.", actor=panel.lead)
    item.refresh_from_db()
    assert item.deviation_reason == "No persons."
    with pytest.raises(IntegrityError, match="leaving_out_what_is_required"), transaction.atomic():
        ValidationItem.objects.filter(pk=item.pk).update(deviation_reason="")


def test_an_older_policy_without_the_section_validates_by_the_standard_one(version, standard_document):
    del standard_document["validation"]
    make_policy(standard_document)
    assert asked(version).items.filter(is_required=True).exists()


# Who validates, and who may not.


@pytest.mark.parametrize("deed", ["owns", "owned", "registered"])
def test_whoever_owns_or_made_it_does_not_validate_it_and_is_told_what_and_when(version, panel, story, deed):
    person = make_person(Role.VALIDATOR, name="Conrad Conflicted", workspace=story.workspace)
    if deed == "registered":
        make_otherwise(version, registered_by=person)
    else:
        edit_model(story.model, changes={"owner": person}, actor=None)
        if deed == "owned":
            edit_model(story.model, changes={"owner": story.owner}, actor=None)
    validation = asked(version)
    with pytest.raises(NotPermitted, match=f"Conrad Conflicted {deed} (it|version)? ?") as refusal:
        assign_validator(validation, person=person, role="lead", actor=panel.head)
    assert deed == "owns" or f"{timezone.now():%Y}" in str(refusal.value)
    with pytest.raises(IntegrityError, match="does not validate"), transaction.atomic():
        validation.assignments.create(person=person, role="lead")


def test_a_conflict_that_arises_after_the_assignment_is_seen_at_attestation_and_at_the_opinion(version, panel, story):
    validation = asked(version)
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    edit_model(story.model, changes={"owner": panel.lead}, actor=None)
    with pytest.raises(NotPermitted, match="owns"):
        attest(validation, panel.lead)
    edit_model(story.model, changes={"owner": story.owner}, actor=None)
    with pytest.raises(NotPermitted, match="owned it until"):
        attest(validation, panel.lead)


def test_an_opinion_of_somebody_who_became_the_owner_meanwhile_is_refused(version, panel, story):
    validation = concluded(version, panel)
    edit_model(story.model, changes={"owner": panel.lead}, actor=None)
    with pytest.raises(NotPermitted, match="Lena Lead owns"):
        opined(validation, panel)


@pytest.mark.parametrize("part", ["owns", "owned", "registered", "developer"])
def test_whoever_owns_or_made_it_neither_chooses_nor_releases_its_validators_nor_cancels_it(
    version, panel, story, part
):
    validation = concluded(version, panel)
    person = make_person(Role.HEAD_OF_VALIDATION, name="Conrad Conflicted", workspace=story.workspace)
    if part == "registered":
        person = now_holding(story.engineer, Role.HEAD_OF_VALIDATION, workspace=story.workspace)
    elif part == "developer":
        edit_model(story.model, changes={"developer": person}, actor=None)
    else:
        edit_model(story.model, changes={"owner": person}, actor=None)
        if part == "owned":
            edit_model(story.model, changes={"owner": story.owner}, actor=None)
    lead = validation.assignments.get(person=panel.lead)
    other = make_person(Role.VALIDATOR, name="Olga Other", workspace=story.workspace)
    for service in (
        lambda: assign_validator(validation, person=other, role="lead", actor=person),
        lambda: release_validator(lead, reason="On leave.", actor=person),
        lambda: cancel_validation(validation, reason="Unwanted.", actor=person),
    ):
        with pytest.raises(NotPermitted, match="by somebody independent of it"):
            service()
    settle()
    now = timezone.now()
    with pytest.raises(IntegrityError, match="by somebody independent of it"), transaction.atomic():
        validation.assignments.filter(pk=lead.pk).update(ended_at=now, ended_because="On leave.")
        settle()
    with pytest.raises(IntegrityError, match="by somebody independent of it"), transaction.atomic():
        ValidationRequest.objects.filter(pk=validation.pk).update(state="cancelled", closed_at=now)
        settle()
    release_validator(lead, reason="On leave.", actor=panel.head)
    cancel_validation(validation, reason="The version is given up.", actor=panel.head)
    settle()


def test_whoever_asked_for_a_validation_takes_it_back_until_somebody_is_assigned(version, panel, story):
    validation = asked(version, actor=story.engineer)
    cancel_validation(validation, reason="A mistake.", actor=story.engineer)
    settle()


def test_no_validation_is_cancelled_while_an_opinion_is_signed(version, panel):
    validation = concluded(version, panel)
    opined(validation, panel, outcome="not_fit")
    reviewed(validation, panel.second)
    with pytest.raises(RuleBroken, match="returns it first, and signs that"):
        cancel_validation(validation, reason="Unwanted.", actor=panel.head)
    with pytest.raises(IntegrityError, match="does not go from pending_approval"), transaction.atomic():
        ValidationRequest.objects.filter(pk=validation.pk).update(state="cancelled", closed_at=timezone.now())
    reviewed(validation, panel.head, agreed=False, comment="The version is given up.")
    cancel_validation(validation, reason="The version is given up.", actor=panel.head)
    settle()


def test_only_who_holds_the_role_of_a_validator_is_assigned_and_only_the_head_or_an_officer_assigns(
    version, panel, story
):
    validation = asked(version)
    with pytest.raises(NotPermitted, match="no role of a validator"):
        assign_validator(validation, person=story.auditor, role="lead", actor=panel.head)
    with pytest.raises(NotPermitted):
        assign_validator(validation, person=panel.lead, role="lead", actor=panel.second)


def test_nobody_works_on_it_before_attesting_to_independence(version, panel):
    validation = asked(version)
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    item = validation.items.first()
    with pytest.raises(NotPermitted, match="Attest to your independence first"):
        plan_item(item, is_planned=True, expectation="Fits.", actor=panel.lead)
    attest(validation, panel.lead)
    with pytest.raises(RuleBroken, match="second validator is not assigned"):
        begin_validation(validation, actor=panel.lead)
    entry = Entry.objects.about(validation).get(action=Action.INDEPENDENCE_ATTESTED)
    assert entry.details["signature"]


def test_a_validator_of_a_version_cannot_vote_on_it(version, panel, story, open_gate):
    change = request_change("promotion", version, reason="Ready.", actor=story.engineer)
    validation = asked(version)
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    assert "A validator of a version does not vote on it: you validate it" in " ".join(
        why_not_decide(change, person=panel.lead)
    )
    with pytest.raises(NotPermitted, match=validation.reference):
        approve(change, panel.lead)
    with pytest.raises(IntegrityError, match="validator of a version does not vote"), transaction.atomic():
        change.decisions.create(person=panel.lead, role="validator", approved=True, meaning="reviewed", statement={})


def test_who_was_released_after_attesting_stays_a_validator_of_the_version(version, panel, story, open_gate):
    validation = begun(version, panel)
    release_validator(validation.assignments.get(person=panel.lead), reason="On leave.", actor=panel.head)
    change = request_change("promotion", version, reason="Ready.", actor=story.engineer)
    assert why_not_decide(change, person=panel.lead)


def test_who_has_voted_on_a_pending_request_does_not_validate_the_version(version, panel, story, open_gate):
    change = request_change("promotion", version, reason="Ready.", actor=story.engineer)
    approve(change, panel.lead)
    with pytest.raises(NotPermitted, match=change.reference):
        assign_validator(asked(version), person=panel.lead, role="lead", actor=panel.head)


# Evidence and challenges.


def test_evidence_is_linked_by_digest_with_the_verdict_of_its_run_and_nobody_types_one(story, panel):
    validation = begun(story.version, panel)
    item, run = validation.items.get(component="data"), story.run("drift")
    evidence = link_evidence(item, kind="run", key=run.pk, actor=panel.lead)
    assert (evidence.verdict, len(evidence.sha256)) == (run.verdict, 64)
    result = link_evidence(item, kind="result", key=run.results.first().pk, actor=panel.lead)
    assert result.verdict == run.results.first().verdict
    with pytest.raises(RuleBroken, match="linked to it already"):
        link_evidence(item, kind="run", key=run.pk, actor=panel.lead)
    withdraw_evidence(evidence, actor=panel.lead)
    assert item.evidence.standing().count() == 1


@pytest.mark.parametrize(
    "key", ["nonsense", "0" * 64, "6f9619ff-8b86-d011-b42d-00c04fc964ff", "\x00"], ids=["word", "digest", "id", "nul"]
)
@pytest.mark.parametrize("kind", ["run", "result", "report", "document"])
def test_what_is_not_there_is_no_evidence(story, panel, kind, key):
    item = begun(story.version, panel).items.get(component="data")
    with pytest.raises(UnusableData, match="has no"):
        link_evidence(item, kind=kind, key=key, actor=panel.lead)


def test_an_open_challenge_blocks_the_opinion_until_a_validator_resolves_it(version, panel, story):
    validation = concluded(version, panel)
    challenge = raise_challenge(validation, text="Why so few rows?", actor=panel.second)
    with pytest.raises(RuleBroken, match="Open challenge: 1"):
        opined(validation, panel)
    with pytest.raises(NotPermitted):
        respond_to_challenge(challenge, text="Enough.", actor=panel.lead)
    respond_to_challenge(challenge, text="They are all there were.", actor=story.owner)
    with pytest.raises(NotPermitted):
        resolve_challenge(challenge, text="Fine.", actor=story.owner)
    resolve_challenge(challenge, text="How many were left out?", is_resolved=False, actor=panel.second)
    assert validation.challenges.open().count() == 1
    resolve_challenge(challenge, text="None were.", actor=panel.lead)
    with pytest.raises(RuleBroken, match="is resolved"):
        respond_to_challenge(challenge, text="And another thing.", actor=story.owner)
    assert opined(validation, panel).outcome == "fit"
    assert [entry.kind for entry in challenge.entries.all()] == ["challenge", "response", "follow_up", "resolution"]


def test_what_was_said_in_a_challenge_is_never_changed(version, panel):
    challenge = raise_challenge(begun(version, panel), text="Why?", actor=panel.lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        challenge.entries.update(text="Nothing.")
    with pytest.raises(IntegrityError), transaction.atomic():
        challenge.entries.all().delete()


# The opinion.


@pytest.mark.parametrize(
    ("outcome", "severity", "contained", "allowed"),
    [
        ("fit", "medium", False, True),
        ("fit", "high", True, False),
        ("fit", "critical", False, False),
        ("fit_with_conditions", "high", False, False),
        ("fit_with_conditions", "high", True, True),
        ("fit_with_conditions", "critical", True, False),
        ("not_fit", "critical", False, True),
    ],
)
def test_what_is_open_limits_the_opinion(outcome, severity, contained, allowed):
    finding = OpenFinding(reference="F-1", severity=severity, contained_by="A cap." if contained else "")
    assert (not why_not_opinion(outcome, [finding])) is allowed


def test_an_opinion_names_everything_that_is_missing_at_once(version, panel):
    validation = begun(version, panel)
    raise_challenge(validation, text="Why?", actor=panel.lead)
    with pytest.raises(RuleBroken) as refusal:
        opined(validation, panel)
    told = " ".join(refusal.value.reasons)
    assert "Not concluded yet: conceptual soundness" in told and "Open challenge: 1" in told


def test_fit_needs_every_component_met(version, panel):
    validation = concluded(version, panel, outcome="not_met")
    with pytest.raises(RuleBroken, match="Not met: conceptual soundness"):
        opined(validation, panel)


def test_fit_with_conditions_needs_each_high_finding_contained_by_a_condition(version, panel, story):
    finding = finding_on(version, severity="high", actor=story.validator)
    validation = concluded(version, panel)
    conditions = [{"text": "Loans under 10 000 only.", "due_on": (today() + timedelta(days=90)).isoformat()}]
    with pytest.raises(RuleBroken, match="name the condition that contains it"):
        opined(validation, panel, outcome="fit_with_conditions", conditions=conditions)
    conditions[0]["finding"] = finding.reference
    opinion = opined(validation, panel, outcome="fit_with_conditions", conditions=conditions)
    reviewed(validation, panel.second)
    reviewed(validation, panel.head)
    condition = Arrangement.objects.get(validation=validation, kind="condition")
    assert condition.title == "Loans under 10 000 only." and opinion.conditions[0]["finding"] == finding.reference


def test_an_opinion_ends_no_later_than_the_cadence_of_its_tier_allows(version, panel):
    validation = concluded(version, panel)
    with pytest.raises(UnusableData, match="at the latest"):
        opined(validation, panel, expires_on=today() + timedelta(days=2000))
    assert opined(validation, panel).expires_on == today() + timedelta(days=730)


def test_the_lead_does_not_review_and_no_validator_approves(version, panel, story):
    validation = concluded(version, panel)
    opined(validation, panel)
    with pytest.raises(NotPermitted, match="second validator reviews"):
        reviewed(validation, panel.lead)
    reviewed(validation, panel.second)
    with pytest.raises(NotPermitted, match="Whoever validated does not approve"):
        reviewed(validation, panel.second)
    with pytest.raises(NotPermitted):
        reviewed(validation, story.engineer)
    with pytest.raises(NotPermitted):
        reviewed(validation, story.administrator)
    reviewed(validation, panel.head)
    validation.refresh_from_db()
    assert validation.state == State.APPROVED


def test_a_head_of_validation_who_leads_does_not_approve_their_own_opinion(version, panel, story):
    lead = make_person(Role.HEAD_OF_VALIDATION, workspace=story.workspace)
    panel = replace(panel, lead=lead)
    validation = concluded(version, panel)
    opined(validation, panel)
    reviewed(validation, panel.second)
    with pytest.raises(NotPermitted, match="Nobody signs twice"):
        reviewed(validation, lead)


def test_what_is_returned_goes_back_to_the_lead_with_the_reason_and_a_void_signature(version, panel):
    validation = concluded(version, panel)
    opinion = opined(validation, panel)
    with pytest.raises(UnusableData, match="Comment is missing"):
        reviewed(validation, panel.second, agreed=False)
    reviewed(validation, panel.second, agreed=False, comment="The benchmark is missing.")
    validation.refresh_from_db()
    opinion.refresh_from_db()
    assert (validation.state, validation.reason) == (State.RETURNED, "The benchmark is missing.")
    assert "Returned by Sven Second" in opinion.voided_because
    resume_validation(validation, actor=panel.lead)
    opined(validation, panel)


def change_of_an_item(validation, panel, story):
    item = validation.items.get(component="data")
    conclude_item(item, outcome="met_with_remarks", conclusion="A column is late.", actor=panel.lead)


def new_finding(validation, panel, story):
    finding_on(validation.version, severity="low", actor=story.validator)


def change_of_the_version(validation, panel, story):
    make_otherwise(validation.version, code_ref="git:0000000")


def new_challenge(validation, panel, story):
    raise_challenge(validation, text="One more thing.", actor=panel.second)


def another_purpose(validation, panel, story):
    edit_model(story.model, changes={"purpose": "Decides on mortgages."}, actor=story.owner)


def decides_about_people(validation, panel, story):
    flag = story.model.affects_natural_persons
    edit_model(story.model, changes={"affects_natural_persons": not flag}, actor=story.owner)


def another_owner_of_the_same_name(validation, panel, story):
    namesake = make_person(Role.OWNER, name=str(story.owner), workspace=story.workspace)
    edit_model(story.model, changes={"owner": namesake}, actor=None)


def new_use(validation, panel, story):
    propose_use(story.model, title="Collections", actor=story.owner)


@pytest.mark.parametrize(
    "happens",
    [
        change_of_an_item,
        new_finding,
        change_of_the_version,
        new_challenge,
        another_purpose,
        decides_about_people,
        another_owner_of_the_same_name,
        new_use,
    ],
)
def test_any_change_of_the_subject_voids_what_was_signed_and_tells_those_who_signed(
    version, panel, story, happens, settings
):
    settings.EMAIL_URL = "smtp://mail.bank.example"
    validation = concluded(version, panel)
    opinion = opined(validation, panel)
    reviewed(validation, panel.second)
    happens(validation, panel, story)
    validation = refresh_validation(validation)
    opinion.refresh_from_db()
    assert validation.state == State.IN_PROGRESS and "What was signed has changed" in opinion.voided_because
    assert not Signature.objects.standing().filter(subject=f"workflows.ValidationRequest:{validation.pk}").exists()
    told = set(Notice.objects.values_list("person", flat=True))
    assert {panel.lead.pk, panel.second.pk} <= told
    with pytest.raises((RuleBroken, NotPermitted)):
        reviewed(validation, panel.head)


def test_a_use_reworded_under_a_signed_opinion_voids_it(version, panel, story):
    use = propose_use(story.model, title="Collections", business_purpose="Reminds.", actor=story.owner)
    validation = concluded(version, panel)
    opinion = opined(validation, panel)
    edit_use(use, changes={"business_purpose": "Sues."}, actor=story.owner)
    with pytest.raises((RuleBroken, NotPermitted)):
        reviewed(validation, panel.second)
    opinion.refresh_from_db()
    assert opinion.voided_because == "What was signed has changed since: uses."


def test_what_was_signed_not_fit_keeps_the_gate_shut_though_its_subject_is_reworded(version, panel, story):
    validation = concluded(version, panel)
    opined(validation, panel, outcome="not_fit")

    def unfit() -> bool:
        return any("not fit for use" in one for one in gate_for(version).reasons)

    assert unfit()
    edit_model(story.model, changes={"purpose": "Something milder."}, actor=story.owner)
    refresh_validation(validation)
    assert unfit(), "until somebody signs another opinion in its place"
    opined(validation, panel, outcome="fit")
    assert not unfit()


def test_how_a_model_is_made_is_part_of_its_review_as_a_whole(story, panel):
    validation = concluded(story.model, panel, kind="annual_review")
    opinion = opined(validation, panel)
    finding_on(story.version, severity="low", actor=story.validator)
    refresh_validation(validation)
    opinion.refresh_from_db()
    assert opinion.voided_because == "What was signed has changed since: findings."
    opinion = opined(validation, panel)
    edit_model(story.model, changes={"methodology": "A forest."}, actor=story.owner)
    refresh_validation(validation)
    opinion.refresh_from_db()
    assert opinion.voided_because == "What was signed has changed since: model."


def test_an_approval_over_a_subject_that_changed_unseen_is_refused(version, panel, story):
    validation = concluded(version, panel)
    opined(validation, panel)
    reviewed(validation, panel.second)
    new_finding(validation, panel, story)
    with pytest.raises(RuleBroken, match="no review is awaited"):
        reviewed(validation, panel.head)


def test_what_was_signed_is_never_changed_or_deleted_not_even_by_the_application(version, panel):
    validation = validated(version, panel)
    for rows in (validation.opinions.all(), validation.opinions.get().reviews.all(), validation.assignments.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(person=panel.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        validation.items.update(conclusion="Better.")


SHED = {
    "set aside": ("opinion", "superseded_at = now()", "set aside by a later one"),
    "voided": ("opinion", "voided_at = now()", "only voided until it is approved"),
    "not approved any more": ("opinion", "approved_at = NULL", "only voided until it is approved"),
    "as another kind": ("request", "kind = 'post_implementation'", "never changed"),
    "of another version": ("request", "version_id = NULL, kind = 'annual_review'", "never changed"),
    "of another model": (
        "request", "model_id = (SELECT id FROM inventory_model WHERE id <> model_id LIMIT 1)", "never changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", SHED)
def test_no_update_sheds_that_a_version_is_not_fit(version, panel, how):
    make_model()
    validated(version, panel, outcome="not_fit")
    table, change, told = SHED[how]
    with pytest.raises(IntegrityError, match=told), transaction.atomic():
        sql(f"UPDATE workflows_validation{table} SET {change}")
        settle()


@pytest.mark.parametrize("is_agreed", [False, True])
def test_sql_puts_no_opinion_into_force_that_lacks_a_signature(version, panel, is_agreed):
    opinion = opined(concluded(version, panel), panel)
    if is_agreed:
        reviewed(opinion.request, panel.second)
    settle()
    with pytest.raises(IntegrityError, match="whoever approves it have signed"), transaction.atomic():
        sql("UPDATE workflows_validationopinion SET approved_at = now()")
        settle()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("initial", "not_fit"), ("change_triggered", "fit")),
        (("initial", "fit"), ("post_implementation", "fit")),
    ],
)
def test_sql_sets_no_full_opinion_aside_for_a_lighter_one(version, panel, first, second):
    for kind, outcome in (first, second):
        validated(version, panel, kind=kind, outcome=outcome)
    settle()
    rows = "request_id = (SELECT id FROM workflows_validationrequest WHERE kind = 'initial')"
    with pytest.raises(IntegrityError, match="set aside by a later one"), transaction.atomic():
        sql(f"UPDATE workflows_validationopinion SET superseded_at = approved_at WHERE {rows}")
        settle()


# What it leads to.


def test_the_gate_asks_for_a_validation_in_the_tiers_of_the_policy_and_warns_in_others(
    version, panel, standard_document
):
    assert any("No validation with a fit opinion" in text for text in gate_for(version).warnings)
    standard_document["validation"]["required_for_tiers"] = ["2"]
    publish(standard_document)
    assert any("the policy requires it for tier 2" in text for text in gate_for(version).reasons)
    validated(version, panel)
    assert not any("validation" in text for text in gate_for(version).reasons + gate_for(version).warnings)


def test_a_lighter_review_does_not_stand_for_a_validation(version, panel, standard_document):
    standard_document["validation"]["required_for_tiers"] = ["2"]
    publish(standard_document)
    validated(version, panel, kind="post_implementation")
    assert any("the policy requires it" in text for text in gate_for(version).reasons)


def test_what_was_found_not_fit_is_never_promoted_until_found_fit_again(version, panel):
    validated(version, panel, outcome="not_fit")
    assert any("not fit for use" in text for text in gate_for(version).reasons)
    validated(version, panel)
    assert not any("not fit" in text for text in gate_for(version).reasons)


@pytest.mark.parametrize("about", ["the version", "the same artifact", "the model"])
def test_what_two_signed_not_fit_is_promoted_by_nobody_while_it_awaits_its_approval(story, panel, open_gate, about):
    version = make_version(story.model, artifact_sha256="ab" * 32, actor=story.engineer)
    make_reference(version, story.folder)
    twin = make_version(story.model, artifact_sha256="ab" * 32, actor=story.engineer)
    subject = {"the version": version, "the same artifact": twin, "the model": story.model}[about]
    change = request_change("promotion", version, reason="Ready.", actor=story.engineer)
    first = approve(change, story.validator)
    kind = "annual_review" if about == "the model" else "initial"
    validation = concluded(subject, panel, kind=kind)
    opined(validation, panel, outcome="not_fit")
    reviewed(validation, panel.second)
    told = f"Lena Lead signed that {subject} is not fit for use; {validation.reference} awaits its approval."
    assert told in gate_for(version).reasons
    approve(change, story.risk_officer)
    first.refresh_from_db()
    assert first.voided_at is not None
    with pytest.raises(RuleBroken, match="not fit for use"):
        approve(change, story.validator)
    reviewed(validation, panel.head, agreed=False, comment="Look again.")
    gate = gate_for(version)
    goes_on = f"Lena Lead signed that {subject} was not fit for use; {validation.reference} goes on."
    assert told not in gate.reasons and gate.reasons.count(goes_on) == 1
    assert not any(f"that is void in {validation.reference}" in one for one in gate.warnings), "said once"
    cancel_validation(validation, reason="Given up.", actor=panel.head)
    assert any(f"{validation.reference} was cancelled: Given up." in one for one in gate_for(version).warnings)


def test_deciders_are_shown_that_an_opinion_is_signed_and_awaits_others(version, panel, story, open_gate):
    change = request_change("promotion", version, reason="Ready.", actor=story.engineer)
    first = approve(change, story.validator)
    validation = concluded(version, panel, kind="initial")
    opined(validation, panel)
    told = f"Lena Lead signed that {version} is fit for use; {validation.reference} awaits its review."
    assert told in decision_view(change, person=story.risk_officer).change.evidence["warnings"]
    first.refresh_from_db()
    assert first.voided_at is not None


def test_a_version_in_use_that_is_not_fit_is_restricted_until_it_is_validated_again(story, panel):
    validated(story.version, panel, outcome="not_fit")
    assert Model.objects.get(pk=story.model_id).status == Status.RESTRICTED
    validated(story.version, panel)
    assert Model.objects.get(pk=story.model_id).status == Status.IN_USE


def test_a_model_whose_review_finds_it_not_fit_is_restricted_until_a_review_finds_it_fit(story, panel):
    unfit = validated(story.model, panel, kind="annual_review", outcome="not_fit")
    assert Model.objects.get(pk=story.model_id).status == Status.RESTRICTED
    lapsed = Arrangement.objects.unsettled().get(model=story.model_id)
    assert (lapsed.kind, lapsed.version, lapsed.validation) == ("validation", None, unfit)
    told = Entry.objects.get(action=Action.MODEL_RESTRICTED).details["because"]
    assert told == f"{unfit.reference} found {story.model} not fit for use."
    validated(story.model, panel, kind="annual_review", outcome="not_fit")
    validated(story.version, panel)
    assert Model.objects.get(pk=story.model_id).status == Status.RESTRICTED, "another kind of validation mends nothing"
    validated(story.model, panel, kind="annual_review")
    connection.check_constraints()
    assert Model.objects.get(pk=story.model_id).status == Status.IN_USE


def test_a_model_found_not_fit_in_its_review_gets_no_version_promoted_approved_or_rolled_back_to(story, panel, version):
    unfit = validated(story.model, panel, kind="annual_review", outcome="not_fit")
    told = f"{unfit.reference} found {story.model} not fit for use."
    assert told in gate_for(version).reasons and told in gate_for_approval(story.version).reasons
    assert any(one.text == told and one.binds_in_an_emergency for one in gate_for(version).blockers)
    assert told in gate_for_going_back(version)[0]
    validated(story.model, panel, kind="annual_review")
    assert not any("not fit" in text for text in gate_for(version).reasons)


def test_a_review_that_finds_a_model_not_fit_before_it_is_in_use_restricts_nothing(panel, story):
    model = make_model(owner=story.owner, workspace=story.workspace, developer=None)
    validated(model, panel, kind="annual_review", outcome="not_fit")
    assert not Arrangement.objects.filter(model=model).exists()


def test_no_restriction_of_a_model_that_is_not_fit_is_lifted_by_sql(story, panel):
    validated(story.model, panel, kind="annual_review", outcome="not_fit")
    with pytest.raises(IntegrityError, match="by what replaces it"), transaction.atomic():
        now = timezone.now()
        Arrangement.objects.unsettled().update(state="closed", ended_at=now, ended_by=story.risk_officer)
        connection.check_constraints()
    with pytest.raises(IntegrityError, match="stays restricted until"), transaction.atomic():
        Model.objects.filter(pk=story.model_id).update(status="in_use")
        connection.check_constraints()


def test_a_validation_that_expires_restricts_the_use_once(story, panel):
    validated(story.version, panel, expires_on=today() + timedelta(days=90))
    arrangement = Arrangement.objects.get(kind="validation")
    for _ in range(2):
        expire_arrangements(arrangement.ends_at)
    assert Model.objects.get(pk=story.model_id).status == Status.RESTRICTED
    assert (
        Entry.objects.filter(action=Action.ARRANGEMENT_EXPIRED, subject_name__contains=arrangement.reference).count()
        == 1
    )


def test_a_validation_that_expires_restricts_nothing_where_the_policy_says_so(story, panel, standard_document):
    standard_document["validation"]["restricts_when_lapsed"] = []
    publish(standard_document)
    validated(story.version, panel, expires_on=today() + timedelta(days=90))
    arrangement = Arrangement.objects.get(kind="validation")
    expire_arrangements(arrangement.ends_at)
    arrangement.refresh_from_db()
    assert arrangement.state == "closed" and Model.objects.get(pk=story.model_id).status == Status.IN_USE


def test_what_is_due_soon_is_asked_for_once_per_cycle(story):
    now = timezone.now()
    assert open_due_validations(now) == 0
    soon = now + timedelta(days=365 - 80)
    assert open_due_validations(soon) == 1 and open_due_validations(soon) == 0
    validation = story.model.validations.get()
    assert (validation.kind, validation.requested_by) == ("annual_review", None)
    cancel_validation(validation, reason="Done elsewhere.", actor=None)
    assert open_due_validations(soon) == 0, "this cycle's was cancelled"


def test_what_was_cancelled_keeps_no_other_model_from_being_asked(story, monkeypatch):
    monkeypatch.setattr(schedule, "AT_ONCE", 1)
    other = make_model(workspace=story.workspace, owner=story.owner)
    promote(make_version(other))
    soon = timezone.now() + timedelta(days=365 - 80)
    assert open_due_validations(soon) == 1
    cancel_validation(story.model.validations.get(), reason="Done elsewhere.", actor=None)
    assert open_due_validations(soon) == 1 and other.validations.exists()
    assert open_due_validations(soon) == 0


def test_a_validation_that_waits_says_for_what(version, panel):
    validation = begun(version, panel)
    hold_validation(validation, reason="The vendor's answer.", actor=panel.lead)
    validation.refresh_from_db()
    assert (validation.state, validation.reason) == (State.ON_HOLD, "The vendor's answer.")
    with pytest.raises(RuleBroken, match="on hold"):
        conclude_item(validation.items.first(), outcome="met", conclusion="Fine.", actor=panel.lead)


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "x" * 8001, "\ud800"], ids=["none", "blank", "nul", "long", "half"]
)
def test_text_that_cannot_be_kept_is_refused_and_nothing_is_written(version, panel, text):
    validation = begun(version, panel)
    with pytest.raises(UnusableData):
        raise_challenge(validation, text=text, actor=panel.lead)
    with pytest.raises(UnusableData):
        conclude_item(validation.items.first(), outcome="met", conclusion=text, actor=panel.lead)
    assert not validation.challenges.exists()
