"""What is on record beside what a regime asks for: evidence with its link, none, or not measured; never a claim."""

import re
from datetime import date, timedelta
from html import escape

import pytest
from django.urls import resolve
from django.utils import timezone

from audits.workflows.models import Attestation
from audits.workflows.services import request_change, withdraw
from inventory import policies
from inventory.contents.cadences import cadence_of
from inventory.models import Model, Policy, RegimePack
from inventory.regimes import DISCLAIMER, EVIDENCE, instruments
from inventory.services import add_particular, attach_document, propose_tier
from inventory.services.regimes import load_regime_pack
from reports.contents.answers import Standing
from reports.contents.coverage import ANSWERED_BY, coverage_of, regimes_in_force
from tests.factories import make_model, promote
from tests.inventory.test_tiering import LOWEST
from tests.pages.scenery import make_assessed_model, make_run, make_version
from tests.rest import is_problem
from tests.signing import confirm_tier
from tests.workflows.validating import make_panel, validated


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


def test_an_exempt_model_is_called_exempt(owner, risk_officer, workspace):
    model = make_model(owner=owner)
    propose_tier(model, answers=LOWEST, exempt=True, reason="A training exercise.", actor=owner)
    confirm_tier(model, actor=risk_officer)
    model.refresh_from_db()
    assert answers_of(model)["tier_confirmed"].sentence.startswith(f"Exempt, confirmed by {risk_officer} on")


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


def test_a_request_that_was_taken_back_follows_no_breach_up(story):
    def left() -> str:
        return answers_of(story.model)["breaches_followed_up"].sentence

    before = left()
    change = request_change("retraining", story.version, reason="It drifts.", breach=story.breach, actor=story.engineer)
    assert left() != before
    withdraw(change, reason="Not yet.", actor=story.engineer)
    assert left() == before


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


def test_what_is_written_down_is_evidence_and_silence_is_none(workspace, owner):
    model = make_model(owner=owner)
    kinds = ("limitations_recorded", "assumptions_recorded", "data_sources_recorded", "documents_current")
    assert {answers_of(model)[kind].standing for kind in kinds} == {Standing.NONE}
    add_particular(model, "limitations", values={"text": "Thin files.", "significance": "low"}, actor=None)
    add_particular(model, "assumptions", values={"text": "Rates stay."}, actor=None)
    add_particular(model, "data_sources", values={"name": "Bureau"}, actor=None)
    said = {"title": "Guide", "kind": "user_guide", "review_by": timezone.now().date()}
    attach_document(model, b"x", filename="g.txt", media_type="text/plain", values=said, actor=None)
    assert {answers_of(model)[kind].standing for kind in kinds} == {Standing.EVIDENCE}
    later = answers_of(model, now=timezone.now() + timedelta(days=2))["documents_current"]
    assert (later.standing, later.sentence) == (Standing.NONE, "To be reviewed: Guide.")


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ({}, Standing.NOT_MEASURED),
        ({"origin": "internal"}, Standing.NOT_MEASURED),
        ({"origin": "vendor", "vendor": "Acme"}, Standing.NONE),
        ({"origin": "vendor", "vendor": "Acme", "vendor_contract": "C-1"}, Standing.EVIDENCE),
    ],
    ids=["unsaid", "internal", "no contract", "contract"],
)
def test_a_vendor_is_asked_for_where_a_model_is_bought(said, standing, workspace):
    assert answers_of(make_model(**said))["vendor_recorded"].standing == standing


def test_a_dependency_on_a_retired_model_is_named(workspace):
    upstream, model = make_model(name="Gone"), make_model()
    assert answers_of(model)["dependencies_kept"].standing == Standing.NOT_MEASURED
    add_particular(model, "upstream", values={"upstream": upstream, "kind": "input", "criticality": "high"}, actor=None)
    assert answers_of(model)["dependencies_kept"].standing == Standing.EVIDENCE
    type(upstream).objects.filter(pk=upstream.pk).update(status="retired")
    assert "Gone" in answers_of(model)["dependencies_kept"].sentence


def test_a_validation_counts_until_the_next_is_due(story):
    assert answers_of(story.model)["validated_in_time"].sentence == "No full validation was approved."
    validated(story.version, make_panel(story.workspace), kind="initial")
    assert answers_of(story.model)["validated_in_time"].standing == Standing.EVIDENCE
    lasts = cadence_of(story.model, policies.FULL_VALIDATION).span
    late = answers_of(story.model, now=timezone.now() + lasts + timedelta(days=1))["validated_in_time"]
    assert (late.standing, "the next was due on" in late.sentence) == (Standing.NONE, True)


def test_an_attestation_that_is_overdue_is_no_evidence(workspace):
    model, today = make_model(), timezone.now().date()
    assert answers_of(model)["attested"].standing == Standing.NOT_MEASURED
    Attestation.objects.create(
        model=model, policy=Policy.objects.in_force(), covers_from=today, due_at=today - timedelta(days=1)
    )
    assert answers_of(model)["attested"].standing == Standing.NONE


MARK = "not checked against the primary text</span>"


def test_clauses_that_nobody_read_in_the_instrument_are_marked_on_every_page_and_in_the_api(
    client, workspace, auditor, api
):
    client.force_login(auditor)
    assert client.get("/policy/regimes/").text.count(MARK) == RegimePack.objects.newest().count()
    model = make_model()
    assert client.get(f"/models/{model.slug}/regimes/?pack=ss1-23").text.count(MARK) == 1
    told = api(auditor).get(f"/api/v1/models/{model.slug}/regimes/ss1-23/").json()
    assert told["clauses"] == "not checked against the primary text"


def test_clauses_that_were_read_in_the_instrument_bear_no_mark_and_silence_does(client, workspace, auditor):
    pack = RegimePack.objects.get(code="ss1-23").document
    read = {"dates": "primary text", "clauses": "primary text"}
    load_regime_pack(pack | {"version": "3", "verification": read})
    client.force_login(auditor)
    address = f"/models/{make_model().slug}/regimes/?pack=ss1-23"
    assert MARK not in client.get(address).text
    assert RegimePack(document={}).mark == "not checked against the primary text"


def test_the_page_and_the_api_tell_every_instrument_with_its_days_and_where_they_were_read(
    client, workspace, auditor, api
):
    client.force_login(auditor)
    text = client.get("/policy/regimes/").text
    told = api(auditor).get("/api/v1/regimes/instruments/").json()
    assert told["read_on"] == "2026-11-20" and len(told["instruments"]) == len(instruments())
    for one in told["instruments"]:
        assert f'id="instrument-{one["code"]}"' in text and escape(one["title"]) in text
        assert one["standing"] and one["source"] in text
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links and all(f'id="{link}"' in text for link in links)


def test_only_the_newest_version_of_a_pack_is_shown(workspace):
    older = RegimePack.objects.get(code="sr-26-2")
    load_regime_pack(older.document | {"version": "3"})
    assert [pack.version for pack in RegimePack.objects.newest() if pack.code == "sr-26-2"] == ["3"]


def test_a_report_tells_the_packs_in_force_at_the_end_of_its_period(story):
    now = timezone.now()
    (told,) = [one for one in regimes_in_force(story.model, date(2026, 4, 16), now) if one.startswith("SR")]
    assert told.startswith("SR 11-7")
    later = " ".join(regimes_in_force(story.model, date(2026, 4, 17), now))
    assert "SR 26-2" in later and "SR 11-7" not in later and "not checked against the primary text" in later
