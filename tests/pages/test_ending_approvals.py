"""Taking back, on the page of the uses, that a version is approved for a use."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.services import approval_end
from inventory.models import UseApproval
from inventory.services import end_approval, start_use
from mrm.accounts.models import Signature
from mrm.accounts.services import act_at_once
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD, approve_for, make_use, settle
from tests.rest import is_problem, sign_json
from tests.signing import signed_on_page
from tests.workflows.test_nothing_without_its_decision import refused

WHY = "The population is another one."


@pytest.fixture
def use(story):
    use = make_use(story.model, title="Card limits", actor=story.owner)
    approve_for(story.version, use, expires_at=timezone.now() + timedelta(days=30))
    return start_use(use, actor=None)


def test_an_approval_is_ended_by_signature_and_the_use_is_restricted_at_once(story, use, visit):
    client, page = visit(story.risk_officer), reverse("model-uses", args=[story.model.slug])
    address = reverse("end-approval", args=[story.model.slug, use.number, story.version.number])
    assert address in client.get(page).text and address not in visit(story.engineer).get(page).text
    assert client.post(address, {"reason": ""}).status_code == 400
    signed_on_page(client, address, reason=WHY)
    use.refresh_from_db()
    approval = UseApproval.objects.get(use=use)
    assert (use.state, approval.ended_because) == ("restricted", WHY)
    told = Entry.objects.about(use).get(action=Action.USE_APPROVAL_ENDED)
    assert told.details["approval"] == str(approval.pk)
    signed = Signature.objects.get(pk=told.details["signature"]["id"])
    assert signed.statement["terms"] == {"approval": str(approval.pk), "version": story.version.number}
    settle()
    assert told.actor_id == str(story.risk_officer.pk) and told.details["signature"]["statement_digest"]
    assert address not in client.get(page).text
    with pytest.raises(RuleBroken, match="is not approved for"):
        act_at_once(approval_end(story.version), use, comment=WHY, password=PASSWORD, actor=story.risk_officer)


@pytest.mark.parametrize("who", ["engineer", "auditor", "administrator"])
def test_who_may_not_suspend_the_model_ends_no_approval(story, use, who):
    with pytest.raises(NotPermitted):
        act_at_once(approval_end(story.version), use, comment=WHY, password=PASSWORD, actor=story.person(who))


def test_a_call_ends_an_approval_by_signature(story, use, api):
    address = f"/api/v1/models/{story.model.slug}/uses/{use.number}/approvals/{story.version.number}/end/"
    is_problem(sign_json(api(story.engineer), address, reason=WHY), 403)
    answer = sign_json(api(story.risk_officer), address, reason=WHY)
    assert (answer.status_code, answer.json()["ended_because"], answer.json()["stands"]) == (200, WHY, False)
    is_problem(api(story.risk_officer).get(address), 409)
    settle()
    use.refresh_from_db()
    assert use.state == "restricted"


@pytest.mark.parametrize("who", ["risk_officer", None])
def test_the_database_ends_no_approval_that_nobody_signed_to_end(story, use, who):
    with refused("an approval for a use ends by signature"):
        end_approval(use.approvals.get(), reason=WHY, actor=who and story.person(who))


def test_the_signature_that_ends_one_approval_ends_no_other(story, use):
    other = make_use(story.model, title="Overdrafts", actor=story.owner)
    approve_for(story.version, other, expires_at=timezone.now() + timedelta(days=30))
    act_at_once(approval_end(story.version), use, comment=WHY, password=PASSWORD, actor=story.risk_officer)
    told = Entry.objects.about(use).get(action=Action.USE_APPROVAL_ENDED)
    with refused("an approval for a use ends by signature"):
        signature = told.details["signature"]
        end_approval(other.approvals.get(), reason=WHY, actor=story.risk_officer, signature=signature)
