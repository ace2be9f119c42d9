"""A use that the tier was assessed without is approved once the tier is confirmed with it; what was approved stays."""

import pytest
from django.test import Client
from django.urls import reverse

from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for
from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from audits.workflows.states import ChangeState
from inventory.models import Use
from inventory.services import edit_use, propose_tier, propose_use
from inventory.states import UseState
from mrm.errors import RuleBroken
from tests.fixtures.story import approve
from tests.inventory.test_tiering import LOWEST
from tests.rest import is_problem
from tests.signing import confirm_tier
from tests.workflows.duties import WHY
from tests.workflows.kinds import decided

Kind = ChangeRequest.Kind
BOTH = {"uses": ["1", "2"]}


@pytest.fixture
def uses(story, open_gate, officers) -> tuple[Use, Use]:
    """One that is live, and a further one that the tier was assessed without."""
    pricing = propose_use(story.model, title="Pricing", actor=story.owner)
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": ["1"]}, actor=story.owner)
    return pricing, propose_use(story.model, title="Limits", actor=story.owner)


def tier_again(story) -> None:
    propose_tier(story.model, answers=LOWEST, actor=story.engineer)
    confirm_tier(story.model, actor=story.risk_officer)


def states(uses) -> list[str]:
    return [Use.objects.get(pk=use.pk).state for use in uses]


def test_a_further_use_is_approved_only_after_the_tier_is_confirmed_with_it(story, candidate, officers, uses):
    for kind, version in ((Kind.APPROVAL, story.version), (Kind.PROMOTION, candidate)):
        with pytest.raises(RuleBroken, match="Limits cannot be approved yet. The tier was assessed without it"):
            request_change(kind, version, reason=WHY, terms=BOTH, actor=story.owner)
    tier_again(story)
    decided(Kind.APPROVAL, story.version, *officers, terms=BOTH, actor=story.owner)
    assert states(uses) == [UseState.LIVE, UseState.LIVE]


def test_the_uses_approved_before_are_untouched_by_a_further_one(story, candidate, officers, uses):
    assert states(uses) == [UseState.LIVE, UseState.PROPOSED]
    decided(Kind.PROMOTION, candidate, *officers, terms={"uses": ["1"]}, actor=story.owner)
    assert states(uses) == [UseState.LIVE, UseState.PROPOSED]
    assert (
        not Entry.objects.filter(action__in=[Action.USE_RESTRICTED, Action.USE_APPROVAL_ENDED]).about(uses[0]).exists()
    )


def test_a_tier_that_was_proposed_before_the_use_does_not_cover_it(story, candidate, uses):
    propose_tier(story.model, answers=LOWEST, actor=story.engineer)
    late = propose_use(story.model, title="Collections", actor=story.owner)
    confirm_tier(story.model, actor=story.risk_officer)
    blocked = [one.text for one in gate_for(candidate, for_uses=[*uses, late]).blockers if "approved yet" in one.text]
    assert len(blocked) == 1 and "Use 3 is new: Collections." in blocked[0]
    tier_again(story)
    assert gate_for(candidate, for_uses=[*uses, late]).is_open


def test_a_use_that_changes_while_its_approval_is_decided_is_not_approved(story, candidate, officers, uses):
    tier_again(story)
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, terms=BOTH, actor=story.owner)
    approve(change, officers[0])
    edit_use(uses[1], changes={"population": "Firms, too."}, actor=story.owner)
    approve(change, officers[1])
    change.refresh_from_db()
    assert change.state != ChangeState.COMPLETED
    assert states(uses) == [UseState.LIVE, UseState.PROPOSED]


def test_page_and_rest_refuse_and_the_gate_names_what_it_waits_for(story, candidate, uses, api):
    client = api(story.owner)
    gate = f"/api/v1/models/{story.model.slug}/versions/{candidate.number}/gate/"
    blocked = client.get(f"{gate}?use=2").json()
    assert not blocked["allowed"] and any("Use 2 is new: Limits." in reason for reason in blocked["blockers"])
    assert not any("Limits" in reason for reason in client.get(f"{gate}?use=1").json()["blockers"])
    is_problem(client.get(f"{gate}?use=9"), 404)
    is_problem(client.get(f"{gate}?use=x"), 400)
    asked = {"kind": "promotion", "model": story.model.slug, "version": candidate.number, "reason": WHY, "terms": BOTH}
    refused = is_problem(client.post("/api/v1/changes/", asked, format="json"), 409)
    assert any("Limits cannot be approved yet" in reason for reason in refused["reasons"])
    browser = Client()
    browser.force_login(story.owner)
    address = reverse("request-change", args=[story.model.slug, candidate.number])
    answer = browser.post(address, {"kind": "promotion", "reason": WHY, "terms.uses": ["1", "2"]})
    assert answer.status_code == 409 and "Limits cannot be approved yet" in answer.text
    assert "Its approval waits for the tier." in browser.get(reverse("model-uses", args=[story.model.slug])).text
    assert not ChangeRequest.objects.filter(kind=Kind.PROMOTION, version=candidate).exists()
