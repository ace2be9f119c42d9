"""The gate: every reason why a version may not go into production, and none where there is none."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.assessments.models import Run
from audits.assessments.services import execute, request_run
from audits.workflows.gates import gate_for
from audits.workflows.services import raise_finding, refresh_evidence, request_change
from inventory.models import ModelVersion, Policy
from inventory.services import attach_document, edit_model
from tests.factories import make_model, make_reference, make_version, publish, retire
from tests.fixtures.story import approve, assess, log, make_applicants, make_scoring_version, scored
from tests.inventory.test_dependencies import depends
from tests.pages.test_hygiene import complete
from tests.signing import confirm_tier
from tests.workflows.kinds import except_from
from tests.workflows.remedies import closed


def blockers(version) -> str:
    return " ".join(gate_for(version).reasons)


@pytest.fixture
def open_gate(story):
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish(document)


def test_an_assessed_candidate_without_blockers_may_be_promoted(story):
    candidate = story.candidate()
    assert "No drift assessment" in blockers(candidate), "not before it is assessed"
    assess(candidate)
    assert gate_for(candidate).reasons == []


def test_what_is_in_production_is_not_promoted(story):
    assert "Only a candidate or a challenger can be promoted" in blockers(story.version)


def test_a_provisional_tier_and_missing_reference_data_block(workspace):
    version = make_version(make_model())
    assert "is provisional" in blockers(version)
    assert "no reference data" in blockers(version)


def test_a_retired_model_promotes_nothing(workspace):
    version = make_version(make_model())
    retire(version.model)
    version = ModelVersion.objects.get(pk=version.pk)
    assert "is retired" in blockers(version) and "Only a candidate or a challenger" in blockers(version)


def test_every_assessment_the_policy_requires_must_be_finished(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    for kind in ("drift", "bias", "explainability", "performance"):
        assert f"No {kind} assessment" in blockers(version)


def test_what_the_policy_wants_documented_before_use_blocks_where_it_does_and_nowhere_else(story, standard_document):
    candidate = story.candidate()
    assert "does not say" not in blockers(candidate), "the standard policy lists it, and raises a finding"
    publish_documented(standard_document, tiers=["1", "2", "3"])
    assert f"does not say of {story.model}: " in blockers(candidate) and "limitations" in blockers(candidate)
    complete(story.model, actor=story.risk_officer)
    assert "does not say" not in blockers(ModelVersion.objects.get(pk=candidate.pk))


def test_a_document_that_nobody_reviewed_in_time_blocks_where_documentation_is_required(story, standard_document):
    candidate, yesterday = story.candidate(), timezone.localdate() - timedelta(days=1)
    said = {"title": "Manual", "kind": "other", "review_by": yesterday}
    words = {"filename": "manual.txt", "media_type": "text/plain", "values": said}
    attach_document(story.model, b"Words.", **words, actor=story.risk_officer)
    assert "Manual" not in blockers(candidate)
    publish_documented(standard_document, tiers=[str(story.model.tier)])
    assert f"Manual of {story.model} was to be reviewed by" in blockers(candidate)


def test_an_exception_from_documentation_waives_it_until_it_ends(story, officers, standard_document):
    candidate = story.candidate()
    publish_documented(standard_document, tiers=[str(story.model.tier)])
    exception = except_from(story, officers, "documentation")
    gate = gate_for(candidate)
    assert "does not say" not in " ".join(gate.reasons)
    assert [one.by for one in gate.waived if one.blocker.clause == "documentation"] == [
        f"{exception.reference} until {exception.terms['ends_on']}"
    ]
    assert "does not say" in " ".join(gate_for(candidate, now=exception.ends_at).reasons)


def publish_documented(document: dict, *, tiers: list[str]) -> None:
    document["completeness"]["required_for_use"] = tiers
    publish(document)


def test_what_is_red_blocks_and_says_by_how_much(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    rows = scored(story.booster, make_applicants(400, seed=7, prefix="D", shift=1.5))
    log(version, rows, story.folder)
    assess(version)
    assert "Drift is red: " in blockers(version)
    assert "the limit is 0.25" in blockers(version) and "judged under" not in blockers(version)
    publish(Policy.objects.in_force().document | {"title": "The next policy"})
    assert "It was judged under policy 1; policy 2 is in force." in blockers(version)


def test_a_verdict_keeps_to_the_limits_of_its_day_and_the_gate_says_whose_they_are(story, standard_document):
    candidate = story.candidate()
    assess(candidate)
    assert "limits of their day" not in " ".join(gate_for(candidate).warnings)
    publish(standard_document | {"title": "Other words, the same limits"})
    assert "limits of their day" not in " ".join(gate_for(candidate).warnings)
    for entry in standard_document["limits"]:
        if entry["measure"] == "psi":
            entry["amber"], entry["red"] = 1e-7, 1e-6
    publish(standard_document)
    gate = gate_for(candidate)
    assert gate.is_open, "what was within stays so"
    (told,) = [warning for warning in gate.warnings if "limits of their day" in warning]
    assert "drift under policy 1" in told and "Policy 3 has others" in told


def test_an_assessment_that_gave_no_results_blocks_with_its_reason(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    log(version, scored(story.booster, make_applicants(400, seed=7, prefix="D")), story.folder)
    assess(version)
    assert "The latest performance assessment gave no results: Outcomes are known for none" in blockers(version)


def test_a_sample_too_small_to_decide_blocks(story):
    version = make_scoring_version(story.model, story.booster, story.folder)
    log(version, scored(story.booster, make_applicants(30, seed=7, prefix="D")), story.folder)
    assess(version)
    assert "Drift is undecided" in blockers(version)


def test_the_latest_run_of_each_plan_counts(story):
    candidate = story.candidate()
    assess(candidate)
    drift = Run.objects.get(version=candidate, plan__kind="drift")
    nothing = request_run(drift.plan, window_start=drift.window_end, actor=story.engineer)
    later = execute(nothing.pk)
    assert later.state == "insufficient_data"
    assert "The latest drift assessment gave no results" in blockers(candidate)


@pytest.mark.parametrize(("severity", "blocks"), [("critical", True), ("high", True), ("medium", False)])
def test_an_open_severe_finding_blocks_until_it_is_closed(story, open_gate, severity, blocks):
    version = make_version(story.model)
    make_reference(version, story.folder)
    texts = {"title": "Flaw", "observation": "It errs.", "required_outcome": "Mend it."}
    finding = raise_finding(story.model, severity=severity, **texts, actor=story.validator)
    assert (f"{finding.reference} ({severity}) is open" in blockers(version)) is blocks
    closed(story, finding)
    assert gate_for(version).reasons == []


def test_an_owner_alone_does_not_take_the_fairness_gate_off(story):
    version = story.candidate()
    assert "No bias assessment" in blockers(version)
    edit_model(story.model, changes={"affects_natural_persons": False}, actor=story.owner)
    version = ModelVersion.objects.get(pk=version.pk)
    assert "No bias assessment" in blockers(version), "the tier was confirmed of what affects natural persons"
    confirmed = story.model.tier_assessments.confirmed().get()
    for level in ({"low", "medium"} - {confirmed.exposure}).pop(), confirmed.exposure:
        edit_model(story.model, changes={"exposure": level}, actor=story.engineer)
    confirm_tier(story.model, actor=story.risk_officer)
    assert "No bias assessment" not in blockers(ModelVersion.objects.get(pk=version.pk)), "a second person took it in"


def test_what_a_model_decides_about_and_who_watches_it_is_part_of_what_is_signed(story):
    assess(candidate := story.candidate())
    change = request_change("promotion", candidate, reason="Better.", actor=story.owner)
    approve(change, story.validator)
    for changes in ({"affects_natural_persons": False}, {"regulatory_categories": ["fair_lending"]}):
        before = change.evidence["model"]
        edit_model(story.model, changes=changes, actor=story.owner)
        change = refresh_evidence(change)
        assert changes.items() <= change.evidence["model"].items() and change.evidence["model"] != before
        assert not change.decisions.standing().exists()


def test_who_decides_about_a_version_is_told_whom_its_change_reaches(story):
    candidate = story.candidate()
    assert not any("reaches" in one for one in gate_for(candidate).warnings)
    middle, last = make_model(name="Limits", owner=story.owner), make_model(name="Provisions", owner=story.owner)
    depends(middle, story.model)
    depends(last, middle)
    told = "What changes here reaches 2 models downstream: see its dependencies."
    assert told in gate_for(candidate).warnings
