"""Why is it beyond its limit? Causes in the order in which they are ruled out, from the newest runs."""

import pytest
from django.urls import reverse

from audits.assessments.catalogue import MEASURES
from audits.assessments.contents.diagnosis import CAUSE_OF, CAUSES, EVERYTHING_ELSE, diagnosis_of
from tests.pages.scenery import make_assessed_model, make_result, make_run


@pytest.fixture
def breach(workspace, owner, engineer):
    """PSI of income is red; nothing else was measured."""
    return make_assessed_model(name="Lending", owner=owner, actor=engineer).versions.get().breaches.get()


def verdicts(breach) -> dict[str, str]:
    return {cause.name: str(cause.verdict) for cause in diagnosis_of(breach).causes}


def test_a_cause_that_nothing_was_measured_for_has_no_verdict_and_is_never_green(breach, visit, auditor):
    assert verdicts(breach) == dict.fromkeys((*CAUSES, EVERYTHING_ELSE), "") | {"Covariate drift": "red"}
    page = visit(auditor).get(reverse("breach", args=[breach.pk])).text
    assert page.count("Not measured") == len(CAUSES)
    assert "verdict-within" not in page


def test_drift_is_called_harmless_only_where_performance_is_within_its_limits(breach):
    assert "whether performance fell is not known" in diagnosis_of(breach).reading
    run = make_run(breach.version, kind="performance", verdict="insufficient")
    make_result(run, measure="auc_change", column="score", value=-0.01, verdict="insufficient")
    assert "whether performance fell is not known" in diagnosis_of(breach).reading
    newer = make_run(breach.version, kind="performance", verdict="within", months_ago=-1)
    make_result(newer, measure="auc_change", column="score", value=-0.01, verdict="within")
    assert "no fall in performance is shown" in diagnosis_of(breach).reading
    assert verdicts(breach)["Concept"] == "within"


def test_a_wrong_level_is_mended_by_recalibration_only_where_the_ranking_is_known_to_hold(breach):
    run = make_run(breach.version, kind="performance")
    make_result(run, measure="calibration_in_the_large", column="score", value=0.5)
    assert "may not be enough" in diagnosis_of(breach).reading
    make_result(run, measure="auc_change", column="score", value=-0.01, verdict="within")
    assert "recalibration may do" in diagnosis_of(breach).reading


def test_faulty_data_are_looked_at_before_anything_that_rests_on_them(breach):
    make_result(breach.last_run, measure="missing_rate", value=0.3, verdict="amber")
    make_result(make_run(breach.version, kind="performance"), measure="auc_change", column="score", value=-0.2)
    assert diagnosis_of(breach).reading.startswith("Begin with the feed")


def test_a_fall_in_performance_calls_for_retraining_and_too_little_evidence_for_nothing(breach):
    run = make_run(breach.version, kind="performance", verdict="insufficient")
    make_result(run, measure="auc_change", column="score", value=-0.2, verdict="insufficient")
    assert diagnosis_of(breach).reading.startswith("Inputs moved")
    assert verdicts(breach)["Concept"] == "insufficient"
    make_result(run, measure="realised_against_estimated", column="score", value=-0.2)
    assert "retraining" in diagnosis_of(breach).reading


def test_only_the_newest_run_of_a_plan_is_looked_at(breach):
    older = make_run(breach.version, months_ago=3)
    make_result(older, measure="duplicate_rate", column="", value=0.5)
    assert verdicts(breach)["Data quality"] == ""


def test_the_evidence_of_a_cause_leads_to_its_runs_worst_first(breach, visit, auditor):
    make_result(breach.last_run, column="age", value=0.2, verdict="amber")
    make_result(breach.last_run, column="<b>hostile", value=0.9)
    drift = next(cause for cause in diagnosis_of(breach).causes if cause.name == "Covariate drift")
    assert [result.column for result in drift.shown] == ["<b>hostile", "income", "age"]
    page = visit(auditor).get(reverse("breach", args=[breach.pk])).text
    assert page.count(reverse("run", args=[breach.last_run_id])) >= 3
    assert "<b>hostile" not in page


def test_a_breach_is_called_in_words_wherever_it_is_named(breach):
    assert str(breach) == "red breach of PSI of income on Lending version 1"


def test_every_cause_rests_on_measures_of_the_catalogue():
    assert set(CAUSE_OF) <= set(MEASURES)


def test_the_page_needs_as_few_queries_for_many_results_as_for_few(
    breach, visit, auditor, django_assert_max_num_queries
):
    for number in range(30):
        make_result(breach.last_run, column=f"column_{number}", value=0.3)
    client = visit(auditor)
    with django_assert_max_num_queries(22):
        client.get(reverse("breach", args=[breach.pk]))
