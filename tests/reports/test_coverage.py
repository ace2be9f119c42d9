"""What is on record beside what a regime asks for: evidence with its link, none, or not measured; never a claim."""

from datetime import timedelta

import pytest
from django.urls import resolve
from django.utils import timezone

from inventory.models import Model, RegimePack
from inventory.regimes import DISCLAIMER, EVIDENCE
from reports.contents.coverage import ANSWERED_BY, Standing, coverage_of
from tests.factories import make_model, promote
from tests.pages.scenery import make_assessed_model, make_run, make_version
from tests.rest import is_problem


def answers_of(model: Model, *, now=None) -> dict:
    coverages = coverage_of(model, list(RegimePack.objects.all()), now or timezone.now())
    return {answer.kind: answer for coverage in coverages for one in coverage.requirements for answer in one.answers}


def test_every_kind_of_evidence_is_looked_for_and_no_other():
    assert ANSWERED_BY.keys() == EVIDENCE.keys()


def test_of_a_model_that_is_only_registered_almost_nothing_is_evidence(workspace):
    answers = answers_of(make_model(purpose=""))
    assert {kind for kind, answer in answers.items() if answer.standing == Standing.EVIDENCE} <= {
        "policy_published",
        "trail_verifiable",
        "findings_on_time",
    }
    assert answers["drift_assessed"].standing == Standing.NOT_MEASURED
    assert answers["tier_confirmed"].standing == Standing.NONE
    assert "no purpose" in answers["registered"].sentence


def test_what_cannot_be_assessed_is_not_measured_and_says_why(workspace):
    model = make_assessed_model()
    answers = answers_of(model)
    assert answers["explainability_assessed"].standing == Standing.NOT_MEASURED
    assert "its artifact is not here" in answers["explainability_assessed"].sentence
    assert answers["replication_checked"].standing == Standing.NOT_MEASURED


def test_an_assessment_counts_only_within_the_cadence_of_the_tier(workspace):
    model = make_assessed_model()
    assert answers_of(model)["drift_assessed"].standing == Standing.EVIDENCE
    late = answers_of(model, now=timezone.now() + timedelta(days=200))
    assert late["drift_assessed"].standing == Standing.NONE
    assert "asks for more often" in late["drift_assessed"].sentence


def test_a_run_without_results_is_not_evidence(workspace):
    version = promote(make_version(make_model()))
    make_run(version, state="insufficient_data", reason="No rows.")
    assert answers_of(version.model)["drift_assessed"].standing == Standing.NOT_MEASURED


@pytest.mark.parametrize("verdict", ["insufficient", "unknown"])
def test_an_assessment_that_could_not_decide_is_not_evidence(workspace, verdict):
    answer = answers_of(make_assessed_model(verdict=verdict))["drift_assessed"]
    assert answer.standing == Standing.NOT_MEASURED and f"is {verdict}" in answer.sentence


def test_an_open_breach_that_nobody_follows_up_is_named(workspace):
    answer = answers_of(make_assessed_model(verdict="red"))["breaches_followed_up"]
    assert answer.standing == Standing.NONE and len(answer.links) == 1


def test_a_version_put_into_production_without_a_signed_request_is_no_evidence(workspace):
    model = make_model()
    promote(make_version(model))
    assert answers_of(model)["decision_signed"].standing == Standing.NONE


def test_a_requirement_that_nothing_here_speaks_to_is_not_measured(workspace):
    coverages = coverage_of(make_model(), list(RegimePack.objects.all()), timezone.now())
    silent = [one for coverage in coverages for one in coverage.requirements if not one.answers]
    assert silent and {one.standing for one in silent} == {Standing.NOT_MEASURED}


def test_a_story_with_a_past_has_evidence_whose_every_link_leads_somewhere(story):
    answers = answers_of(story.model)
    assert {"registered", "tier_confirmed", "version_identified", "reference_data", "decision_signed"} <= {
        kind for kind, answer in answers.items() if answer.standing == Standing.EVIDENCE
    }
    for answer in answers.values():
        for text, address in answer.links:
            assert text and resolve(address)


def test_the_page_shows_one_pack_and_claims_nothing(client, story):
    client.force_login(story.auditor)
    page = client.get(f"/models/{story.model.slug}/regimes/?pack=sr-11-7")
    assert page.status_code == 200
    for told in (
        "historical, to 17 April 2026",
        "from 1 May 2027",
        "no statement that anything complies",
        "no evidence",
    ):
        assert told in page.text
    assert client.get(f"/models/{story.model.slug}/regimes/?pack=astrology").status_code == 404
    packs = client.get("/policy/regimes/")
    assert "NIST AI 100-1" in packs.text and "no statement" in packs.text


def test_the_page_of_every_pack_stays_within_a_budget_of_queries(client, story, django_assert_max_num_queries):
    client.force_login(story.auditor)
    client.get(f"/models/{story.model.slug}/regimes/")
    with django_assert_max_num_queries(60):
        client.get(f"/models/{story.model.slug}/regimes/")


def test_the_api_gives_packs_and_coverage_to_those_who_see_the_model(api, workspace, auditor, stranger):
    model = make_model()
    packs = api(auditor).get("/api/v1/regimes/").json()["results"]
    assert {"sr-11-7", "osfi-e-23"} <= {pack["code"] for pack in packs}
    coverage = api(auditor).get(f"/api/v1/models/{model.slug}/regimes/nist-ai-rmf/").json()
    assert coverage["disclaimer"] == DISCLAIMER
    counted = coverage["with_evidence"] + coverage["without"] + coverage["not_measured"]
    assert counted == len(coverage["requirements"])
    is_problem(api(stranger).get(f"/api/v1/models/{model.slug}/regimes/nist-ai-rmf/"), 404)
    is_problem(api(auditor).get(f"/api/v1/models/{model.slug}/regimes/astrology/"), 404)


@pytest.mark.parametrize("who", ["stranger"])
def test_a_model_of_another_workspace_is_not_found(who, client, workspace, request):
    client.force_login(request.getfixturevalue(who))
    assert client.get(f"/models/{make_model().slug}/regimes/").status_code == 404
