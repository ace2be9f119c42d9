"""Governed workspaces: no call puts a version into production that people did not approve."""

import pytest

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from inventory.models import ModelVersion, Policy
from inventory.services import add_particular, describe_version, edit_model, propose_use
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from registry.services import set_rules, take_back_aliases
from registry.services.governance import NOT_SAID
from registry.services.rules import is_governed
from tests.factories import (
    RETIREMENT,
    SCHEMA,
    confirm,
    make_model,
    make_person,
    make_policy,
    make_reference,
    make_version,
    promote,
    publish,
)
from tests.registry.conftest import refused, tags_of
from tests.registry.test_clients import approve
from tests.signing import suspend
from tests.workflows.retiring import retired

ASKS = [
    ("registered-models/alias", {"alias": "Champion"}),
    ("model-versions/transition-stage", {"stage": "Production"}),
]
ARCHIVES = ("model-versions/transition-stage", {"stage": "Archived"})
EACH = pytest.mark.parametrize(("path", "fields"), ASKS, ids=["alias", "stage"])


@pytest.fixture
def version(client):
    client.make_model("m")
    client.make_version("m")
    return ModelVersion.objects.get()


@pytest.fixture
def ready(version, tmp_path):
    """A version that lacks nothing but people's approval."""
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish(document)
    levels = dict.fromkeys(("exposure", "purpose_level", "complexity", "reliance"), "low")
    confirm(edit_model(version.model, changes=levels, actor=None))
    make_reference(describe_version(version, schema=SCHEMA, decision_threshold=0.5, actor=None), tmp_path)
    return version


def ask(client, path, fields, number="1"):
    return client.call("POST", path, {"name": "m", "version": number} | fields)


def status_shown_and_searched(client) -> str:
    """The tag mrm.status of the version, having made sure that a search for it finds the version."""
    status = tags_of(client.version("m", 1))["mrm.status"]
    found = client.ask("model-versions/search", filter=f"tags.`mrm.status` = '{status}'")["model_versions"]
    assert [row["version"] for row in found] == ["1"]
    return status


@EACH
def test_what_is_not_ready_is_refused_with_every_blocker(client, version, path, fields):
    message = refused(ask(client, path, fields), 403, "PERMISSION_DENIED", "not approved for production")
    assert "provisional" in message and "no reference data" in message and "/models/m/versions/1/" in message
    assert not ChangeRequest.objects.exists()
    assert client.model("m")["aliases"] == [] and client.version("m", 1)["current_stage"] == "None"


@EACH
def test_what_is_ready_is_refused_with_the_request_and_passes_once_approved(
    client, ready, validator, risk_officer, path, fields
):
    first = refused(ask(client, path, fields), 403, "PERMISSION_DENIED", "awaits a decision")
    change = ChangeRequest.objects.get()
    assert f"/changes/{change.reference}/" in first and change.requester is not None
    assert refused(ask(client, path, fields), 403, "PERMISSION_DENIED") == first, "the same request, not a second"
    assert status_shown_and_searched(client) == "pending_approval"
    for person in (validator, risk_officer):
        approve(change, person)
    assert ask(client, path, fields).status_code == 200
    assert client.version("m", 1)["current_stage"] == "Production"
    assert status_shown_and_searched(client) == "production"


def test_whoever_may_not_ask_for_a_change_is_told_so(registry, ready, auditor, risk_officer):
    refused(ask(registry(auditor), *ASKS[0]), 403, "PERMISSION_DENIED", "edit model")
    limited = registry(risk_officer, actions=["read", "edit_model"])
    refused(ask(limited, *ASKS[0]), 403, "PERMISSION_DENIED", "may not request change")
    assert not ChangeRequest.objects.exists()


def test_archiving_what_is_in_production_asks_for_its_retirement_and_passes_once_the_model_ended(
    client, ready, owner, engineer, validator, risk_officer
):
    edit_model(ready.model, changes={"owner": owner}, actor=None)
    promote(ready)
    first = refused(ask(client, *ARCHIVES), 403, "PERMISSION_DENIED", "is in production")
    change = ChangeRequest.objects.get()
    assert (change.kind, change.terms["cause"]) == (ChangeRequest.Kind.RETIREMENT, "other")
    assert f"{change.reference} asks for its retirement and awaits a decision" in first
    assert f"/changes/{change.reference}/" in first
    assert refused(ask(client, *ARCHIVES), 403, "PERMISSION_DENIED") == first, "the same request, not a second"
    for person in (validator, risk_officer):
        approve(change, person)
    refused(ask(client, *ARCHIVES), 403, "PERMISSION_DENIED", "is approved, but not carried out yet")
    assert client.version("m", 1)["current_stage"] == "Production"
    retired(change, owner=owner, engineer=engineer, officer=risk_officer)
    assert ask(client, *ARCHIVES).status_code == 200
    assert client.version("m", 1)["current_stage"] == "Archived"


def test_the_request_for_a_retirement_invents_no_answer_of_the_checklist(client, ready):
    promote(ready)
    ask(client, *ARCHIVES)
    asked = {entry["item"] for entry in Policy.objects.in_force().section("retirement")["checklist"]}
    assert ChangeRequest.objects.get().terms["checklist"] == dict.fromkeys(asked, NOT_SAID)


def test_a_retirement_that_was_asked_for_on_its_page_is_the_one_that_archiving_names(client, ready, owner):
    promote(ready)
    change = request_change("retirement", ready.model, reason="Over.", terms=RETIREMENT, actor=owner)
    refused(ask(client, *ARCHIVES), 403, "PERMISSION_DENIED", f"{change.reference} asks for its retirement")
    assert ChangeRequest.objects.get() == change


def test_what_others_rely_on_is_not_archived_and_says_who_does(client, ready, owner):
    promote(ready)
    consumer = make_version(make_model(name="Downstream", owner=owner))
    row = {"upstream": ready.model, "kind": "input", "criticality": "high"}
    add_particular(consumer.model, "upstream", values=row, actor=None)
    promote(consumer)
    refused(ask(client, *ARCHIVES), 403, "PERMISSION_DENIED", "Downstream")
    assert not ChangeRequest.objects.exists()


def test_a_candidate_is_archived_and_taken_up_again_by_calls(client, version):
    for stage in ("Archived", "None", "Staging"):
        assert ask(client, ASKS[1][0], {"stage": stage}).json()["model_version"]["current_stage"] == stage


@EACH
def test_a_use_that_waits_for_the_tier_keeps_no_call_from_what_people_approved(client, ready, tmp_path, path, fields):
    promote(ready)
    for title in ("Pricing", "Limits"):
        propose_use(ready.model, title=title, actor=None)
    assert ask(client, path, fields).status_code == 200
    client.make_version("m", "s3://bucket/second")
    make_reference(describe_version(ModelVersion.objects.get(number=2), schema=SCHEMA, actor=None), tmp_path)
    refused(ask(client, path, fields, "2"), 403, "PERMISSION_DENIED", "awaits a decision")
    with pytest.raises(RuleBroken, match="Limits cannot be approved yet"):
        request_change("approval", ready, reason="Further.", terms={"uses": ["2"]}, actor=None)


def test_a_superseded_version_is_archived_and_stays_so(client, ready):
    promote(ready)
    client.make_version("m", "s3://bucket/second")
    promote(ModelVersion.objects.get(number=2))
    assert client.version("m", 1)["current_stage"] == "Archived"
    assert ask(client, ASKS[1][0], {"stage": "Archived"}).status_code == 200
    refused(ask(client, ASKS[1][0], {"stage": "None"}), 403, "PERMISSION_DENIED", "superseded by decision")
    refused(ask(client, *ASKS[1]), 403, "PERMISSION_DENIED", "Only a candidate or a challenger")


def test_which_aliases_mean_production_is_the_policys(client, version, risk_officer):
    document = Policy.objects.in_force().document
    document["mlflow"] = {"production_aliases": ["live"]}
    publish(document)
    assert ask(client, *ASKS[0]).status_code == 200
    refused(ask(client, ASKS[0][0], {"alias": "LIVE"}), 403, "PERMISSION_DENIED")


def test_a_policy_from_before_falls_back_to_the_standard_aliases(client, version):
    policy = Policy.objects.in_force()
    document = {name: section for name, section in policy.document.items() if name != "mlflow"}
    make_policy(document)
    refused(ask(client, *ASKS[0]), 403, "PERMISSION_DENIED")


@EACH
def test_an_ungoverned_workspace_answers_like_mlflow(client, version, ungoverned, path, fields):
    assert ask(client, path, fields).status_code == 200
    shown = client.version("m", 1)
    assert tags_of(shown) == {} and "mrm" not in shown
    assert not ChangeRequest.objects.exists()


def test_ungoverned_two_versions_may_be_in_production_unless_the_others_are_archived(client, version, ungoverned):
    client.make_version("m", "s3://bucket/second")
    for number in ("1", "2"):
        ask(client, *ASKS[1], number)
    assert client.version("m", 1)["current_stage"] == client.version("m", 2)["current_stage"] == "Production"
    ask(client, ASKS[1][0], {"stage": "Production", "archive_existing_versions": True})
    assert client.version("m", 2)["current_stage"] == "Archived"


def test_governing_a_workspace_takes_back_what_nobody_approved(client, version, workspace, ungoverned, risk_officer):
    ask(client, *ASKS[1])
    for alias in ("Champion", "blue"):
        ask(client, ASKS[0][0], {"alias": alias})
    set_rules(workspace, is_governed=True, actor=risk_officer)
    assert client.version("m", 1)["current_stage"] == "None"
    assert [alias["alias"] for alias in client.model("m")["aliases"]] == ["blue"]
    assert Entry.objects.get(action=Action.MLFLOW_ALIAS_DELETED).details == {"alias": "Champion", "number": 1}


def test_an_alias_that_a_policy_calls_production_leads_to_nothing_that_nobody_approved(client, ready, workspace):
    ask(client, ASKS[0][0], {"alias": "Live"})
    document = Policy.objects.in_force().document
    publish(document | {"mlflow": {"production_aliases": ["live"]}})
    assert [alias.name for alias in take_back_aliases()] == ["Live"] and client.model("m")["aliases"] == []
    promote(ready)
    assert ask(client, ASKS[0][0], {"alias": "Live"}).status_code == 200
    assert take_back_aliases() == [] and len(client.model("m")["aliases"]) == 1


@EACH
def test_nobody_is_led_to_a_model_that_somebody_stopped(client, ready, owner, risk_officer, path, fields):
    promote(ready)
    suspend(ready.model, reason="Scores are constant.", actor=risk_officer)
    refused(ask(client, path, fields), 403, "PERMISSION_DENIED", "is suspended")
    assert client.model("m")["aliases"] == []


def test_a_workspace_with_models_in_use_stays_governed(ready, workspace, risk_officer):
    set_rules(workspace, is_governed=False, actor=risk_officer)
    set_rules(workspace, is_governed=True, actor=risk_officer)
    promote(ready)
    with pytest.raises(RuleBroken, match="m is in use, so people decide"):
        set_rules(workspace, is_governed=False, actor=risk_officer)
    assert is_governed(workspace)


@pytest.mark.parametrize("name", ["engineer", "owner", "validator", "auditor", "administrator"])
def test_only_a_risk_officer_says_whether_a_workspace_is_governed(request, workspace, name):
    with pytest.raises(NotPermitted):
        set_rules(workspace, is_governed=False, actor=request.getfixturevalue(name))


def test_the_rules_of_a_workspace_are_recorded_and_name_a_person(workspace, risk_officer):
    set_rules(workspace, is_governed=False, actor=risk_officer)
    entry = Entry.objects.filter(action=Action.MLFLOW_RULES_CHANGED).get()
    assert entry.details == {"governed": False, "default_owner": ""}
    robot = make_person(Role.ENGINEER, kind="service", workspace=workspace)
    with pytest.raises(RuleBroken, match="cannot answer for a model"):
        set_rules(workspace, is_governed=True, default_owner=robot, actor=risk_officer)
    judge = make_person(Role.VALIDATOR, Role.OWNER, workspace=workspace)
    with pytest.raises(RuleBroken, match="no owner decides about theirs"):
        set_rules(workspace, is_governed=True, default_owner=judge, actor=risk_officer)
