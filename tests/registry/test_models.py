"""Registered models over the MLflow API: the same models as in the register."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import Finding
from audits.workflows.services import raise_due_findings
from inventory.models import Model
from inventory.states import Status
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from registry.services import set_rules
from reports.contents.undecided import undecided
from tests.factories import make_model, make_otherwise, make_person, make_workspace, promote
from tests.registry.conftest import refused, tags_of


def test_a_model_of_an_mlflow_client_is_a_model_of_the_register(client, engineer):
    shown = client.make_model("credit risk", {"team": "retail"}, "Probabilities of default")
    model = Model.objects.get(name="credit risk")
    assert (model.owner, model.registered_by, model.description) == (engineer, engineer, "Probabilities of default")
    assert model.missing(), "what policy still asks for is listed, not refused"
    assert Entry.objects.about(model).filter(action=Action.MODEL_REGISTERED).exists()
    assert shown["user_id"] == engineer.email
    assert tags_of(shown)["mrm.status"] == "in_development"


@pytest.mark.parametrize("is_governed", [True, False], ids=["governed", "ungoverned"])
def test_a_new_name_is_written_as_it_looks_and_one_from_before_goes_on(client, workspace, is_governed):
    set_rules(workspace, is_governed=is_governed, actor=None)
    client.make_model("credit risk")
    for name in ("credit  risk", "credit\u00a0risk", "ｃredit risk"):
        words = "write it as “credit risk”"
        refused(client.call("POST", "registered-models/create", {"name": name}), 400, "INVALID_PARAMETER_VALUE", words)
        sent = {"name": "credit risk", "new_name": name}
        refused(client.call("POST", "registered-models/rename", sent), 400, "INVALID_PARAMETER_VALUE", words)
    old = "credit  " + "risk " * 38 + "A"
    Model.objects.update(name=old)
    refused(client.call("POST", "registered-models/create", {"name": old}), 400, "RESOURCE_ALREADY_EXISTS")
    client.make_version(old)
    assert client.model(old)["latest_versions"][0]["version"] == "1"
    client.do("DELETE", "registered-models/delete", name=old)
    assert " (deleted " in Model.objects.get().name and Model.objects.get().mlflow.deleted_name == old


@pytest.mark.parametrize("old", ["credit\ufe0f risk", "credit\u3164risk", "credit\u200brisk", "cr\u0435dit"])
def test_a_name_from_before_that_no_new_one_may_have_is_deleted_all_the_same(client, old):
    client.make_model("credit risk")
    Model.objects.update(name=old)
    client.do("DELETE", "registered-models/delete", name=old)
    gone = Model.objects.get()
    assert gone.name.startswith(f"{gone.slug} (deleted ") and gone.mlflow.deleted_name == old


@pytest.mark.parametrize("is_governed", [True, False], ids=["governed", "ungoverned"])
@pytest.mark.parametrize(
    "tags",
    [{}, {"zeta": "1", "Alpha": "ä"}, {"team": "cards", "mrm.purpose": "Limits.", "mrm.exposure_amount": "12.5"}],
    ids=["no tags", "tags", "typed tags"],
)
def test_what_making_a_model_answers_is_what_asking_for_it_answers(client, workspace, risk_officer, tags, is_governed):
    set_rules(workspace, is_governed=is_governed, actor=risk_officer)
    made = client.make_model("Churn", tags, description="  Who leaves.\n")
    asked = client.model(made["name"])
    order = {"key": lambda tag: tag["key"]}
    assert made | {"tags": sorted(made["tags"], **order)} == asked | {"tags": sorted(asked["tags"], **order)}


def test_what_a_client_registers_and_nobody_completes_becomes_a_finding_and_refuses_no_call(client):
    client.make_model("m")
    client.make_version("m")
    raise_due_findings(timezone.now() + timedelta(days=8))
    finding = Finding.objects.get()
    assert finding.model.name == "m" and "business purpose" in finding.observation
    assert client.make_version("m", "s3://bucket/second")["status"] == "READY"


def test_a_model_of_the_register_is_a_model_for_mlflow_clients(client, workspace):
    model = make_model(workspace=workspace, name="From the pages")
    assert client.model("From the pages")["mrm"]["url"].endswith(f"/models/{model.slug}/")


def test_tags_of_mrm_fill_typed_fields_and_others_are_kept_as_they_are(client, owner):
    tags = {"mrm.purpose": "Decides on loans", "mrm.exposure": "high", "mrm.owner": owner.email, "other": "kept"}
    client.make_model("typed", tags | {"mrm.affects_natural_persons": "true"})
    model = Model.objects.get(name="typed")
    assert (model.purpose, model.exposure, model.owner, model.affects_natural_persons) == (
        "Decides on loans",
        "high",
        owner,
        True,
    )
    client.do("POST", "registered-models/set-tag", name="typed", key="mrm.complexity", value="low")
    client.do("POST", "registered-models/set-tag", name="typed", key="k", value="")
    client.do("DELETE", "registered-models/delete-tag", name="typed", key="mrm.purpose")
    model.refresh_from_db()
    assert (model.complexity, model.purpose) == ("low", "")
    shown = tags_of(client.model("typed"))
    assert (shown["mrm.exposure"], shown["other"], shown["k"]) == ("high", "kept", "")
    assert "mrm.purpose" not in shown
    found = client.ask("registered-models/search", filter="tags.`mrm.exposure` = 'high'")
    assert [row["name"] for row in found["registered_models"]] == ["typed"]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"mrm.exposure": "huge"}, "low, medium or high"),
        ({"mrm.owner": "nobody@nowhere.example"}, "nobody here has that address"),
        ({"mrm.affects_natural_persons": "perhaps"}, "true or false"),
        ({"mrm.methodology": "x" * 300}, "at most 200"),
    ],
)
def test_a_typed_tag_that_means_nothing_is_refused_and_nothing_is_made(client, tags, words):
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    response = client.call("POST", "registered-models/create", {"name": "m", "tags": pairs})
    refused(response, 400, "INVALID_PARAMETER_VALUE", words)
    assert not Model.objects.exists()


def test_what_follows_from_decisions_is_not_set_by_a_tag(client):
    client.make_model("m")
    sent = {"name": "m", "key": "mrm.status", "value": "in_use"}
    refused(client.call("POST", "registered-models/set-tag", sent), 400, "INVALID_PARAMETER_VALUE", "follows from")


CREATE = {
    "name": "Risk",
    "description": "  Defaults.\n",
    "tags": [
        {"key": "team", "value": "retail"},
        {"key": "mrm.purpose", "value": " Limits. "},
        {"key": "mrm.exposure_amount", "value": "12.50"},
        {"key": "mrm.limitations", "value": '[{"text": "Only Austria.", "significance": "low"}]'},
    ],
}


def create_again(client, **changed):
    return client.call("POST", "registered-models/create", CREATE | changed)


def test_a_create_that_is_repeated_makes_one_model_and_gives_the_same_answer(client):
    first = create_again(client)
    assert first.status_code == 200
    again = create_again(client)
    assert (again.status_code, again.json()) == (200, first.json())
    assert Model.objects.count() == Entry.objects.filter(action=Action.MODEL_REGISTERED).count() == 1


@pytest.mark.parametrize(
    "changed",
    [{"description": "Other."}, {"tags": CREATE["tags"][1:]}, {"tags": CREATE["tags"][:1]}],
    ids=["description", "tag", "field"],
)
def test_another_create_of_the_same_name_is_refused_as_mlflow_refuses_it(client, changed):
    create_again(client)
    refused(create_again(client, **changed), 400, "RESOURCE_ALREADY_EXISTS", "(name=Risk) already exists")


@pytest.mark.parametrize(
    "meanwhile",
    [
        ("PATCH", "registered-models/update", {"description": "Other."}),
        ("POST", "registered-models/set-tag", {"key": "team", "value": "cards"}),
        ("POST", "registered-models/set-tag", {"key": "mrm.purpose", "value": "Pricing."}),
        ("POST", "model-versions/create", {"source": "s3://bucket/first"}),
    ],
    ids=["described", "tagged", "filled", "versioned"],
)
def test_a_repeated_create_is_refused_once_something_was_changed(client, meanwhile):
    create_again(client)
    method, path, fields = meanwhile
    client.do(method, path, name="Risk", **fields)
    refused(create_again(client), 400, "RESOURCE_ALREADY_EXISTS")


def test_a_create_of_somebody_else_or_of_long_ago_is_no_repetition(client, registry, owner):
    create_again(client)
    refused(create_again(registry(owner)), 400, "RESOURCE_ALREADY_EXISTS")
    model = Model.objects.get()
    make_otherwise(model, registered_at=model.registered_at - timedelta(hours=1))
    refused(create_again(client), 400, "RESOURCE_ALREADY_EXISTS")


def test_ungoverned_a_repeated_create_is_refused_as_in_mlflow(client, ungoverned):
    create_again(client)
    refused(create_again(client), 400, "RESOURCE_ALREADY_EXISTS")


def test_a_name_is_taken_once_and_its_spelling_is_part_of_it(client, registry, owner):
    registry(owner).make_model("Risk")
    create = "registered-models/create"
    refused(client.call("POST", create, {"name": "Risk"}), 400, "RESOURCE_ALREADY_EXISTS", "(name=Risk) already exists")
    refused(client.call("POST", create, {"name": "risk"}), 400, "INVALID_PARAMETER_VALUE", "upper and lower case")
    refused(client.get("registered-models/get", name="risk"), 404, "RESOURCE_DOES_NOT_EXIST", "name=risk not found")


@pytest.mark.parametrize("name", ["a/b", "a:b", "..", " a", "a\x00b", "", " ", "x" * 201, ["a"], {"a": 1}])
def test_a_name_that_cannot_be_is_refused_in_words(client, name):
    refused(client.call("POST", "registered-models/create", {"name": name}), 400, "INVALID_PARAMETER_VALUE")


def test_renaming_keeps_versions_and_frees_the_old_name(client):
    client.make_model("old")
    client.make_version("old")
    client.do("POST", "registered-models/rename", name="old", new_name="new")
    assert client.version("new", 1)["name"] == "new"
    refused(client.get("registered-models/get", name="old"), 404, "RESOURCE_DOES_NOT_EXIST")
    client.make_model("old")
    taken = client.call("POST", "registered-models/rename", {"name": "old", "new_name": "new"})
    refused(taken, 400, "RESOURCE_ALREADY_EXISTS")
    same = client.do("POST", "registered-models/rename", name="old", new_name="old")
    assert same["registered_model"]["name"] == "old", "as MLflow's own server does"


def test_a_deleted_model_stays_in_the_register_and_its_name_is_free(client):
    client.make_model("m", {"k": "v"})
    client.make_version("m")
    client.do("DELETE", "registered-models/delete", name="m")
    refused(client.get("registered-models/get", name="m"), 404, "RESOURCE_DOES_NOT_EXIST")
    assert client.ask("model-versions/search")["model_versions"] == []
    gone = Model.objects.get()
    assert gone.status == Status.RETIRED and gone.name.startswith("m (deleted ")
    assert gone.mlflow.deleted_name == "m"
    assert Entry.objects.about(gone).filter(action=Action.MLFLOW_MODEL_DELETED).exists()
    anew = client.make_model("m")
    assert "k" not in tags_of(anew) and anew["latest_versions"] == []
    assert client.make_version("m")["version"] == "1"


def test_a_model_in_use_is_not_deleted_by_a_call(client):
    client.make_model("m")
    client.make_version("m")
    promote(Model.objects.get().versions.get())
    refused(client.call("DELETE", "registered-models/delete", {"name": "m"}), 403, "PERMISSION_DENIED", "retirement")
    refused(client.call("DELETE", "model-versions/delete", {"name": "m", "version": "1"}), 403, "PERMISSION_DENIED")
    assert client.model("m")["latest_versions"][0]["current_stage"] == "Production"


@pytest.mark.parametrize("status", [Status.RESTRICTED, Status.SUSPENDED])
def test_what_is_held_back_is_no_more_deleted_by_a_call_than_what_is_in_use(client, status):
    client.make_model("m")
    client.make_version("m")
    promote(Model.objects.get().versions.get())
    Model.objects.update(status=status)
    refused(client.call("DELETE", "registered-models/delete", {"name": "m"}), 403, "PERMISSION_DENIED", "retirement")


def test_ungoverned_a_model_in_use_is_deleted_by_a_call_and_the_database_asks_for_no_decision(client, ungoverned):
    client.make_model("m")
    client.make_version("m")
    promote(Model.objects.get().versions.get())
    client.do("DELETE", "registered-models/delete", name="m")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Model.objects.get().status == Status.RETIRED
    assert not any("was retired" in told for told in undecided(9))


def test_a_service_account_registers_for_the_default_owner_or_the_longest_one(registry, workspace, owner, risk_officer):
    robot = make_person(Role.ENGINEER, name="Robot", workspace=workspace, kind=Person.Kind.SERVICE)
    client = registry(robot)
    client.make_model("first")
    assert Model.objects.get(name="first").owner == owner
    named = make_person(Role.OWNER, name="Olga Owner", workspace=workspace)
    set_rules(workspace, is_governed=True, default_owner=named, actor=risk_officer)
    client.make_model("second")
    assert Model.objects.get(name="second").owner == named
    grant_role(named, Role.COMMITTEE_MEMBER, workspace=workspace, actor=None)
    client.make_model("third")
    assert Model.objects.get(name="third").owner == owner, "who decides about models by now owns none by default"


@pytest.mark.parametrize("name", ["auditor", "validator", "administrator"])
def test_who_may_not_register_reads_all_the_same(request, registry, client, name):
    client.make_model("m")
    reader = registry(request.getfixturevalue(name))
    assert reader.model("m")["name"] == "m"
    refused(reader.call("POST", "registered-models/create", {"name": "x"}), 403, "PERMISSION_DENIED", "Your roles here")
    for method, path, fields in (
        ("PATCH", "registered-models/update", {"description": "x"}),
        ("POST", "registered-models/set-tag", {"key": "k", "value": "v"}),
        ("POST", "registered-models/rename", {"new_name": "n"}),
        ("DELETE", "registered-models/delete", {}),
    ):
        refused(reader.call(method, path, {"name": "m"} | fields), 403, "PERMISSION_DENIED")


def test_nobody_sees_the_models_of_another_workspace(client, registry):
    client.make_model("m")
    elsewhere = make_workspace("far away")
    stranger = registry(make_person(Role.ENGINEER, workspace=elsewhere), workspace=elsewhere)
    refused(stranger.get("registered-models/get", name="m"), 404, "RESOURCE_DOES_NOT_EXIST")
    assert stranger.ask("registered-models/search")["registered_models"] == []
    assert stranger.make_model("m")["name"] == "m", "each workspace has its own names"


def test_a_token_for_some_models_sees_only_those(client, registry, engineer):
    client.make_model("one")
    client.make_model("two")
    limited = registry(engineer, models=["one"])
    assert [row["name"] for row in limited.ask("registered-models/search")["registered_models"]] == ["one"]
    refused(limited.get("registered-models/get", name="two"), 404, "RESOURCE_DOES_NOT_EXIST")
    refused(limited.call("POST", "registered-models/create", {"name": "three"}), 403, "PERMISSION_DENIED")


def test_a_role_for_some_models_sees_only_those(client, registry, workspace):
    client.make_model("one")
    client.make_model("two")
    client.make_version("two")
    person = make_person(name="Lena Limited")
    grant_role(person, Role.ENGINEER, workspace=workspace, models=["one"], actor=None)
    limited = registry(Person.objects.get(pk=person.pk))
    assert limited.model("one")["name"] == "one"
    assert [row["name"] for row in limited.ask("registered-models/search")["registered_models"]] == ["one"]
    assert limited.ask("model-versions/search")["model_versions"] == []
    for path, fields in (
        ("registered-models/get", {}),
        ("model-versions/get", {"version": "1"}),
        ("model-versions/get-download-uri", {"version": "1"}),
    ):
        refused(limited.get(path, name="two", **fields), 404, "RESOURCE_DOES_NOT_EXIST")


def test_reading_a_model_costs_few_queries_however_much_there_is_of_it(client, django_assert_max_num_queries):
    client.make_model("m", {f"k{number}": "v" for number in range(50)})
    for number in range(4):
        client.make_version("m", f"s3://bucket/{number}", tags={"a": "b"})
        client.do("POST", "registered-models/alias", name="m", alias=f"a{number}", version=str(number + 1))
    with django_assert_max_num_queries(6):
        assert len(client.model("m")["aliases"]) == 4
    with django_assert_max_num_queries(7):
        assert client.ask("registered-models/search")["registered_models"][0]["latest_versions"][0]["aliases"] == ["a3"]
