"""How often a model is looked at: the policy says; stricter at once and by anybody who answers, looser by decision."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Plan
from audits.assessments.services import shorten_windows
from audits.trail.models import Action, Entry
from audits.workflows.contents.hygiene import BY_NAME, breaking
from audits.workflows.contents.validations import due_before, due_of
from audits.workflows.models import Attestation, ChangeRequest, Standing
from audits.workflows.services import open_due_attestations, request_change, why_not_decide
from audits.workflows.services.standings import count_marked
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.contents.cadences import by_span, cadence_of, cadences_of, set_apart
from inventory.models import Cadence, Model, Policy
from inventory.services import end_lapsed_cadences, tighten_cadence
from inventory.services.cadences import loosen_cadence
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import PASSWORD, make_model, make_otherwise
from tests.fixtures.story import approve
from tests.rest import is_problem
from tests.signing import end_cadence
from tests.workflows.kinds import decided, in_days

REASON = "A new sales channel opens."


def today():
    return timezone.now().date()


def document() -> dict:
    return Policy.objects.in_force().document


def in_tier(tier: int, model: Model, **fields) -> Model:
    make_otherwise(model, tier=tier, **fields)
    return model


def asked(**terms) -> dict:
    return {
        "rhythm": "drift",
        "every": "annual",
        "compensating_control": "The owner reads the monthly counts.",
        "holds_until": in_days(200),
    } | terms


@pytest.fixture
def model(owner) -> Model:
    return in_tier(1, make_model(owner=owner))


@pytest.fixture
def loosened(story) -> Cadence:
    decided(
        ChangeRequest.Kind.CADENCE_CHANGE,
        story.model,
        story.validator,
        story.risk_officer,
        terms=asked(),
        actor=story.owner,
    )
    return Cadence.objects.get()


def test_without_anything_set_the_cadence_is_the_policys(model):
    assert {one.rhythm for one in cadences_of(model)} == set(policies.RHYTHMS)
    drift = cadence_of(model, "drift")
    assert (drift.every, drift.own, drift.is_looser) == ("monthly", None, False)


def test_a_stricter_cadence_holds_at_once_and_without_approval(model, owner):
    tighten_cadence(model, rhythm="drift", every="weekly", reason=REASON, actor=owner)
    drift = cadence_of(model, "drift")
    assert (drift.every, drift.span, drift.why, drift.required.every) == ("weekly", timedelta(7), REASON, "monthly")
    entry = Entry.objects.get(action=Action.CADENCE_TIGHTENED)
    assert (entry.details["before"], entry.details["every"]) == ("monthly", "weekly")


def test_an_owner_ends_no_stricter_cadence_of_the_second_line_by_a_still_stricter_one_for_a_day(
    model, owner, validator
):
    set_by_others = {"rhythm": "performance", "every": "monthly", "reason": REASON}
    cadence = tighten_cadence(model, **set_by_others, holds_until=today() + timedelta(90), actor=validator)
    for until in (today(), today() + timedelta(89)):
        with pytest.raises(RuleBroken, match=f"{cadence}: what takes its place holds at least as long"):
            tighten_cadence(model, rhythm="performance", every="weekly", reason=REASON, holds_until=until, actor=owner)
    tighten_cadence(model, rhythm="performance", every="weekly", reason=REASON, actor=owner)
    assert cadence_of(model, "performance").every == "weekly"


@pytest.mark.parametrize("every", ["monthly", "annual"])
def test_nobody_makes_a_cadence_looser_or_leaves_it_by_tightening(model, risk_officer, every):
    with pytest.raises(RuleBroken, match="no more often"):
        tighten_cadence(model, rhythm="drift", every=every, reason=REASON, actor=risk_officer)
    assert not Cadence.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"rhythm": "tea"},
        {"every": "every 12 months"},
        {"rhythm": "full_validation", "every": "weekly"},
        {"reason": "  "},
        {"reason": "\x00"},
        {"reason": "x" * 2001},
        {"holds_until": "yesterday"},
    ],
    ids=["no rhythm", "months of drift", "weeks of validation", "no reason", "NUL", "too long", "over"],
)
def test_what_means_nothing_is_refused_with_its_field(model, owner, said):
    values = {"rhythm": "drift", "every": "weekly", "reason": REASON} | said
    if "holds_until" in values:
        values["holds_until"] = today() - timedelta(days=1)
    with pytest.raises(UnusableData) as refusal:
        tighten_cadence(model, **values, actor=owner)
    assert all(error["field"] for error in refusal.value.errors)


def test_who_neither_answers_nor_reviews_sets_no_cadence(model, engineer, auditor, stranger, administrator):
    for person in (engineer, auditor, stranger, administrator):
        with pytest.raises(NotPermitted):
            tighten_cadence(model, rhythm="drift", every="weekly", reason=REASON, actor=person)


def test_back_to_the_policys_cadence_is_for_another_of_the_second_line(model, owner, validator, risk_officer):
    cadence = tighten_cadence(model, rhythm="drift", every="weekly", reason=REASON, actor=validator)
    for person in (owner, validator):
        with pytest.raises(NotPermitted):
            end_cadence(cadence, reason="Enough.", actor=person)
    with pytest.raises(RuleBroken):
        end_cadence(cadence, reason=" ", actor=risk_officer)
    end_cadence(cadence, reason="The channel is as the others are.", actor=risk_officer)
    assert cadence_of(model, "drift").every == "monthly"
    with pytest.raises(RuleBroken, match="already"):
        end_cadence(cadence, reason="Again.", actor=risk_officer)


def test_a_rule_of_the_policy_makes_a_regulatory_models_validation_yearly(owner):
    model = in_tier(3, make_model(owner=owner), regulatory_categories=["regulatory_capital"])
    validation = cadence_of(model, policies.FULL_VALIDATION)
    assert (validation.every, cadence_of(model, "drift").every) == ("every 12 months", "semi-annual")
    assert "whatever their tier" in validation.why
    in_tier(3, model, regulatory_categories=[])
    assert cadence_of(model, policies.FULL_VALIDATION).every == "every 36 months"


def test_lists_and_single_models_agree_on_every_cadence(owner, validator):
    """`by_span` asks the database what `cadence_of` computes for one model: each model is in exactly one part."""
    models = [
        in_tier(2, make_model(owner=owner), regulatory_categories=categories)
        for categories in ([], ["regulatory_capital"], ["market_risk", "liquidity"], ["liquidity"])
    ]
    tighten_cadence(models[0], rhythm=policies.FULL_VALIDATION, every="every 6 months", reason="New.", actor=validator)
    tighten_cadence(models[1], rhythm=policies.FULL_VALIDATION, every="every 9 months", reason="New.", actor=validator)
    for rhythm in policies.RHYTHMS:
        found = {}
        for part, span in by_span(rhythm, 2, document=document(), own=set_apart(rhythm)):
            for pk in Model.objects.filter(part).values_list("pk", flat=True):
                assert pk not in found
                found[pk] = span
        assert found == {one.pk: cadence_of(one, rhythm).span for one in Model.objects.all()}


def test_an_old_policy_without_cadences_falls_back_to_the_standard_ones(model):
    older = {name: value for name, value in document().items() if name != "cadences"}
    assert cadence_of(model, "drift", document=older).every == "monthly"
    assert not policies.faults_in(document())


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"when": {}, "at_least": {"drift": "weekly"}, "why": "x"}, "must ask about"),
        ({"when": {"name": ["x"]}, "at_least": {"drift": "weekly"}, "why": "x"}, "must ask about"),
        ({"when": {"regions": ["EU"]}, "at_least": {"drift": "every 3 months"}, "why": "x"}, "must be one of daily"),
        ({"when": {"regulatory_categories": ["magic"]}, "at_least": {"drift": "weekly"}, "why": "x"}, "does not know"),
        ({"when": {"regions": [""]}, "at_least": {"drift": 7}, "why": "x"}, "at least one text"),
    ],
    ids=["no condition", "unknown fact", "wrong length", "unknown category", "empty region"],
)
def test_a_rule_that_means_nothing_keeps_a_policy_from_being_published(workspace, standard_document, rule, fault):
    standard_document["cadences"]["rules"] = [rule]
    assert any(fault in one for one in policies.faults_in(standard_document))


def test_a_stricter_policy_wins_over_what_was_set(model, owner, standard_document):
    tighten_cadence(model, rhythm="drift", every="weekly", reason=REASON, actor=owner)
    standard_document["tiers"]["1"]["cadence"]["drift"] = "daily"
    assert cadence_of(model, "drift", document=standard_document).every == "daily"


def test_the_second_line_decides_a_looser_cadence_and_neither_the_owner_nor_who_asked(story, loosened):
    drift = cadence_of(story.model, "drift")
    assert (drift.every, drift.is_looser) == ("annual", True)
    assert drift.own.change_reference == ChangeRequest.objects.latest("requested_at").reference
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # As at the end of the transaction: it stands on its request.
    assert drift.own.holds_until == today() + timedelta(days=200)
    assert breaking(Model.objects.all(), BY_NAME["cadence_looser"], now=timezone.now()).get() == story.model


def test_an_owner_cannot_decide_that_their_model_is_looked_at_less_often(story):
    change = request_change(
        ChangeRequest.Kind.CADENCE_CHANGE, story.model, reason="Quiet.", terms=asked(), actor=story.owner
    )
    assert why_not_decide(change, person=story.owner)
    approve(change, story.risk_officer)
    assert not Cadence.objects.exists()
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"every": "weekly"}, "no less often"),
        ({"every": "monthly"}, "no less often"),
        ({"holds_until": in_days(900)}, "365 days at most"),
        ({"every": "every 60 months"}, "must be one of daily"),
    ],
    ids=["more often", "as often", "too long", "of validations"],
)
def test_what_is_no_looser_cadence_is_not_asked_for(story, terms, why):
    with pytest.raises((RuleBroken, UnusableData), match=why):
        request_change(
            ChangeRequest.Kind.CADENCE_CHANGE, story.model, reason="Quiet.", terms=asked(**terms), actor=story.owner
        )


def test_a_looser_cadence_ends_by_itself_after_its_last_day(story, loosened):
    after = loosened.holds_until + timedelta(days=1)
    assert cadence_of(story.model, "drift", today=loosened.holds_until).every == "annual"
    assert cadence_of(story.model, "drift", today=after).every != "annual"
    assert end_lapsed_cadences(loosened.holds_until) == 0
    assert end_lapsed_cadences(after) == 1
    assert end_lapsed_cadences(after) == 0
    assert Entry.objects.filter(action=Action.CADENCE_ENDED).count() == 1


def test_who_may_tighten_may_end_a_looser_cadence_at_once(story, loosened):
    end_cadence(loosened, reason="It drifts.", actor=story.owner)
    assert not cadence_of(story.model, "drift").is_looser


def test_the_database_keeps_a_cadence_and_refuses_a_looser_one_without_its_decision(model, owner, risk_officer):
    cadence = tighten_cadence(model, rhythm="drift", every="weekly", reason=REASON, actor=owner)
    for statement in ("UPDATE inventory_cadence SET every = 'annual'", "DELETE FROM inventory_cadence"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    end_cadence(cadence, reason="Enough.", actor=risk_officer)
    with pytest.raises(IntegrityError, match="looser_cadence_was_decided_and_ends"), transaction.atomic():
        loosen_cadence(
            model, rhythm="drift", every="annual", reason="x", holds_until=today(), change_reference="", actor=None
        )


def test_the_database_refuses_a_looser_cadence_that_names_a_request_which_decided_nothing(model):
    with pytest.raises(IntegrityError, match="there is none"), transaction.atomic(), connection.cursor() as cursor:
        loosen_cadence(
            model,
            rhythm="drift",
            every="annual",
            reason="x",
            holds_until=today(),
            change_reference="CR-2026-9999",
            actor=None,
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_tightened_cadence_shortens_the_window_under_way_and_a_looser_one_does_not(story):
    plan = story.plan("drift")
    start = timezone.now() - timedelta(days=2)
    Plan.objects.filter(pk=plan.pk).update(window_start=start, next_due_at=start + timedelta(days=91))
    assert shorten_windows(timezone.now()) == 0
    tighten_cadence(story.model, rhythm="drift", every="weekly", reason=REASON, actor=story.validator)
    assert shorten_windows(timezone.now()) == 1
    assert shorten_windows(timezone.now()) == 0
    plan.refresh_from_db()
    assert plan.next_due_at == start + timedelta(days=7)


def test_validations_and_attestations_fall_due_by_the_cadence_of_the_model(model, owner):
    make_otherwise(model, status="in_use", registered_at=timezone.now() - timedelta(days=40))
    model.refresh_from_db()
    soon = today() + timedelta(days=60)
    assert not Model.objects.filter(due_before(soon)).exists()
    assert open_due_attestations(timezone.now()) == 0
    tighten_cadence(model, rhythm=policies.FULL_VALIDATION, every="every 3 months", reason="New.", actor=owner)
    tighten_cadence(model, rhythm=policies.ATTESTATION, every="monthly", reason="New.", actor=owner)
    assert Model.objects.filter(due_before(soon)).get() == model
    assert due_of([model])[model.pk].full_on == model.registered_at.date() + timedelta(days=91)
    assert open_due_attestations(timezone.now()) == 1
    assert Attestation.objects.get().model == model


def test_the_portfolio_counts_a_model_anew_when_its_cadence_or_what_a_rule_asks_changes(model, owner):
    make_otherwise(model, status="in_use", tier=3)
    count_marked()
    before = Standing.objects.get(model=model).validation_due_on
    in_tier(3, model, regulatory_categories=["market_risk"])
    count_marked()
    by_rule = Standing.objects.get(model=model).validation_due_on
    tighten_cadence(model, rhythm=policies.FULL_VALIDATION, every="every 3 months", reason="New.", actor=owner)
    count_marked()
    assert before > by_rule > Standing.objects.get(model=model).validation_due_on


def test_the_page_offers_to_end_a_stricter_one_to_who_may_and_tells_the_others_why_not(
    model, owner, validator, risk_officer, auditor
):
    tighten_cadence(model, rhythm="drift", every="weekly", reason=REASON, actor=validator)
    told = {
        owner: "do not allow you to change plan",
        auditor: "do not allow you to change plan",
        validator: "nor whoever set it does",
        risk_officer: "",
    }
    for reader, why in told.items():
        browser = Client()
        browser.force_login(reader)
        page = browser.get(reverse("model-cadences", args=[model.slug])).text
        assert (reverse("end-cadence", args=[model.slug, Cadence.objects.get().pk]) in page) == (not why)
        assert ("You do not end it: " in page) == bool(why) and why in page


def test_the_page_shows_what_holds_and_what_the_policy_wants_and_takes_a_stricter_one(model, owner):
    browser = Client()
    browser.force_login(owner)
    refused = browser.post(
        reverse("tighten-cadence", args=[model.slug]), {"rhythm": "drift", "every": "annual", "reason": REASON}
    )
    assert refused.status_code == 409
    assert b"no more often" in refused.content
    done = browser.post(
        reverse("tighten-cadence", args=[model.slug]), {"rhythm": "drift", "every": "weekly", "reason": REASON}
    )
    assert done.status_code == 302
    page = browser.get(reverse("model-cadences", args=[model.slug])).content.decode()
    assert "Weekly" in page
    assert "Monthly" in page
    assert REASON in page
    assert "Weekly".lower() in browser.get(reverse("model", args=[model.slug])).content.decode()


def test_a_program_reads_tightens_and_ends_a_cadence(model, owner, risk_officer, api):
    address = f"/api/v1/models/{model.slug}/cadences/"
    sent = {"rhythm": "drift", "every": "weekly", "reason": REASON}
    made = api(owner).post(address, sent, format="json")
    assert (made.status_code, made.data["every"], made.data["loosens"]) == (201, "weekly", False)
    told = {one["rhythm"]: one for one in api(owner).get(address).data["cadences"]}
    assert (told["drift"]["every"], told["drift"]["policy_every"], told["drift"]["days"]) == ("weekly", "monthly", 7)
    assert is_problem(api(owner).post(address, sent, format="json"), 409)
    end = f"{address}{made.data['id']}/end/"
    assert not api(owner).get(end).data["may_sign"]
    shown = api(risk_officer).get(end).data
    assert shown["may_sign"] and (shown["evidence"]["every"], shown["evidence"]["required"]) == ("weekly", "monthly")
    proof = {"reason": "Enough.", "evidence_digest": shown["evidence_digest"], "password": PASSWORD}
    assert is_problem(api(risk_officer).post(end, proof | {"password": "a guess"}, format="json"), 403)
    ended = api(risk_officer).post(end, proof, format="json")
    assert ended.status_code == 200
    assert ended.data["ended_because"] == "Enough."
