"""The register of models: who may enter and edit, what a tier needs, what ends."""

import pytest

from audits.trail.models import Action, Entry
from inventory.services import edit_model, register_model
from inventory.states import Stage, Status
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, Outdated, RuleBroken, UnusableData
from tests.factories import make_model, make_person, make_version, make_workspace, promote, retire
from tests.signing import confirm_tier

LOW = {"exposure": "low", "purpose_level": "low", "complexity": "low", "reliance": "low"}


def test_a_name_and_an_owner_suffice_to_begin(workspace, owner):
    model = register_model(workspace, name="Churn", owner=owner, actor=owner)
    assert (model.slug, model.status, model.tier) == ("churn", Status.IN_DEVELOPMENT, 1)
    assert model.tier_is_provisional
    assert {"purpose", "business_unit", "exposure", "tier confirmation"} <= set(model.missing())


def test_registering_a_model_is_recorded(workspace, owner):
    model = register_model(workspace, name="Churn", owner=owner, actor=owner)
    entry = Entry.objects.get(action=Action.MODEL_REGISTERED)
    assert (entry.actor_id, entry.model_slug, entry.subject_name) == (str(owner.pk), model.slug, "Churn")


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.RISK_OFFICER])
def test_engineers_owners_and_risk_officers_register_models(workspace, owner, role):
    assert register_model(workspace, name="Churn", owner=owner, actor=make_person(role, workspace=workspace))


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_validators_auditors_and_administrators_do_not(workspace, owner, role):
    with pytest.raises(NotPermitted, match="register model"):
        register_model(workspace, name="Churn", owner=owner, actor=make_person(role, workspace=workspace))


def test_a_role_elsewhere_is_no_role_here(workspace, owner, stranger):
    with pytest.raises(NotPermitted):
        register_model(workspace, name="Churn", owner=owner, actor=stranger)


def test_a_service_account_cannot_answer_for_a_model(workspace, engineer):
    robot = make_person(Role.ENGINEER, kind=Person.Kind.SERVICE)
    with pytest.raises(UnusableData) as refusal:
        register_model(workspace, name="Churn", owner=robot, actor=engineer)
    assert refusal.value.errors[0]["field"] == "owner"


def test_a_name_is_used_once_in_a_workspace_whatever_its_case(workspace):
    make_model(name="Churn")
    with pytest.raises(RuleBroken, match="already has a model"):
        make_model(name="cHURN")
    assert make_model(name="Churn", workspace=make_workspace()).slug == "churn-2"


def test_every_fault_of_a_registration_is_named_at_once(workspace, owner):
    with pytest.raises(UnusableData) as refusal:
        register_model(workspace, name=" ", owner=owner, slug="No Slug", exposure="huge", actor=owner)
    assert {error["field"] for error in refusal.value.errors} == {"name", "slug", "exposure"}


def test_the_tier_follows_from_the_four_inputs(workspace):
    assert make_model(**LOW).tier == 3
    assert make_model(**LOW | {"reliance": "high"}).tier == 2
    assert make_model(**LOW | {"exposure": "high", "complexity": "medium"}).tier == 1
    assert make_model(**LOW | {"reliance": ""}).tier == 1


def test_an_edit_keeps_what_was_before_in_the_trail(workspace, engineer):
    model = make_model(purpose="")
    edit_model(model, changes={"purpose": "Decides.", "description": "x" * 5000}, actor=engineer)
    changes = Entry.objects.get(action=Action.MODEL_EDITED).details["changes"]
    assert changes["purpose"] == {"before": "", "after": "Decides."}
    assert changes["description"]["after"].startswith("sha256:")


def test_an_edit_that_changes_nothing_is_not_recorded(workspace, engineer):
    model = make_model(purpose="Decides.")
    assert edit_model(model, changes={"purpose": "Decides."}, actor=engineer).revision == 1
    assert not Entry.objects.filter(action=Action.MODEL_EDITED).exists()


def test_an_edit_of_what_somebody_else_changed_meanwhile_is_refused(workspace, engineer):
    model = make_model()
    edit_model(model, changes={"purpose": "First."}, revision=1, actor=engineer)
    with pytest.raises(Outdated):
        edit_model(model, changes={"purpose": "Second."}, revision=1, actor=engineer)
    model.refresh_from_db()
    assert model.purpose == "First."


def test_status_and_tier_cannot_be_edited(workspace, engineer):
    with pytest.raises(UnusableData) as refusal:
        edit_model(make_model(), changes={"status": "in_use", "tier": 3}, actor=engineer)
    assert {error["field"] for error in refusal.value.errors} == {"status", "tier"}


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_edit_a_model(workspace, role):
    with pytest.raises(NotPermitted):
        edit_model(make_model(), changes={"purpose": "Mine."}, actor=make_person(role, workspace=workspace))


def test_a_risk_officer_confirms_the_tier(workspace, risk_officer):
    model = confirm_tier(make_model(**LOW), actor=risk_officer)
    assert (model.tier, model.tier_confirmed_by, model.missing()) == (3, risk_officer, [])
    with pytest.raises(RuleBroken, match="already confirmed"):
        confirm_tier(model, actor=risk_officer)


def test_only_a_risk_officer_confirms_a_tier(workspace, engineer, owner, validator, auditor, administrator):
    model = make_model()
    for person in (engineer, owner, validator, auditor, administrator):
        with pytest.raises(NotPermitted):
            confirm_tier(model, actor=person)


def test_whoever_registered_owns_or_proposed_does_not_confirm_the_tier(workspace, risk_officer):
    second = make_person(Role.RISK_OFFICER, workspace=workspace)
    with pytest.raises(NotPermitted, match="Who registered a model does not"):
        confirm_tier(make_model(actor=risk_officer), actor=risk_officer)
    with pytest.raises(NotPermitted, match="An owner does not confirm"):
        confirm_tier(make_model(owner=risk_officer), actor=risk_officer)
    proposed = edit_model(make_model(), changes={"exposure": "high"}, actor=risk_officer)
    with pytest.raises(NotPermitted, match="proposed"):
        confirm_tier(proposed, actor=risk_officer)
    assert not confirm_tier(proposed, actor=second).tier_is_provisional


def test_a_tier_is_not_confirmed_before_it_is_assessed(workspace, risk_officer):
    with pytest.raises(RuleBroken, match="reliance"):
        confirm_tier(make_model(reliance=""), actor=risk_officer)


def test_once_confirmed_a_tier_is_lowered_by_a_confirmation_only(workspace, risk_officer, engineer):
    model = confirm_tier(make_model(), actor=risk_officer)
    assert model.tier == 2
    raised = edit_model(model, changes={"exposure": "high"}, actor=engineer)
    assert (raised.tier, raised.tier_is_provisional) == (1, True)
    lowered = edit_model(raised, changes=LOW, actor=engineer)
    assert (lowered.tier, lowered.tier_is_provisional) == (1, True)
    assert confirm_tier(lowered, actor=risk_officer).tier == 3


def test_retiring_a_model_retires_its_versions_and_closes_its_entry(workspace, engineer):
    model = make_model()
    live, candidate = promote(make_version(model)), make_version(model)
    retire(model)
    model.refresh_from_db()
    assert model.status == Status.RETIRED and model.retired_at
    for version in (live, candidate):
        version.refresh_from_db()
        assert version.stage == Stage.RETIRED and version.ended_at
    for refused in (
        lambda: retire(model),
        lambda: edit_model(model, changes={"purpose": "Again."}, actor=engineer),
        lambda: make_version(model),
    ):
        with pytest.raises(RuleBroken, match="retired"):
            refused()
