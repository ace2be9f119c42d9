"""Tiers by scorecard: what answers come to, floors, overrides, exemptions, and when a tier is asked for again."""

import copy
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.services import request_change
from inventory import policies
from inventory.models import Model, TierAssessment
from inventory.services import (
    confirm_tier as services_confirm,
)
from inventory.services import (
    edit_model,
    end_lapsed_exemptions,
    propose_tier,
    register_model,
    why_propose_again,
    why_tier_again,
)
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_model, make_person, publish, retire
from tests.rest import is_problem, post_json, sign_json
from tests.signing import confirm_tier

LOWEST = {
    "exposure": {"amount": "small", "people": "few", "error": "bearable"},
    "purpose_level": {"use": "information", "people": "no", "published": "no"},
    "complexity": {"method": "simple", "inputs": "few", "judgement": "none", "opacity": "open"},
    "reliance": {"driver": "informs", "override": "always"},
}


def answers(**changes) -> dict:
    """The lowest answers, with some changed: `purpose_level={"use": "regulated"}`."""
    return {factor: given | changes.get(factor, {}) for factor, given in LOWEST.items()}


REGULATED = answers(purpose_level={"use": "regulated"})


def first(tiering: dict) -> dict:
    """The first question of a scorecard."""
    return tiering["factors"]["exposure"]["questions"][0]


def levels_and_tier(given: dict, **facts) -> tuple[dict, int]:
    levels, _ = policies.levels_from(policies.standard(), given)
    facts |= policies.facts_from_answers(given)
    return levels, policies.tier_from(policies.standard(), levels=levels, facts=facts).tier


@pytest.fixture
def model(owner, engineer) -> Model:
    return make_model(owner=owner, actor=engineer, exposure="", purpose_level="", complexity="", reliance="")


def test_points_and_bands_give_a_level_and_the_arithmetic_is_told():
    levels, steps = policies.levels_from(policies.standard(), answers(exposure={"amount": "notable", "people": "many"}))
    assert levels["exposure"] == "medium"
    assert steps[0] == "Exposure is medium: 2 + 1 + 0 = 3 points; medium from 2, high from 5."


def test_one_answer_alone_can_make_a_factor_high():
    levels, steps = policies.levels_from(policies.standard(), answers(exposure={"amount": "large"}))
    assert levels["exposure"] == "high"
    assert "one of the answers alone makes it at least high" in steps[0]


@pytest.mark.parametrize(
    ("levels", "tier"),
    [
        (("high", "low", "high"), 1),
        (("low", "high", "medium"), 1),
        (("high", "low", "low"), 2),
        (("medium", "low", "high"), 2),
        (("medium", "medium", "medium"), 2),
        (("medium", "low", "low"), 3),
        (("low", "low", "high"), 2),
        (("low", "low", "medium"), 3),
        (("low", "low", "low"), 3),
    ],
)
def test_the_matrix_takes_the_worse_of_exposure_and_purpose_and_the_complexity(levels, tier):
    named = dict(zip(("exposure", "purpose_level", "complexity"), levels, strict=True)) | {"reliance": "low"}
    assert policies.tier_from(policies.standard(), levels=named, facts={}).tier == tier


@pytest.mark.parametrize(
    "category", ["regulatory_capital", "accounting_provisions", "stress_testing", "anti_money_laundering"]
)
def test_regulatory_categories_are_never_in_the_lowest_tier(category):
    assert levels_and_tier(LOWEST, regulatory_categories=["market_risk", category])[1] == 2
    assert levels_and_tier(LOWEST, regulatory_categories=["market_risk"])[1] == 3


def test_a_regulated_use_is_never_in_the_lowest_tier_whatever_the_points():
    assert levels_and_tier(REGULATED)[1] == 2


def test_what_decides_alone_is_never_in_the_lowest_tier():
    assert levels_and_tier(answers(reliance={"driver": "sole"}))[1] == 2


def test_machine_learning_about_natural_persons_is_at_least_of_medium_complexity():
    given = answers(exposure={"amount": "large"}, complexity={"method": "statistical"})
    assert levels_and_tier(given, affects_natural_persons=True)[1] == 2
    assert levels_and_tier(given, affects_natural_persons=True, uses_machine_learning=True)[1] == 1
    assert levels_and_tier(given, affects_natural_persons=False, uses_machine_learning=True)[1] == 2


def test_answers_propose_a_tier_that_is_provisional_until_somebody_else_confirms_it(model, engineer, risk_officer):
    assessment = propose_tier(model, answers=LOWEST, actor=engineer)
    model.refresh_from_db()
    assert (model.tier, model.tier_is_provisional, model.exposure) == (3, True, "low")
    confirmed = confirm_tier(model, actor=risk_officer)
    assessment.refresh_from_db()
    assert (confirmed.tier, confirmed.tier_is_provisional) == (3, False)
    assert (assessment.state, assessment.confirmed_by, assessment.policy.number) == ("confirmed", risk_officer, 1)


def test_whoever_proposed_a_tier_does_not_confirm_it(model, risk_officer):
    propose_tier(model, answers=LOWEST, actor=risk_officer)
    with pytest.raises(NotPermitted, match="proposed a tier"):
        confirm_tier(model, actor=risk_officer)


def test_whoever_touched_what_a_tier_is_made_of_does_not_confirm_it_though_others_touched_it_since(
    model, engineer, risk_officer
):
    low = dict.fromkeys(policies.FACTORS, "low")
    edit_model(model, changes=low, actor=risk_officer)
    edit_model(model, changes={"exposure": "medium"}, actor=engineer)
    edit_model(model, changes={"exposure": "low"}, actor=engineer)
    with pytest.raises(NotPermitted, match="you set what the tier is made of"):
        confirm_tier(model, actor=risk_officer)
    with pytest.raises(IntegrityError, match="set nothing that it is made of"), transaction.atomic():
        services_confirm(model, actor=risk_officer)
        connection.check_constraints()


@pytest.mark.parametrize(
    ("fact", "was", "said"),
    [("regulatory_categories", ["regulatory_capital"], []), ("uses_machine_learning", True, False)],
)
def test_a_fact_that_lowers_the_tier_is_not_taken_back_and_confirmed_by_one_person(
    fact, was, said, model, owner, engineer, risk_officer, workspace
):
    edit_model(model, changes={fact: was, "affects_natural_persons": True}, actor=owner)
    edit_model(model, changes=dict.fromkeys(policies.FACTORS, "low"), actor=engineer)
    edit_model(model, changes={fact: said}, actor=risk_officer)
    with pytest.raises(NotPermitted, match="you set what the tier is made of"):
        confirm_tier(model, actor=risk_officer)
    confirm_tier(model, actor=make_person(Role.RISK_OFFICER, workspace=workspace))
    connection.check_constraints()


def test_what_was_said_before_the_last_confirmation_keeps_nobody_from_the_next(
    model, engineer, risk_officer, workspace
):
    edit_model(model, changes=dict.fromkeys(policies.FACTORS, "low"), actor=risk_officer)
    confirm_tier(model, actor=make_person(Role.RISK_OFFICER, workspace=workspace))
    edit_model(model, changes={"exposure": "high"}, actor=engineer)
    assert not confirm_tier(model, actor=risk_officer).tier_is_provisional
    connection.check_constraints()


def test_a_tier_is_not_confirmed_once_what_its_floors_look_at_has_changed(model, owner, engineer, risk_officer):
    propose_tier(model, answers=REGULATED, actor=engineer)
    assert confirm_tier(model, actor=risk_officer).tier == 2
    propose_tier(model, answers=LOWEST, actor=engineer)
    edit_model(model, changes={"regulatory_categories": ["regulatory_capital"]}, actor=owner)
    with pytest.raises(RuleBroken, match="this changed: regulatory categories. Propose it again"):
        confirm_tier(model, actor=risk_officer)
    propose_tier(model, answers=LOWEST, actor=engineer)
    assert confirm_tier(model, actor=risk_officer).tier == 2


@pytest.mark.parametrize("who", ["validator", "auditor", "administrator", "stranger"])
def test_who_may_not_edit_a_model_proposes_no_tier(who, model, request):
    with pytest.raises(NotPermitted):
        propose_tier(model, answers=LOWEST, actor=request.getfixturevalue(who))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "answers.exposure.amount"),
        (answers(exposure={"amount": "huge"}), "answers.exposure.amount"),
        (answers(exposure={"amount": ["small"]}), "answers.exposure.amount"),
        (answers() | {"luck": {}}, "answers.luck"),
        (answers(exposure={"weather": "fine"}), "answers.exposure.weather"),
        (LOWEST | {"exposure": "low"}, "answers.exposure"),
        ([], "answers"),
    ],
)
def test_answers_that_are_none_are_named_by_their_question(given, field, model, engineer):
    with pytest.raises(UnusableData) as refusal:
        propose_tier(model, answers=given, actor=engineer)
    assert field in {error["field"] for error in refusal.value.errors}


def test_a_tier_is_overridden_upward_only_and_with_a_reason(model, engineer, risk_officer):
    for override in (3, 4, 0, -1):
        with pytest.raises(UnusableData, match="only be overridden by a stricter one"):
            propose_tier(model, answers=LOWEST, override=override, reason="Because.", actor=engineer)
    with pytest.raises(UnusableData, match="Say why"):
        propose_tier(model, answers=LOWEST, override=1, actor=engineer)
    propose_tier(model, answers=LOWEST, override=1, reason="The first of its kind here.", actor=engineer)
    assert confirm_tier(model, actor=risk_officer).tier == 1


def test_a_model_of_negligible_risk_is_exempt_only_after_a_confirmation(model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, exempt=True, reason="A training exercise.", actor=engineer)
    model.refresh_from_db()
    assert model.tier == 3
    assert confirm_tier(model, actor=risk_officer).tier == policies.EXEMPT


def test_only_the_lowest_tier_can_be_exempt(model, engineer):
    with pytest.raises(RuleBroken, match="they give tier 2"):
        propose_tier(model, answers=REGULATED, exempt=True, reason="x", actor=engineer)
    with pytest.raises(UnusableData, match="Say why"):
        propose_tier(model, answers=LOWEST, exempt=True, actor=engineer)


def test_an_exemption_that_nobody_confirms_again_lapses_after_a_year(model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, exempt=True, reason="A training exercise.", actor=engineer)
    confirm_tier(model, actor=risk_officer)
    now = timezone.now()
    assert end_lapsed_exemptions(now + timedelta(days=364)) == 0
    assert end_lapsed_exemptions(now + timedelta(days=366)) == 1
    model.refresh_from_db()
    assert (model.tier, model.tier_is_provisional) == (3, True)
    assert Entry.objects.filter(action=Action.MODEL_EXEMPTION_LAPSED).count() == 1
    assert end_lapsed_exemptions(now + timedelta(days=366)) == 0


def test_a_stricter_proposal_holds_at_once_and_a_laxer_one_waits(model, engineer, risk_officer):
    propose_tier(model, answers=REGULATED, actor=engineer)
    confirm_tier(model, actor=risk_officer)
    propose_tier(model, answers=LOWEST, actor=engineer)
    model.refresh_from_db()
    assert (model.tier, model.tier_is_provisional) == (2, True)
    assert confirm_tier(model, actor=risk_officer).tier == 3
    assert list(model.tier_assessments.values_list("state", flat=True)) == ["confirmed", "superseded"]


def test_levels_entered_without_the_questions_take_the_place_of_a_proposal(model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, actor=engineer)
    edit_model(model, changes={"exposure": "high", "complexity": "high"}, actor=engineer)
    assert not model.tier_assessments.proposed().exists()
    assert confirm_tier(model, actor=risk_officer).tier == 1
    assert "without answering" in model.tier_assessments.confirmed().get().steps[0]


def test_a_floor_by_an_answer_holds_also_where_levels_are_entered_without_the_questions(model, engineer, risk_officer):
    propose_tier(model, answers=REGULATED, actor=engineer)
    edited = edit_model(model, changes={"purpose_level": "low"}, actor=engineer)
    assert edited.tier == 2
    assert confirm_tier(model, actor=risk_officer).tier == 2


def test_a_fact_that_makes_the_tier_stricter_asks_for_a_new_confirmation(model, engineer, risk_officer):
    given = answers(exposure={"amount": "large"}, complexity={"method": "learned", "inputs": "few"})
    given["complexity"]["method"] = "learned"
    document = copy.deepcopy(policies.standard())
    document["tiering"]["factors"]["complexity"]["medium"] = 4
    publish(document)
    propose_tier(model, answers=given, actor=engineer)
    assert confirm_tier(model, actor=risk_officer).tier == 2
    edited = edit_model(model, changes={"affects_natural_persons": True}, actor=engineer)
    assert (edited.tier, edited.tier_is_provisional) == (1, True)


def test_a_confirmed_tier_is_asked_for_again_when_it_is_old_or_what_it_rests_on_changes(model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, actor=engineer)
    confirmed = confirm_tier(model, actor=risk_officer)
    now = timezone.now()
    assert why_tier_again(confirmed, now) == []
    assert "366 days ago" in why_tier_again(confirmed, now + timedelta(days=366, minutes=1))[0]
    edited = edit_model(model, changes={"affects_natural_persons": True}, actor=engineer)
    assert why_tier_again(edited, now) == ["Changed since it was confirmed: affects natural persons."]
    document = copy.deepcopy(policies.standard())
    document["tiering"]["factors"]["exposure"]["medium"] = 3
    publish(document)
    assert any("The scorecard has changed" in reason for reason in why_tier_again(edited, now))


def test_a_tier_is_not_confirmed_under_a_scorecard_that_is_no_longer_in_force(model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, actor=engineer)
    document = copy.deepcopy(policies.standard())
    publish(document | {"title": "Another title, the same scorecard"})
    assert why_propose_again(model) == ""
    document["tiering"]["factors"]["exposure"]["medium"] = 3
    publish(document)
    with pytest.raises(RuleBroken, match="proposed under policy 1, .*: propose it again under policy 3"):
        confirm_tier(model, actor=risk_officer)
    with pytest.raises(RuleBroken, match="propose it again under policy 3"):
        request_change("tier_change", model, reason="It is low.", actor=engineer)
    propose_tier(model, answers=LOWEST, actor=engineer)
    assert confirm_tier(model, actor=risk_officer).tier == 3


def test_the_policy_names_who_lets_a_model_leave_tier_1_and_one_of_them_is_senior(standard_document, workspace):
    standard_document["approvals"]["tier_lowering"] = {"1": ["risk_officer", "validator"]}
    with pytest.raises(UnusableData, match="must name the chief risk officer or committee"):
        publish(standard_document)
    del standard_document["approvals"]["tier_lowering"]
    publish(standard_document)
    assert policies.lowering_roles(standard_document) == ["risk_officer", "chief_risk_officer"], (
        "as in the standard one"
    )


def test_the_page_and_the_api_say_who_decides_about_leaving_tier_1(model, engineer, risk_officer, client, api):
    propose_tier(model, answers=LOWEST, override=1, reason="Many customers.", actor=engineer)
    confirm_tier(model, actor=risk_officer)
    propose_tier(model, answers=LOWEST, actor=engineer)
    client.force_login(risk_officer)
    page = client.get(f"/models/{model.slug}/tier/").content.decode()
    assert "signed approvals of risk officer and chief risk officer" in page and "Request the tier change" in page
    answer = is_problem(sign_json(api(risk_officer), f"/api/v1/models/{model.slug}/tier/confirmation/"), 403)
    assert "chief risk officer" in answer["detail"]


def test_a_retired_model_keeps_its_tier(model, engineer):
    retire(model)
    with pytest.raises(RuleBroken, match="retired"):
        propose_tier(model, answers=LOWEST, actor=engineer)


@pytest.mark.parametrize("change", [{"tier": 1}, {"answers": {}}, {"steps": []}, {"proposed_by": None}])
def test_the_database_keeps_an_assessment_as_it_was(change, model, engineer):
    assessment = propose_tier(model, answers=LOWEST, actor=engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        TierAssessment.objects.filter(pk=assessment.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        assessment.delete()


def test_the_database_lets_nobody_confirm_their_own_proposal(model, engineer):
    assessment = propose_tier(model, answers=LOWEST, actor=engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        TierAssessment.objects.filter(pk=assessment.pk).update(state="confirmed", confirmed_by=engineer)


@pytest.mark.parametrize("tier", [0, 4])
def test_the_database_knows_no_other_tier_and_no_unconfirmed_exemption(tier, model):
    with pytest.raises(IntegrityError), transaction.atomic():
        Model.objects.filter(pk=model.pk).update(tier=tier)


def test_an_exempt_model_follows_the_lowest_tiers_rules_where_it_must_follow_any():
    document = policies.standard()
    assert policies.roles_required(document, "promotion", 0) == policies.roles_required(document, "promotion", 3)
    assert policies.cadence(document, 0, "drift") == policies.cadence(document, 3, "drift")
    assert policies.limit(document, "psi", role="score", tier=0) == policies.limit(
        document, "psi", role="score", tier=3
    )


@pytest.mark.parametrize(
    ("tier", "verdict", "rating"),
    [
        (1, "within", "moderate"),
        (1, "red", "very high"),
        (1, "unknown", "high"),
        (2, "insufficient", "elevated"),
        (3, "within", "low"),
        (3, "", "moderate"),
        (0, "", "exempt"),
    ],
)
def test_what_is_not_measured_never_leaves_the_lowest_risk(tier, verdict, rating):
    found = {"verdict": verdict, "opinion": "fit", "finding": ""}
    assert policies.residual_rating(policies.standard(), tier, **found) == rating


@pytest.mark.parametrize(
    ("opinion", "finding", "rating"),
    [
        ("fit", "", "low"),
        ("fit", "medium", "low"),
        ("fit", "high", "elevated"),
        ("fit", "critical", "high"),
        ("fit_with_conditions", "", "elevated"),
        ("fit_with_conditions", "critical", "high"),
        ("not_fit", "", "high"),
        ("not_fit", "low", "high"),
        ("none", "", "elevated"),
    ],
)
def test_the_worst_of_monitoring_validation_and_findings_rates_what_risk_remains(opinion, finding, rating):
    found = {"verdict": "within", "opinion": opinion, "finding": finding}
    assert policies.residual_rating(policies.standard(), 2, **found) == rating
    older = copy.deepcopy(policies.standard())
    del older["tiering"]["residual_from"]
    assert not policies.faults_in(older)
    assert policies.residual_rating(older, 2, **found) == rating, "an older policy is read by the standard one"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda t: t["factors"]["exposure"].update(high=1), "tiering.factors.exposure.high"),
        (lambda t: t["factors"]["exposure"]["questions"][0]["answers"].pop(), ""),
        (
            lambda t: t["factors"]["exposure"]["questions"][0]["answers"].clear(),
            "tiering.factors.exposure.questions[0].answers",
        ),
        (lambda t: t["factors"]["exposure"]["questions"][0].update(name="people"), "tiering.factors.exposure names"),
        (lambda t: t["factors"].pop("reliance"), "tiering.factors.reliance is missing"),
        (lambda t: t["matrix"]["high"].update(high=3), "tiering.matrix.high.high"),
        (lambda t: t["matrix"]["high"].update(high=0), "tiering.matrix.high.high"),
        (lambda t: t["floors"][0].update(when={"weather": ["fine"]}), "tiering.floors[0].when.weather"),
        (
            lambda t: t["floors"][1].update(when={"purpose_level.use": ["fun"]}),
            "tiering.floors[1].when.purpose_level.use",
        ),
        (lambda t: t["floors"][0].pop("tier"), "tiering.floors[0] needs"),
        (lambda t: t["residual"]["1"].update(red="fine"), "tiering.residual.1.red"),
        (lambda t: t["residual_from"]["opinion"].update(fit="green"), "tiering.residual_from.opinion.fit"),
        (lambda t: t["residual_from"]["finding"].pop("low"), "tiering.residual_from.finding.low is missing"),
        (lambda t: t.update(exemption_days=0), "tiering.exemption_days"),
    ],
)
def test_a_scorecard_that_could_not_tier_is_named_by_its_path(change, path):
    document = copy.deepcopy(policies.standard())
    change(document["tiering"])
    faults = policies.faults_in(document)
    assert all(fault.startswith(path) for fault in faults) and bool(faults) is bool(path)


def test_the_api_proposes_confirms_and_tells_how_it_came_about(api, model, engineer, risk_officer):
    address = f"/api/v1/models/{model.slug}/tier/"
    sent = post_json(api(engineer), f"{address}assessments/", {"answers": LOWEST})
    assert (sent.status_code, sent.json()["computed"]) == (201, 3)
    is_problem(sign_json(api(engineer), f"{address}confirmation/"), 403)
    assert sign_json(api(risk_officer), f"{address}confirmation/").json()["is_provisional"] is False
    told = api(engineer).get(address).json()
    assert (told["tier"], told["assess_again"], told["assessments"][0]["state"]) == (3, [], "confirmed")
    problem = is_problem(post_json(api(engineer), f"{address}assessments/", {"answers": {}}), 422)
    assert "answers.exposure.amount" in {error["field"] for error in problem["errors"]}


def test_the_api_shows_no_tier_of_a_model_of_another_workspace(api, model, stranger):
    is_problem(api(stranger).get(f"/api/v1/models/{model.slug}/tier/"), 404)


def test_a_model_registered_with_levels_is_tiered_by_matrix_and_floors(workspace, owner, engineer):
    levels = {"exposure": "low", "purpose_level": "low", "complexity": "low", "reliance": "high"}
    assert register_model(workspace, name="Alone", owner=owner, **levels, actor=engineer).tier == 2


def test_a_second_proposal_supersedes_the_first(model, engineer, workspace):
    first = propose_tier(model, answers=LOWEST, actor=engineer)
    propose_tier(
        model, answers=answers(reliance={"driver": "sole"}), actor=make_person(Role.ENGINEER, workspace=workspace)
    )
    first.refresh_from_db()
    assert first.state == "superseded"
    assert model.tier_assessments.proposed().count() == 1
