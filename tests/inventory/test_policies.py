"""What may be published as the policy: nothing that would stop the sweeps which read it, or that nobody would read."""

import copy

import pytest

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Kind
from audits.workflows.models import ChangeRequest
from inventory import policies
from inventory.models import Policy
from inventory.services import propose_policy
from mrm.errors import UnusableData


def changed(path: str, value) -> dict:
    """The standard policy with one place of it set to another value; None leaves it out."""
    document = copy.deepcopy(policies.standard())
    *way, last = path.split(".")
    inner = document
    for name in way:
        inner = inner[name]
    inner[last] = value
    if value is None:
        del inner[last]
    return document


def with_limits(*limits: dict) -> dict:
    return changed("limits", list(limits))


PSI = {"measure": "psi", "red": 0.25}


def test_the_standard_policy_has_no_faults():
    assert policies.faults_in(policies.standard()) == []


@pytest.mark.parametrize("section", policies.SECTIONS)
def test_a_policy_without_one_of_its_sections_cannot_be_published(section):
    assert policies.faults_in(changed(section, None)) == [f"{section} is missing."]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "  "),
        ("title", "x" * 3000),
        ("tiers.1.cadence.drift", "hourly"),
        ("tiers.1.cadence.drift", ["monthly"]),
        ("approvals.promotion.2", ["validator"]),
        ("approvals.retraining.1", ["validator", "engineer"]),
        ("approvals.retraining.1", [{}, {}]),
        ("promotion.required_assessments", ["drift", "astrology"]),
        ("promotion.must_be_decided", "psi"),
        ("promotion.must_be_decided", ["ps1"]),
        ("retraining.window_days", 0),
        ("retraining.holdout_share", 0.8),
        ("retraining.validation_share", "a fifth"),
        ("changes.expire_after_days", True),
        ("changes.expire_after_days", 10**400),
        ("fairness.minimum_gating", 0),
        ("hygiene.predictions_within_days", 0),
        ("hygiene.assessment_grace_days", "a month"),
        ("hygiene.assessment_grace_days", 36_501),
        ("attestation.answer_within_days", 10**6),
        ("findings.days_until_due.1.critical", 10**6),
        ("validation.full_every_months.1", 1_201),
        ("retraining.candidate.parallel_run.1.days", 10**6),
        ("doubts.attributes", ["astrology"]),
        ("doubts.uses", "reliance"),
        ("fairness.reference_group", "men"),
        ("retention.years", -1),
        ("retention.classes", [{"name": "Notes", "years": 0, "from": "end"}]),
        ("retention.classes", [{"name": "Notes", "years": 3, "from": "whenever"}]),
        ("retention.classes", [{"name": name, "years": 3, "from": "end"} for name in ("Notes", "notes")]),
        ("signatures.passkey", ["promotion"]),
        ("signatures.passkey", {"promotion": [4]}),
        ("signatures.passkey", {"astrology": ["1"]}),
    ],
)
def test_a_value_that_means_nothing_is_named_by_its_path(path, value):
    (fault,) = policies.faults_in(changed(path, value))
    assert fault.startswith(path) or path == "retraining.holdout_share" and "holdout_share" in fault


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"measure": "psi"}, "retraining.on[0].verdict"),
        ({"measure": "psi", "verdict": "within"}, "retraining.on[0].verdict"),
        ({"measure": "ps1", "verdict": "red"}, "retraining.on[0].measure"),
        ("psi", "retraining.on[0]"),
    ],
)
def test_a_cause_of_retraining_that_no_breach_could_be_is_refused(rule, path):
    (fault,) = policies.faults_in(changed("retraining.on", [rule]))
    assert fault.startswith(path)


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"red": 0.25}, "limits[0].measure"),
        ({"measure": "ps1", "red": 0.25}, "limits[0].measure"),
        (PSI | {"red": "0.25"}, "limits[0].red"),
        (PSI | {"red": float("nan")}, "limits[0].red"),
        (PSI | {"red": None}, "limits[0].red"),
        (PSI | {"role": "label"}, "limits[0].role"),
        (PSI | {"direction": "up"}, "limits[0].direction"),
        (PSI | {"decided_by": {}}, "limits[0].decided_by"),
        (PSI | {"minimum_size": -1}, "limits[0].minimum_size"),
        ({"measure": "auc", "direction": "lower", "red": 0.6, "decided_by": "tolerance"}, "limits[0].decided_by"),
        (PSI | {"significance": 1}, "limits[0].significance"),
        (PSI | {"tolerance": 0.05}, "limits[0].tolerance"),
        (PSI | {"decided_by": "tolerance", "tolerance": 0.3}, "limits[0].tolerance"),
        (PSI | {"decided_by": "tolerance", "tolerance": -0.1}, "limits[0].tolerance"),
        (PSI | {"decided_by": "tolerance", "tolerance": "0.1"}, "limits[0].tolerance"),
        (PSI | {"ambr": 0.1}, "limits[0].ambr"),
        ({"measure": "psi"}, "limits[0] needs"),
        (PSI | {"amber": 0.3}, "limits[0].red"),
        ({"measure": "auc", "direction": "lower", "amber": 0.6, "red": 0.7}, "limits[0].red"),
        ({"measure": "attribution_precision", "amber": 0}, "limits[0].amber"),
        ("psi", "limits[0]"),
    ],
)
def test_a_limit_that_could_not_judge_is_named_by_its_path(entry, path):
    (fault,) = policies.faults_in(with_limits(entry))
    assert fault.startswith(path)


def test_a_limit_that_an_earlier_one_hides_is_refused():
    (fault,) = policies.faults_in(with_limits(PSI, PSI | {"role": "score"}))
    assert fault.startswith("limits[1] never applies: limits[0]")
    assert policies.faults_in(with_limits(PSI | {"role": "score"}, PSI)) == []


def test_every_fault_is_told_at_once():
    document = changed("retention.years", 0) | {"limits": [PSI | {"red": "x"}, {"measure": "y"}]}
    assert len(policies.faults_in(document)) == 3


def test_a_section_that_nobody_reads_is_refused_rather_than_ignored():
    (fault,) = policies.faults_in(changed("limit", []))
    assert fault.startswith("limit is not a section")


@pytest.mark.parametrize("document", [None, [], "policy", 3])
def test_a_policy_is_an_object(document):
    assert len(policies.faults_in(document)) == 1


@pytest.mark.parametrize("title", ["nul \x00", "half \ud800"])
def test_a_text_that_cannot_be_kept_is_refused(title, risk_officer):
    with pytest.raises(UnusableData):
        propose_policy(changed("title", title), reason="Why.", actor=risk_officer)


def test_a_limit_can_be_set_for_every_measure_and_for_nothing_else():
    assert set(policies.MEASURES) == set(MEASURES)


def test_a_cadence_is_set_for_every_kind_of_assessment():
    assert set(policies.ASSESSMENTS) == set(Kind.values)


@pytest.mark.django_db
def test_a_document_published_before_there_was_a_section_has_the_standard_section():
    earlier = Policy(number=1, document=changed("retention", None))
    assert earlier.section("retention") == policies.standard()["retention"]
    assert policies.faults_in(policies.completed(earlier.document)) == []
    assert Policy(document=changed("retention", {"years": 3})).section("retention") == {"years": 3}


def test_a_policy_proposed_while_a_clause_still_bound_can_be_published():
    waivable = policies.standard()["exceptions"]["waivable"]
    assert policies.faults_in(changed("exceptions.waivable", [*waivable, "cadence"])) == []
    (fault,) = policies.faults_in(changed("exceptions.waivable", [*waivable, "astrology"]))
    assert "cadence" not in fault
    assert policies.faults_in(changed("exceptions.waivable", "cadence"))


def test_a_policy_says_for_which_kind_and_tier_only_a_passkey_signs():
    document = changed("signatures.passkey", {"promotion": ["1"]})
    assert policies.faults_in(document) == [] and policies.needs_passkey(document, "promotion", 1)
    assert not policies.needs_passkey(document, "promotion", 2) and not policies.needs_passkey(
        document, "retraining", 1
    )
    assert not policies.needs_passkey(changed("signatures", None), "promotion", 1), "from before there were passkeys"


@pytest.mark.parametrize("kind", ChangeRequest.Kind.values)
def test_a_policy_may_ask_for_a_passkey_whatever_is_decided(kind):
    document = changed("signatures.passkey", {kind: ["1", "2"]})
    assert policies.faults_in(document) == [] and policies.needs_passkey(document, kind, 2)
