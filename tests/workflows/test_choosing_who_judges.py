"""Nobody chooses who is left to judge, by naming the others as owner, developer or doer of what they would judge."""

import pytest

from audits.workflows.models import Decision
from audits.workflows.services import refresh_evidence, request_change, review_plan, submit_plan
from inventory.models import Model, Policy
from inventory.services import edit_model, register_model
from mrm.accounts.policies import Role
from mrm.errors import UnusableData
from tests.factories import make_person, make_workspace, publish
from tests.fixtures.story import approve
from tests.rest import is_problem, patch_json
from tests.workflows.duties import WHY, reasons
from tests.workflows.kinds import exception_terms
from tests.workflows.remedies import fresh, item, planned, raised

NO = {"approved": False, "meaning": Decision.Meaning.REJECTED, "comment": "Nobody watches it meanwhile."}
DECIDES = "decides about models, and no {} decides about theirs"


@pytest.fixture
def judge(story):
    return make_person(Role.RISK_OFFICER, name="Olga Officer", workspace=story.workspace)


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.COMMITTEE_MEMBER, Role.CHIEF_RISK_OFFICER, Role.COMPLIANCE])
@pytest.mark.parametrize("office", ["owner", "developer"])
def test_1_an_owner_keeps_nobody_from_deciding_by_naming_them(story, role, office):
    person = make_person(role, name="Judith Judge", workspace=story.workspace)
    for actor in (story.owner, story.engineer):
        with pytest.raises(UnusableData, match="Judith Judge " + DECIDES.format(office)) as refused:
            edit_model(story.model, changes={office: person}, actor=actor)
        assert refused.value.errors[0]["field"] == office
        with pytest.raises(UnusableData, match=DECIDES.format(office)):
            register_model(story.workspace, name="Another", **{"owner": story.owner} | {office: person}, actor=actor)
    assert not Model.objects.filter(name="Another").exists()


def test_1_nobody_is_kept_from_deciding_by_owning_the_same_artifact_in_another_workspace(story, judge):
    elsewhere = make_workspace("elsewhere")
    engineer = make_person(Role.ENGINEER, workspace=elsewhere)
    with pytest.raises(UnusableData, match=DECIDES.format("owner")):
        register_model(elsewhere, name="The same", owner=judge, actor=engineer)


def test_12_whoever_voted_no_is_not_named_as_the_developer_so_that_all_vote_anew_without_them(story, judge):
    document = Policy.objects.in_force().document
    document["approvals"]["exception"]["2"] = ["committee"]
    publish(document)
    change = request_change("exception", story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    dissenter = make_person(Role.COMMITTEE_MEMBER, Role.VALIDATOR, workspace=story.workspace)
    approve(change, dissenter, **NO)
    with pytest.raises(UnusableData, match=DECIDES.format("developer")):
        edit_model(story.model, changes={"developer": dissenter}, actor=story.owner)
    assert refresh_evidence(change).decisions.standing().get().person == dissenter


def test_whoever_decides_enters_themselves_or_a_risk_officer_does_and_then_decides_no_more(story, judge):
    own = make_person(Role.OWNER, Role.COMMITTEE_MEMBER, workspace=story.workspace)
    edit_model(story.model, changes={"owner": own}, actor=own)
    executive = make_person(Role.COMMITTEE_MEMBER, workspace=story.workspace)
    edit_model(story.model, changes={"owner": executive}, actor=judge)
    change = request_change("exception", story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    assert "owned it until" in reasons(change, own) and "you own it" in reasons(change, executive)


def test_over_rest_the_field_is_named_and_nothing_is_changed(client, story, judge):
    client.force_login(story.owner)
    address = f"/api/v1/models/{story.model.slug}/"
    told = is_problem(patch_json(client, address, {"developer": judge.email}), 422)
    assert [error["field"] for error in told["errors"]] == ["developer"] and story.model.developer is None


def test_6_a_plan_names_nobody_who_would_judge_it(story):
    finding = raised(story)
    with pytest.raises(UnusableData, match="does not answer findings on"):
        submit_plan(finding, items=[item(story.validator)], actor=story.owner)
    review_plan(planned(story, finding), accepted=False, reason="Nothing of it shows.", actor=story.validator)
    assert fresh(finding).state == "action_plan_due"
