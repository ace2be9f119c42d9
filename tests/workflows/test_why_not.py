"""Whoever is kept from deciding reads why, with the entry of the trail that shows it; wherever it is told."""

import pytest
from django.test import Client
from django.utils.html import escape

from audits.trail.models import Action, Entry
from audits.workflows.services import who_may_close, why_not_decide
from audits.workflows.services.validations import assign_validator, who_may_act
from inventory.services import edit_model, who_may_confirm_tier
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, entry_behind
from tests.factories import make_person
from tests.fixtures.story import approve
from tests.rest import is_problem, sign_json
from tests.signing import close_finding, confirm_tier
from tests.workflows.duties import now_holding
from tests.workflows.remedies import raised, submitted
from tests.workflows.validating import asked, concluded, make_panel, opined, reviewed


def shown(reasons: list[str]) -> dict[str, Entry]:
    """The entries that the reasons lead to, by what they record."""
    entries = [Entry.objects.get(position=entry_behind(one)) for one in reasons if entry_behind(one) is not None]
    return {entry.action: entry for entry in entries}


def test_each_reason_against_deciding_leads_to_the_entry_that_shows_it(retraining, story):
    both = make_person(Role.VALIDATOR, Role.RISK_OFFICER, workspace=story.workspace)
    decision = approve(retraining, both)
    assert shown(why_not_decide(retraining, person=both))[Action.CHANGE_DECIDED].details["decision"] == str(decision.pk)
    asking = shown(why_not_decide(retraining, person=story.engineer))
    assert asking[Action.CHANGE_REQUESTED].subject == f"workflows.ChangeRequest:{retraining.pk}"
    assert asking[Action.VERSION_REGISTERED].subject == f"inventory.ModelVersion:{story.version.pk}"
    owning = shown(why_not_decide(retraining, person=story.owner))
    assert owning[Action.MODEL_REGISTERED].details["owner"] == str(story.owner.pk)


def test_a_former_owner_is_led_to_the_entry_that_handed_the_model_over(retraining, story):
    former = make_person(Role.VALIDATOR, workspace=story.workspace)
    edit_model(story.model, changes={"owner": former}, actor=None)
    edit_model(story.model, changes={"owner": story.owner}, actor=story.engineer)
    entry = shown(why_not_decide(retraining, person=former))[Action.MODEL_EDITED]
    assert entry.details["changes"]["owner"]["before"] == str(former.pk)


def test_page_and_api_link_each_reason_to_its_entry(retraining, story, api):
    both = make_person(Role.VALIDATOR, Role.RISK_OFFICER, workspace=story.workspace)
    approve(retraining, both)
    position = entry_behind(why_not_decide(retraining, person=both)[0])
    browser = Client()
    browser.force_login(both)
    for address in (f"/changes/{retraining.reference}/", f"/changes/{retraining.reference}/deciders/"):
        assert f'href="/trail/{position}/"' in browser.get(address).text
    told = api(story.owner).get(f"/api/v1/changes/{retraining.reference}/deciders/").json()["deciders"]
    theirs = next(one for one in told if one["person"]["id"] == str(both.pk))
    assert position in [one["entry"] for one in theirs["shown_by"]] and not theirs["may_decide"]


def test_a_refusal_says_which_entry_it_rests_on(story, api):
    turned = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    edit_model(story.model, changes={"complexity": "high"}, actor=story.owner)
    problem = is_problem(sign_json(api(turned), f"/api/v1/models/{story.model.slug}/tier/confirmation/"), 403)
    (shown_by,) = problem["shown_by"]
    assert Entry.objects.get(position=shown_by["entry"]).action == Action.MODEL_REGISTERED
    browser = Client()
    browser.force_login(turned)
    assert f'href="/trail/{shown_by["entry"]}/"' in browser.get(f"/models/{story.model.slug}/tier/").text


@pytest.mark.parametrize(
    ("which", "why"),
    [
        ("owner", {"own", "your roles here: owner", "allow you to close finding", "holds no role of a validator"}),
        ("engineer", {"registered", "your roles here: engineer", "allow you to confirm tier"}),
        ("auditor", {"your roles here: auditor", "allow you to close finding", "allow you to confirm tier"}),
        ("administrator", {"your roles here: administrator", "allow you to close finding"}),
    ],
)
def test_whoever_asks_who_may_reads_why_it_is_not_them_whatever_their_role(retraining, story, api, which, why):
    reader = getattr(story, which)
    edit_model(story.model, changes={"complexity": "high"}, actor=story.owner)
    finding, validation, browser, told = raised(story), asked(story.version), Client(), ""
    browser.force_login(reader)
    for place in (
        f"changes/{retraining.reference}/deciders",
        f"findings/{finding.reference}/deciders",
        f"validations/{validation.reference}/deciders",
        f"models/{story.model.slug}/tier",
    ):
        page = browser.get(f"/{place}/").text
        assert f"{reader} (you)" in page, place
        mine = [
            one
            for one in api(reader).get(f"/api/v1/{place}/").json()["deciders"]
            if one["person"]["id"] == str(reader.pk)
        ]
        assert (
            len(mine) == 1
            and not mine[0]["may_decide"]
            and all(escape(one) in page for one in mine[0]["reasons_not_to"])
        )
        told += " ".join(mine[0]["reasons_not_to"]).lower()
    assert [one for one in why if one.lower() not in told] == []


def test_whoever_may_is_named_once(story):
    finding, browser = raised(story), Client()
    browser.force_login(story.validator)
    page = browser.get(f"/findings/{finding.reference}/deciders/").text
    assert page.count(f"{story.validator} (you)") == 1 and "Nobody else holds a role" not in page


def test_whoever_has_a_part_in_a_finding_is_led_to_what_they_did(story, api):
    finding = submitted(story, raised(story))
    told = dict(who_may_close(finding))
    assert told[story.validator] == []
    by_now = now_holding(story.engineer, Role.VALIDATOR, workspace=story.workspace)
    assert Action.FINDING_ITEM_DONE in shown(dict(who_may_close(finding))[by_now])
    with pytest.raises(NotPermitted) as refused:
        close_finding(finding, reason="Fine.", actor=by_now)
    assert shown(refused.value.reasons)[Action.FINDING_ITEM_DONE].actor_id == str(by_now.pk)
    told = api(story.owner).get(f"/api/v1/findings/{finding.reference}/deciders/").json()["deciders"]
    assert {one["person"]["name"]: one["may_decide"] for one in told}[str(by_now)] is False
    browser = Client()
    browser.force_login(story.owner)
    assert "Who may close it" in browser.get(f"/findings/{finding.reference}/deciders/").text


def test_whoever_worked_on_a_model_is_led_to_that_where_validators_are_chosen(story, api):
    validation, by_now = asked(story.version), now_holding(story.engineer, Role.VALIDATOR, workspace=story.workspace)
    with pytest.raises(NotPermitted) as refused:
        assign_validator(validation, person=by_now, role="lead", actor=make_panel(story.workspace).head)
    assert shown(refused.value.reasons)[Action.VERSION_REGISTERED].actor_id == str(by_now.pk)
    assert shown(dict(who_may_act(validation))[by_now])
    told = api(story.owner).get(f"/api/v1/validations/{validation.reference}/deciders/").json()["deciders"]
    assert {one["person"]["name"]: bool(one["shown_by"]) for one in told}[str(by_now)]


def test_who_may_approve_an_opinion_is_told_of_those_who_validated(story):
    panel = make_panel(story.workspace)
    validation = concluded(story.version, panel)
    opined(validation, panel)
    reviewed(validation, panel.second)
    validation.refresh_from_db()
    told = dict(who_may_act(validation))
    assert told[panel.head] == [] and panel.lead not in told


def test_who_owned_a_model_lately_does_not_confirm_its_tier(story):
    former = now_holding(story.owner, Role.RISK_OFFICER, workspace=story.workspace)
    edit_model(story.model, changes={"owner": make_person(Role.OWNER), "complexity": "high"}, actor=story.engineer)
    told = {person: reasons for person, _, reasons in who_may_confirm_tier(story.model)}
    assert told[story.risk_officer] == [] and Action.MODEL_EDITED in shown(told[former])
    with pytest.raises(NotPermitted, match="nor for twelve months after"):
        confirm_tier(story.model, actor=former)
