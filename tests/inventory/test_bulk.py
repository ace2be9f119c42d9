"""Many models in one request: all of them or none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.trail.models import Action, Entry, subject_name
from audits.trail.services import verify_trail
from inventory.api import examples
from inventory.models import Model, ModelRecord, ModelVersion
from inventory.services import register_models
from inventory.services.bulk import draft_models, enter_models
from mrm.errors import UnusableData
from tests.factories import make_model, make_workspace, publish
from tests.rest import is_problem, post_json

BULK = "/api/v1/models/bulk/"
SCHEMA = {"columns": [{"name": "score", "kind": "numeric", "role": "score"}]}


def test_models_are_registered_with_their_versions(api, engineer):
    answer = post_json(api(engineer), BULK, examples.BULK_IN)
    assert answer.status_code == 201, answer.content
    assert answer.json() == examples.BULK
    assert ModelVersion.objects.get().model.name == "Card fraud"
    assert set(Model.objects.values_list("registered_by", "owner")) == {(engineer.pk, engineer.pk)}


def test_one_refused_model_refuses_all_and_each_is_named_by_its_place(api, engineer):
    make_model(name="Taken")
    models = [
        {"name": "Fine"},
        {"name": "taken"},
        {"name": "Fine", "slug": "other"},
        {"name": "Versioned", "versions": [{"schema": {"columns": []}}, {"schema": SCHEMA}]},
    ]
    body = is_problem(post_json(api(engineer), BULK, {"models": models}), 422)
    assert [error["field"] for error in body["errors"]] == [
        "models[1]",
        "models[2]",
        "models[3].versions[0].schema.columns",
    ]
    assert Model.objects.count() == 1


@pytest.mark.parametrize(
    "models",
    [[], {}, None, "x", [1], [{}], [{"name": "x", "owner": "nobody@bank.example"}], [{"name": "x", "versions": {}}],
     [{"name": "x", "versions": [{}]}], [{"name": f"m{n}"} for n in range(501)], [{"name": "a\x00"}],
     [{"name": "x", "baselined_until": "soon"}]],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_malformed_list_is_refused_whole(api, engineer, models):
    is_problem(post_json(api(engineer), BULK, {"models": models}), 400)
    assert not Model.objects.exists()


@pytest.mark.parametrize(("day", "said"), [("2020-01-01", "lie in the future"), ("2999-01-01", "at most 365 days")])
def test_a_baseline_ends_on_a_day_that_the_policy_allows(api, risk_officer, day, said):
    body = is_problem(post_json(api(risk_officer), BULK, {"models": [{"name": "A", "baselined_until": day}]}), 422)
    assert body["errors"][0]["field"] == "models[0].baselined_until" and said in body["errors"][0]["message"]
    assert not Model.objects.exists()


def test_who_may_not_register_registers_none(api, auditor, stranger):
    is_problem(post_json(api(auditor), BULK, {"models": [{"name": "A"}]}), 403)
    is_problem(post_json(api(stranger), BULK, {"models": [{"name": "A"}]}), 422)
    assert not Model.objects.exists()


def test_a_token_limited_to_a_model_registers_no_other(api, engineer):
    client = api(engineer, models=["card-limit"])
    body = is_problem(post_json(client, BULK, examples.BULK_IN), 422)
    assert "only these models" in body["errors"][0]["message"]
    assert not Model.objects.exists()


def test_no_model_takes_the_address_of_the_list(api, engineer):
    answer = post_json(api(engineer), "/api/v1/models/", {"name": "Bulk"})
    assert answer.json()["slug"] == "bulk-2"
    is_problem(post_json(api(engineer), "/api/v1/models/", {"name": "B", "slug": "bulk"}), 422)


def test_many_models_are_entered_together_by_few_statements(workspace, owner, engineer, django_assert_max_num_queries):
    make_model(name="Model 7", owner=owner, workspace=make_workspace("other"))
    entries = [{"name": f"Model {number}", "owner": owner, "exposure": "high"} for number in range(150)]
    entries.append({"name": "MODEL-7!", "owner": owner})  # Another name, but what its slug would be is taken.
    with django_assert_max_num_queries(200):
        models = register_models(workspace, entries, actor=engineer)
    assert [model.name for model in models] == [entry["name"] for entry in entries]
    assert {model.slug for model in models if model.name in ("Model 7", "MODEL-7!")} == {"model-7-2", "model-7-3"}
    told = Entry.objects.filter(action=Action.MODEL_REGISTERED, subject__in=[subject_name(model) for model in models])
    assert told.order_by("position").first().details["said"]["exposure"] == "high"
    assert (
        told.count() == len(entries) == ModelRecord.objects.filter(subject__in=[model.pk for model in models]).count()
    )
    assert verify_trail().holds, verify_trail().fault


def test_one_wrong_entry_among_many_is_named_and_none_is_entered(workspace, owner, engineer):
    before = Entry.objects.count()
    entries = [{"name": f"Model {number}", "owner": owner} for number in range(150)]
    entries[77] = {"name": "model 5", "owner": owner}
    entries[149] = {"name": "Last", "owner": owner, "versions": [{"schema": [{"name": "x"}]}]}
    with pytest.raises(UnusableData) as refused:
        register_models(workspace, entries, actor=engineer)
    assert refused.value.errors[0]["field"] == "models[77]"
    assert all(error["field"].startswith("models[149].versions[0]") for error in refused.value.errors[1:])
    assert Model.objects.count() == 0 and Entry.objects.count() == before


def test_nobody_waits_while_many_models_are_checked(workspace, owner, engineer):
    entries = [{"name": f"Model {number}", "owner": owner} for number in range(150)]
    entries[149] = {"name": "", "owner": owner}
    with CaptureQueriesContext(connection) as asked, pytest.raises(UnusableData) as refused:
        register_models(workspace, entries, actor=engineer)
    assert [error["field"] for error in refused.value.errors] == ["models[149].name"]
    assert not [query for query in asked if "trail_head" in str(query["sql"])], "the pen was taken"


def test_models_checked_under_a_policy_that_is_no_longer_in_force_are_checked_again(
    workspace, owner, engineer, standard_document
):
    entries = [{"name": f"Model {number}", "owner": owner} for number in range(100)]
    drafts = draft_models(workspace, entries, actor=engineer)
    standard_document["completeness"]["required_to_register"] = ["purpose"]
    publish(standard_document)
    with pytest.raises(UnusableData) as refused:
        enter_models(workspace, entries, drafts, actor=engineer, progress=lambda done: None)
    assert refused.value.errors[0]["field"] == "models[0].purpose"
    assert not Model.objects.exists()
