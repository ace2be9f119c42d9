"""What is determined to be no model stays in the register, told apart, and is asked nothing; until it is one again."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Plan
from audits.workflows.contents.hygiene import BY_NAME, breaking, hygiene_of
from audits.workflows.contents.indicators.scope import Scope
from audits.workflows.contents.portfolio import standings_seen_by
from audits.workflows.contents.queue import work_for
from audits.workflows.contents.tiles import tiles_of
from audits.workflows.contents.validations import due_of
from audits.workflows.gates import gate_for
from audits.workflows.models import Attestation
from audits.workflows.services import count_marked, open_due_attestations, withdraw_needless_attestations
from audits.workflows.services.validations.schedule import open_due_validations
from inventory.models import Model
from inventory.models.particulars import Determination
from inventory.policies import FACTORS, standard
from inventory.services import add_particular, edit_model, end_particular
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import confirm, make_model, make_otherwise, make_person, make_version, promote, publish
from tests.inventory.test_history import days_ago, let_days_pass

MODELS = "/api/v1/models/"


def denial(verdict: str = "not_a_model", regime: str = "SR 26-2") -> dict:
    return {"regime": regime, "verdict": verdict, "rationale": "Adds up what others estimate."}


def determine(model, verdict: str, actor=None, regime: str = "SR 26-2"):
    return add_particular(model, "determinations", values=denial(verdict, regime), actor=actor)


@pytest.fixture
def model(owner):
    """In development, registered long ago, with a validation and an attestation overdue."""
    model = make_model(name="Loans", owner=owner)
    make_version(model)
    make_otherwise(model, registered_at=timezone.now() - timedelta(days=3000))
    return Model.objects.get(pk=model.pk)


def names(client, **asked) -> list[str]:
    return [one["name"] for one in client.get(MODELS, asked).json()["results"]]


@pytest.mark.parametrize("office", ["owner", "developer"])
def test_whoever_answers_for_a_model_does_not_determine_that_it_is_none(model, owner, office, workspace):
    own = make_person(Role.VALIDATOR, workspace=workspace)
    edit_model(model, changes={office: own}, actor=None)
    with pytest.raises(NotPermitted, match="Who owns or develops a model does not determine that it is none"):
        determine(model, "not_a_model", own)
    determine(model, "not_a_model")
    row = determine(model, "model", own, regime="ss1-23")
    with pytest.raises(NotPermitted, match="does not determine that it is none"):
        end_particular(row, "determinations", reason="Not asked there.", actor=own)
    determine(model, "model", own)
    end_particular(row, "determinations", reason="Not asked there.", actor=None)
    edit_model(model, changes={"owner": owner, "developer": None}, actor=None)
    with pytest.raises(NotPermitted, match="less than twelve months ago"):
        determine(model, "not_a_model", own)


def test_a_tool_stays_in_the_list_and_is_told_apart(model, validator, api, client):
    token_client = api(validator)
    make_model(name="Cards", owner=model.owner)
    determine(model, "not_a_model", validator)
    assert names(token_client) == ["Cards", "Loans"]
    assert names(token_client, is_model="false") == ["Loans"]
    assert names(token_client, is_model="true") == ["Cards"]
    assert [one["is_model"] for one in token_client.get(MODELS).json()["results"]] == [True, False]
    assert token_client.get(f"{MODELS}{model.slug}/").json()["is_model"] is False
    client.force_login(validator)
    page = client.get(reverse("register"), {"is_model": "false"}).content.decode()
    assert ">Tool</span>" in page and "Cards" not in page
    assert "Tool, not a model" in client.get(reverse("model", args=[model.slug])).content.decode()
    count_marked()
    told = client.get(reverse("portfolio")).content.decode()
    assert "1 tool</a>, determined to be no model" in told and "Loans" not in told


def test_a_tool_counts_neither_in_portfolio_nor_hygiene_nor_indicators(model, validator):
    determine(model, "not_a_model", validator)
    count_marked()
    now = timezone.now()
    tiles = tiles_of(standings_seen_by(validator, now))
    assert (tiles.models, tiles.tools) == (0, 1)
    assert all(standing.asked == 0 for standing in hygiene_of(Model.objects.all(), now=now))
    assert not breaking(Model.objects.all(), BY_NAME["tier_provisional"], now=now).exists()
    assert not Scope(validator, now).register.exists()


def test_nothing_falls_due_of_a_tool(model, validator, risk_officer):
    assert open_due_attestations(timezone.now()) == 1
    row = determine(model, "not_a_model", validator)
    promote(model.versions.get())
    model.refresh_from_db()
    withdraw_needless_attestations()
    assert not Attestation.objects.open().exists()
    assert open_due_attestations(timezone.now()) == 0
    assert open_due_validations(timezone.now()) == 0
    assert due_of([model]) == {}
    assert not [task for task in work_for(risk_officer, now=timezone.now()) if "tier" in task.what]
    end_particular(row, "determinations", reason="It estimates after all.", actor=validator)
    assert due_of([model])
    assert open_due_validations(timezone.now()) == 1
    assert [task for task in work_for(risk_officer, now=timezone.now()) if "tier" in task.what]


def test_no_plan_of_a_tool_is_due(model, validator):
    ago = timezone.now() - timedelta(days=40)
    version = model.versions.get()
    Plan.objects.create(version=version, kind="drift", window_start=ago, next_due_at=ago + timedelta(days=30))
    determine(model, "not_a_model", validator)
    assert not Plan.objects.due(timezone.now()).exists()
    determine(model, "model", validator)
    assert Plan.objects.due(timezone.now()).exists()


@pytest.mark.parametrize("verdict", ["model", "undetermined"])
def test_one_regime_that_does_not_say_no_keeps_it_a_model(model, validator, verdict):
    determine(model, "not_a_model", validator)
    assert not model.is_model
    determine(model, verdict, validator, regime="OSFI E-23")
    assert model.is_model and Model.objects.counted().exists()


def test_determining_again_brings_it_back_and_the_past_stays(model, validator):
    determine(model, "not_a_model", validator)
    promote(model.versions.get())
    count_marked()
    determine(model, "model", validator)
    assert count_marked() == 0
    (standing,) = standings_seen_by(validator, timezone.now())
    assert not standing.is_tool and standing.validation_due_on
    assert Model.objects.get(pk=model.pk).is_model


def test_the_register_of_a_past_day_tells_the_tools_of_that_day(model, validator, api):
    row = determine(model, "not_a_model", validator)
    let_days_pass(10, model)
    end_particular(row, "determinations", reason="It estimates after all.", actor=validator)
    client = api(validator)
    assert names(client, is_model="false", as_of=days_ago(5)) == ["Loans"] and not names(client, is_model="false")
    assert [one["is_model"] for one in client.get(MODELS, {"as_of": days_ago(5)}).json()["results"]] == [False]
    now = timezone.now()
    assert Scope(validator, now).register.exists()
    assert not Scope(validator, now, at=now - timedelta(days=5)).register.exists()


def test_a_tool_is_not_promoted_until_it_is_a_model_again(model, validator):
    version = model.versions.get()
    before = gate_for(version).reasons
    determine(model, "not_a_model", validator)
    assert "Loans is determined to be no model" in " ".join(gate_for(version).reasons)
    determine(model, "model", validator)
    assert before and gate_for(version).reasons == before


@pytest.mark.parametrize("status", ["in_use", "restricted", "suspended"])
def test_one_person_does_not_take_what_is_relied_on_out_of_the_controls(model, validator, status):
    make_otherwise(model, status=status)
    with pytest.raises(RuleBroken, match="Ask for its retirement, which others decide"):
        determine(model, "not_a_model", validator)
    assert model.is_model and not Determination.objects.exists()
    determine(model, "model", validator, regime="OSFI E-23")
    determine(model, "not_a_model", validator)
    with pytest.raises(RuleBroken, match="so one person cannot determine that it is no model"):
        end_particular(Determination.objects.get(verdict="model"), "determinations", reason="Over.", actor=validator)
    assert model.is_model and Determination.objects.standing().count() == 2


@pytest.mark.parametrize(("level", "tier"), [("high", 1), ("medium", 2)])
def test_one_person_does_not_determine_a_strict_tier_away(owner, engineer, validator, level, tier):
    model = make_model(name="Cards", owner=owner, **dict.fromkeys(FACTORS, level))
    determine(model, "not_a_model", validator)
    determine(model, "model", validator)
    confirm(model)
    with pytest.raises(RuleBroken, match=f"Tier {tier} of Cards is confirmed"):
        determine(model, "not_a_model", validator)
    edit_model(model, changes=dict.fromkeys(FACTORS, "low"), revision=None, actor=engineer)
    with pytest.raises(RuleBroken, match=f"Tier {tier} of Cards is confirmed"):
        determine(model, "not_a_model", validator)  # Provisional again, and still held to the tier it had.


def test_what_is_no_model_was_one_until_today(model, validator):
    yesterday = days_ago(1)
    with pytest.raises(UnusableData, match="from today on"):
        add_particular(model, "determinations", values=denial(), effective_on=yesterday, actor=validator)
    other = determine(model, "model", validator, regime="SS1 23")
    determine(model, "not_a_model", validator)
    let_days_pass(10, model)
    other.refresh_from_db()
    with pytest.raises(UnusableData, match="from today on"):
        end_particular(other, "determinations", reason="Over.", effective_on=yesterday, actor=validator)
    assert model.is_model


def test_no_regime_but_those_in_force_that_the_policy_asks_under_makes_a_tool(model, validator):
    for regime in ("SR 11-7", "NIST AI RMF"):  # Rescinded, and not asked under.
        determine(model, "not_a_model", validator, regime=regime)
    assert model.is_model and Model.objects.counted().exists()
    determine(model, "not_a_model", validator)
    assert not model.is_model


def test_every_regime_that_the_policy_asks_under_must_say_so(model, validator):
    asked = ["sr-26-2", "ss1-23", "sr-11-7", "of-another-day"]
    publish(standard() | {"determinations": {"asked_under": asked}})
    determine(model, "not_a_model", validator)
    assert model.is_model
    determine(model, "not_a_model", validator, regime="SS1 23")
    assert not model.is_model and not Model.objects.counted().exists()


def test_a_determination_names_an_installed_regime(model, validator):
    with pytest.raises(UnusableData, match="no regime that is installed here; there are .*sr-26-2"):
        determine(model, "not_a_model", validator, regime="Basel VII")
    assert determine(model, "not_a_model", validator, regime="sr 26 2").regime == "sr-26-2"
