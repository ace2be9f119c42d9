"""The history of what nobody enters: status, tier, its reviews and the residual rating tell how they came about."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.trail.models import Entry
from audits.workflows.contents.assurance import attributes_of
from audits.workflows.contents.histories import history_of
from inventory.attributes import BY_NAME
from inventory.services import edit_model, propose_tier, restrict_model
from tests.factories import confirm, make_model, make_version, promote
from tests.inventory.test_history import days_ago, let_days_pass
from tests.inventory.test_tiering import LOWEST, REGULATED
from tests.signing import confirm_tier


@pytest.fixture
def model(owner, engineer):
    return make_model(name="Loans", owner=owner, actor=engineer)


def steps(model, name: str) -> list[tuple]:
    return [(change.before, change.after) for change in reversed(history_of(model, BY_NAME[name]))]


def lines(model, name: str) -> tuple:
    return next(told.lines for told in attributes_of(model) if told.attribute.name == name)


def test_the_status_tells_every_step_it_took_and_who_took_it(model, engineer):
    promote(make_version(model))
    restrict_model(model, because="Its approval lapsed.", actor=None)
    promote(make_version(model))  # Leaves it restricted, so it is no step.
    assert steps(model, "status") == [
        (None, "In development"),
        ("In development", "In use"),
        ("In use", "Restricted"),
    ]
    assert history_of(model, BY_NAME["status"])[-1].by == engineer.display_name


def test_the_tier_tells_proposals_and_confirmations(model, owner, risk_officer):
    confirm(model)
    propose_tier(model, answers=REGULATED, override=1, reason="Too much rests on it.", actor=owner)
    confirm_tier(model, actor=risk_officer)
    assert steps(model, "tier") == [
        (None, "Tier 2, provisional"),
        ("Tier 2, provisional", "Tier 2"),
        ("Tier 2", "Tier 1, provisional"),
        ("Tier 1, provisional", "Tier 1"),
    ]
    assert len(steps(model, "tier_review")) == 2


def test_an_exempt_model_is_called_exempt_and_not_of_tier_0(model, owner, risk_officer):
    propose_tier(model, answers=LOWEST, exempt=True, reason="A training exercise.", actor=owner)
    confirm_tier(model, actor=risk_officer)
    assert steps(model, "tier_review") == [(None, "Exempt, confirmed by the scorecard of policy version 1")]


def test_the_last_review_names_scorecard_policy_and_rationale(model, owner, risk_officer):
    propose_tier(model, answers=REGULATED, override=1, reason="Too much rests on it.", actor=owner)
    confirm_tier(model, actor=risk_officer)
    model.refresh_from_db()
    confirmed, scorecard, rationale = lines(model, "tier_review")
    assert confirmed.startswith(f"Confirmed by {risk_officer} on")
    assert scorecard.startswith("Scorecard: ") and scorecard.endswith(", policy version 1")
    assert rationale.startswith("Rationale: Too much rests on it. Exposure is low")


def test_a_review_of_the_past_is_told_as_it_was_then(model, owner, risk_officer, api):
    confirm(model)
    let_days_pass(10, model)
    propose_tier(model, answers=REGULATED, override=1, reason="Too much rests on it.", actor=owner)
    confirm_tier(model, actor=risk_officer)
    asked = {"as_of": days_ago(5).isoformat()}
    answer = api(owner).get(f"/api/v1/models/{model.slug}/attributes/", asked).json()["attributes"]
    [_, _, rationale] = next(one["value"] for one in answer if one["name"] == "tier_review")
    assert rationale.startswith("Rationale: The levels were entered without answering the questions.")


def test_the_residual_rating_tells_what_it_came_to_each_evening(model, owner, engineer, client):
    promote(make_version(model))
    (change,) = history_of(model, BY_NAME["residual_rating"])
    assert change.before is None and change.after == " – ".join(lines(model, "residual_rating"))
    assert change.position == Entry.objects.filter(model_slug=model.slug).first().position
    edit_model(model, changes={"platform": "k8s"}, actor=engineer)
    assert len(history_of(model, BY_NAME["residual_rating"])) == 1
    client.force_login(owner)
    for name in ("residual_rating", "tier", "status", "tier_review"):
        page = client.get(reverse("model-attribute", args=[model.slug, name])).content.decode()
        assert 'id="changes-heading"' in page, name
    assert 'id="changes-heading"' not in client.get(reverse("model-attribute", args=[model.slug, "overlays"])).text


def test_the_residual_rating_reads_the_last_entry_of_each_of_the_last_days_and_no_details(model, engineer):
    for purpose in ("Prices.", "Prices and limits."):
        edit_model(model, changes={"purpose": purpose}, actor=engineer)
    with CaptureQueriesContext(connection) as queries:
        history_of(model, BY_NAME["residual_rating"])
    [read] = [query["sql"] for query in queries if "trail_entry" in query["sql"]]
    assert "details" not in read and "LIMIT 12" in read
