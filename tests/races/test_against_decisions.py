"""Round after round of what decides by itself, against a decision: whichever comes first, the other rests on it."""

import copy
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from audits.workflows.gates.enveloped import envelope_of
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import end_envelopes, request_change
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.models import Policy
from inventory.services import attach_artifact, propose_policy, propose_tier
from inventory.states import Stage
from mrm.accounts.policies import Role
from tests.factories import confirm, make_model, make_person, make_reference, make_version, publish
from tests.inventory.test_tiering import LOWEST
from tests.races.test_decisions import approval
from tests.races.test_rounds import in_production
from tests.races.threads import at_once, refusals
from tests.scoring.artifacts import xgboost_bytes
from tests.signing import confirm_tier, suspend

Kind = ChangeRequest.Kind


@pytest.fixture
def second_officer(workspace):
    return make_person(Role.RISK_OFFICER, workspace=workspace)


def positions(*actions: Action, slug: str = "") -> list[str]:
    told = Entry.objects.filter(action__in=actions, **({"model_slug": slug} if slug else {}))
    return list(told.order_by("position").values_list("action", flat=True))


def asked(model, folder, engineer, **facts):
    """A promotion that one more approval carries out."""
    version = make_version(model, actor=engineer, **facts)
    make_reference(version, folder)
    return version, request_change(Kind.PROMOTION, version, reason="Ready.", actor=engineer)


def test_a_policy_published_while_the_last_approver_signs_decides_what_was_not_decided_before(
    rounds, open_gate, owner, engineer, validator, risk_officer, second_officer, tmp_path
):
    for number in range(rounds):
        model = make_model(name=f"Model {number}", owner=owner, actor=engineer)
        confirm(model)
        _, promotion = asked(model, tmp_path, engineer)
        document = copy.deepcopy(Policy.objects.in_force().document)
        document["approvals_last"]["1"] = 200 + number % 100
        draft = propose_policy(document, reason="Shorter.", actor=second_officer)
        terms = {"draft": str(draft.pk)}
        publication = request_change(Kind.POLICY_CHANGE, None, reason="Agreed.", terms=terms, actor=second_officer)
        for change in (promotion, publication):
            approval(change, validator)()
        before = Policy.objects.in_force().number
        at_once(approval(promotion, risk_officer), approval(publication, risk_officer))
        promotion.refresh_from_db()
        assert Policy.objects.in_force().number == before + 1
        if promotion.state == ChangeState.COMPLETED:
            ended = Entry.objects.filter(action=Action.VERSION_PROMOTED, model_slug=model.slug).get()
            assert ended.position < Entry.objects.filter(action=Action.POLICY_PUBLISHED).first().position
        else:
            assert promotion.state == ChangeState.PENDING, "nothing was decided under a policy nobody was shown"
    assert verify_trail().holds


def test_a_tier_confirmed_while_the_last_approver_signs_is_not_the_one_they_did_not_see(
    rounds, open_gate, owner, engineer, validator, risk_officer, second_officer, tmp_path
):
    for number in range(rounds):
        model = make_model(name=f"Model {number}", owner=owner, actor=engineer)
        confirm(model)
        _, promotion = asked(model, tmp_path, engineer)
        approval(promotion, validator)()
        shown = promotion.evidence["model"]["tier"]
        propose_tier(model, answers=LOWEST, actor=engineer)
        at_once(approval(promotion, risk_officer), partial(confirm_tier, model, actor=second_officer))
        promotion.refresh_from_db()
        model.refresh_from_db()
        order = positions(Action.VERSION_PROMOTED, Action.MODEL_TIERED, slug=model.slug)
        if promotion.state == ChangeState.COMPLETED and model.tier != shown:
            assert order.index(Action.VERSION_PROMOTED) < len(order) - 1, "it was promoted in the tier it was shown in"
        assert (promotion.state == ChangeState.COMPLETED) == (Action.VERSION_PROMOTED in order)
    assert verify_trail().holds


def test_envelopes_are_ended_once_while_another_is_approved_and_the_model_is_stopped(
    rounds, open_gate, owner, engineer, validator, risk_officer, tmp_path
):
    document = copy.deepcopy(Policy.objects.in_force().document)
    document["retraining"]["envelope"] = policies.section(document, "retraining")["envelope"] | {
        "tiers": ["1", "2", "3"]
    }
    publish(document)
    ends_on = (timezone.now().date() + timedelta(days=90)).isoformat()
    terms = {"window_days": 400, "rows": 100, "bounds": {"gain_on_champion": 0}, "ends_on": ends_on}
    for number in range(rounds):
        model = in_production(owner, engineer, tmp_path, name=f"Model {number}")
        ask = partial(request_change, Kind.RETRAINING_ENVELOPE, model, reason="Seasons.", terms=terms, actor=engineer)
        first = ask()
        for person in (validator, risk_officer):
            approval(first, person)()
        renewal = ask(renews=first.arrangements.get())
        approval(renewal, validator)()
        answers = at_once(
            approval(renewal, risk_officer),
            partial(end_envelopes, timezone.now()),
            partial(suspend, model, reason="Stop.", actor=owner),
            partial(end_envelopes, timezone.now()),
        )
        end_envelopes(timezone.now())
        held = Arrangement.objects.filter(model=model, kind=Arrangement.Kind.ENVELOPE)
        assert not held.active().exists() and envelope_of(model, timezone.now()) is None, answers
        told = positions(Action.ARRANGEMENT_CLOSED, slug=model.slug)
        assert len(told) == held.filter(state="closed").count(), "each was ended once"
    assert verify_trail().holds


def test_an_artifact_that_arrives_while_people_decide_is_the_one_they_were_shown_or_none(
    rounds, open_gate, owner, engineer, validator, risk_officer, tmp_path
):
    artifact = tmp_path / "artifact"
    artifact.write_bytes(xgboost_bytes())
    for number in range(rounds):
        model = make_model(name=f"Model {number}", owner=owner, actor=engineer)
        confirm(model)
        version = make_version(model, actor=engineer)
        make_reference(version, tmp_path)
        arrives = partial(attach_artifact, version, artifact, actor=engineer)
        answers = at_once(
            partial(request_change, Kind.PROMOTION, version, reason="Ready.", actor=engineer), arrives, arrives
        )
        change = next(one for one in answers if isinstance(one, ChangeRequest))
        approval(change, validator)()
        at_once(approval(change, risk_officer), arrives)
        version.refresh_from_db()
        change.refresh_from_db()
        assert (version.stage, change.state) == (Stage.PRODUCTION, ChangeState.COMPLETED)
        assert change.evidence["version"]["artifact_sha256"] == version.artifact_sha256
        assert len(positions(Action.ARTIFACT_RECEIVED, slug=model.slug)) == bool(version.artifact_sha256)
        assert all(str(no) for no in refusals(answers))
    assert verify_trail().holds
