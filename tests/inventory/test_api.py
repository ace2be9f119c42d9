"""The REST API: shapes, refusals, pages, and bodies that come as a stream."""

import json
import re

import pytest

from inventory.api import examples
from inventory.models import Model, ModelVersion
from inventory.services import add_particular
from mrm.accounts.policies import Permission, Role
from tests.factories import csv_of, make_model, make_person, make_version
from tests.rest import is_problem, patch_json, post_json

MODELS = "/api/v1/models/"
PARQUET = "application/vnd.apache.parquet"


def test_the_whole_story_of_the_documentation_works(api, engineer):
    client = api(engineer)
    registered = post_json(client, MODELS, examples.MODEL_IN)
    assert registered.status_code == 201
    assert registered.json().keys() == examples.MODEL_DETAIL.keys()
    model = f"{MODELS}{registered.json()['slug']}/"
    assert registered.headers["Location"] == model
    edited = client.patch(
        model,
        json.dumps(examples.MODEL_EDIT),
        content_type="application/json",
        headers={"If-Match": registered.headers["ETag"]},
    )
    assert edited.json()["missing"] == ["tier confirmation"]
    version = post_json(client, f"{model}versions/", examples.VERSION_IN)
    assert version.json().keys() == examples.VERSION.keys()
    for path, body, answer in (
        ("versions/1/reference/", examples.REFERENCE_IN, examples.REFERENCE),
        ("versions/1/batches/", examples.BATCH_IN, examples.BATCH),
        ("outcomes/", examples.OUTCOMES_IN, examples.OUTCOMES),
    ):
        response = post_json(client, model + path, body)
        assert response.status_code == 201, response.content
        assert response.json().keys() == answer.keys()
    assert response.json()["unknown_ids"] == 0
    assert client.get(f"{model}versions/1/").json()["reference"]["rows"] == 4
    assert client.get("/api/v1/policies/current/").json().keys() == examples.POLICY.keys()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Loans", "teir": 1}, "teir"),
        ({"name": "Loans", "status": "in_use"}, "status"),
        ({"name": "Loans", "registered_by": "somebody@example.com"}, "registered_by"),
    ],
)
def test_a_field_that_nobody_reads_is_refused_by_its_name(api, engineer, body, field):
    refused = post_json(api(engineer), MODELS, body)
    is_problem(refused, 400)
    assert refused.json()["errors"][0]["field"] == field
    assert not Model.objects.exists()


def test_a_field_that_nobody_reads_is_named_by_its_place_inside_another(api, engineer):
    body = examples.VERSION_IN | {"artifact": {"uri": "https://models.example/7.onnx", "sha265": "0" * 64}}
    refused = post_json(api(engineer), f"{MODELS}{make_model().slug}/versions/", body)
    is_problem(refused, 400)
    assert [fault["field"] for fault in refused.json()["errors"]] == ["artifact.sha265"]
    assert not ModelVersion.objects.exists()


def test_without_a_token_nothing_is_answered(api, version, address):
    for path in (MODELS, address, f"{address}batches/", "/api/v1/policies/current/"):
        response = api().get(path)
        is_problem(response, 401)
        assert response.headers["WWW-Authenticate"] == "Bearer"
    is_problem(post_json(api(), f"{address}batches/", {}), 401)


def test_what_one_may_not_see_is_not_found(api, version, address, stranger):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    for path in (f"{MODELS}{version.model.slug}/", address):
        is_problem(client.get(path), 404)
    is_problem(client.patch(f"{MODELS}{version.model.slug}/", "{}", content_type="application/json"), 404)
    for path in (f"{address}batches/", f"{address}reference/", f"{MODELS}{version.model.slug}/outcomes/"):
        is_problem(client.post(path, b"x", content_type="text/csv"), 404)
    is_problem(client.put(f"{address}artifact", b"x", content_type="application/octet-stream"), 404)
    assert client.get(MODELS).json()["results"] == []


@pytest.mark.parametrize(
    "path", ["models/no-such/", "models/no-such/versions/", "models/no-such/versions/1/", "nothing/"]
)
def test_unknown_things_are_not_found(api, engineer, path):
    is_problem(api(engineer).get(f"/api/v1/{path}"), 404)


def test_a_version_number_beyond_any_is_not_found(api, engineer, version):
    for number in (0, 2, 10**9, 10**30):
        is_problem(api(engineer).get(f"{MODELS}{version.model.slug}/versions/{number}/"), 404)


def test_a_token_limited_to_a_model_shows_and_touches_only_that(api, engineer, version):
    other = make_model()
    client = api(engineer, models=[version.model.slug])
    assert [model["slug"] for model in client.get(MODELS).json()["results"]] == [version.model.slug]
    is_problem(client.get(f"{MODELS}{other.slug}/"), 404)
    assert "only these models" in is_problem(post_json(client, MODELS, {"name": "New"}), 403)["detail"]


def test_a_token_for_sending_does_not_read(api, engineer, version, address):
    client = api(engineer, actions=[Permission.LOG_DATA])
    is_problem(client.get(MODELS), 403)
    is_problem(client.get(address), 403)
    assert client.post(f"{address}batches/", csv_of(5), content_type="text/csv").status_code == 201


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.RISK_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_send_is_refused_before_the_body_is_read(api, workspace, address, role):
    client = api(make_person(role, workspace=workspace))
    body = is_problem(client.post(f"{address}batches/", b"\x00" * 100, content_type="text/csv"), 403)
    assert "log data" in body["detail"]


def test_a_name_suffices_to_register(api, engineer):
    answer = post_json(api(engineer), MODELS, {"name": "Churn"}).json()
    assert answer["owner"]["name"] == engineer.display_name
    assert "purpose" in answer["missing"]


def test_an_owner_is_named_by_address_or_id(api, engineer, owner):
    client = api(engineer)
    for number, given in enumerate((owner.email.upper(), str(owner.pk))):
        answer = post_json(client, MODELS, {"name": f"Churn {number}", "owner": given})
        assert answer.json()["owner"]["id"] == str(owner.pk)
    body = is_problem(post_json(client, MODELS, {"name": "Churn", "owner": "nobody@bank.example"}), 400)
    assert body["errors"][0]["field"] == "owner"


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        "text",
        {},
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"name": {"a": 1}},
        {"name": "x", "exposure": "enormous"},
        {"name": "x", "slug": "../../etc"},
        {"name": "x", "affects_natural_persons": "perhaps"},
        {"name": "x", "owner": "\x00"},
        {"name": "x", "owner": 5},
    ],
)
def test_a_malformed_registration_is_refused(api, engineer, value):
    body = is_problem(post_json(api(engineer), MODELS, value), 400)
    assert body["errors"] if value not in ([], None, "text") else body["detail"]
    assert not Model.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b"[" * 200_000,
        b'{"name": ' + b"1" * 10_000 + b"}",
        b'"\\ud800"',
    ],
)
def test_what_is_not_json_is_refused(api, engineer, content):
    for path in (MODELS, f"{MODELS}some/versions/"):
        response = api(engineer).post(path, content, content_type="application/json")
        is_problem(response, 404 if "some" in path else 400)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_media_type_is_refused(api, engineer, address, media_type):
    client = api(engineer)
    is_problem(client.generic("POST", MODELS, b'{"name": "x"}', content_type=media_type), 415)
    body = is_problem(client.generic("POST", f"{address}batches/", b"x", content_type=media_type), 415)
    assert PARQUET in body["detail"]


def test_a_charset_that_is_not_utf_8_is_refused(api, engineer, address):
    is_problem(api(engineer).post(f"{address}batches/", b"x", content_type="text/csv; charset=latin-1"), 415)


def test_a_json_body_over_its_limit_is_refused(api, engineer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    is_problem(post_json(api(engineer), MODELS, {"name": "x" * 2000}), 413)
    is_problem(post_json(api(engineer), MODELS, {"name": "x" * 2000}, **{"Idempotency-Key": "k"}), 413)


def test_a_name_that_is_taken_gives_the_rule_as_a_reason(api, engineer):
    client = api(engineer)
    post_json(client, MODELS, {"name": "Churn"})
    assert "already has a model" in is_problem(post_json(client, MODELS, {"name": "churn"}), 409)["reasons"][0]


def test_pages_follow_each_other_and_lose_nothing(api, engineer):
    names = sorted(make_model(name=f"Model {number:02}").name for number in range(7))
    client, seen, path = api(engineer), [], f"{MODELS}?page_size=3"
    while path:
        page = client.get(path).json()
        assert page.keys() == {"next", "previous", "results"}
        seen += [model["name"] for model in page["results"]]
        path = page["next"]
    assert seen == names


def test_a_list_is_filtered_searched_and_ordered(api, engineer, owner):
    a = make_model(name="Alpha", owner=owner, exposure="high", complexity="high")
    b = make_model(name="Beta", purpose="Detects fraud.", business_unit="Cards")
    client = api(engineer)

    def slugs(query: str) -> list[str]:
        return [model["slug"] for model in client.get(f"{MODELS}?{query}").json()["results"]]

    assert slugs("tier=1") == [a.slug]
    assert slugs(f"owner={owner.email}") == [a.slug]
    assert slugs("business_unit=Cards") == [b.slug]
    assert slugs("search=fraud+detects") == [b.slug]
    assert slugs("search=%25") == []
    assert slugs("status=retired") == []
    assert slugs("ordering=-name") == [b.slug, a.slug]
    assert slugs("ordering=tier") == [a.slug, b.slug]
    assert slugs("workspace=elsewhere") == []


@pytest.mark.parametrize(
    "query",
    ["tier=9", "tier=x", "status=lost", "ordering=password", "owner=nobody", "as_of=2026", "search=%00", "colour=red",
     "cursor=%00", "cursor=cD0lMDA=", "cursor=cD14", "page_size=%00", f"page_size={'1' * 5000}", "page_size=abc",
     "page_size=0", "page_size=-1", "page_size=201", "page_size=1.5", "page_size="],
    ids=lambda query: query[:30],
)  # fmt: skip
def test_a_query_that_cannot_be_answered_is_refused(api, engineer, query):
    make_model()
    for ordering in ("", "&ordering=registered_at", "&ordering=tier"):
        if "ordering" in query and ordering:
            continue
        response = api(engineer).get(f"{MODELS}?{query}{ordering}")
        problem = is_problem(response, 400)
        if "page_size" in query:
            (fault,) = problem["errors"]
            assert fault["field"] == "page_size"
            assert re.search("from 1 to 200|nothing was given", fault["message"])


@pytest.mark.parametrize("address", ["policies/", "regimes/", "findings/", "trail/entries/", "portfolio/"])
def test_every_list_refuses_lengths_that_no_page_has_and_parameters_that_nobody_knows(api, auditor, address):
    client = api(auditor)
    for wrong in ("abc", "0", "201", "100000"):
        (fault,) = is_problem(client.get(f"/api/v1/{address}?page_size={wrong}"), 400)["errors"]
        assert (fault["field"], "from 1 to 200" in fault["message"]) == ("page_size", True)
    assert client.get(f"/api/v1/{address}?page_size=200").status_code == 200
    (fault,) = is_problem(client.get(f"/api/v1/{address}?colour=red"), 400)["errors"]
    assert (fault["field"], "no such parameter" in fault["message"]) == ("colour", True)


def test_a_list_takes_few_queries_however_long_it_is(api, engineer, django_assert_max_num_queries):
    for _ in range(5):
        make_version(make_model())
    client = api(engineer)
    client.get(MODELS)
    with django_assert_max_num_queries(6):
        assert len(client.get(MODELS).json()["results"]) == 5
    slug = Model.objects.first().slug
    with django_assert_max_num_queries(6):
        client.get(f"{MODELS}{slug}/versions/")


def test_answers_that_differ_have_different_tags_and_what_stands_beside_the_entry_keeps_no_edit_out(api, engineer):
    model = make_model()
    client, address = api(engineer), f"{MODELS}{model.slug}/"
    before = client.get(address)
    assert client.get(address).headers["ETag"] == before.headers["ETag"]
    add_particular(model, "limitations", values={"text": "No SMEs.", "significance": "low"}, actor=None)
    after = client.get(address)
    assert before.json()["missing"] != after.json()["missing"]
    assert before.headers["ETag"] != after.headers["ETag"]
    edited = patch_json(client, address, {"purpose": "Loans."}, **{"If-Match": before.headers["ETag"]})
    assert edited.json()["revision"] == before.json()["revision"] + 1


def test_an_edit_on_top_of_somebody_elses_is_refused(api, engineer):
    model = f"{MODELS}{make_model().slug}/"
    client = api(engineer)
    tag = client.get(model).headers["ETag"]

    def edit(purpose: str, **headers):
        content = json.dumps({"purpose": purpose})
        return client.patch(model, content, content_type="application/json", headers=headers)

    assert edit("First.", **{"If-Match": tag}).headers["ETag"] != tag
    is_problem(edit("Second.", **{"If-Match": tag}), 412)
    is_problem(edit("Second.", **{"If-Match": f"W/{tag}"}), 412)
    assert edit("Third.", **{"If-Match": "*"}).json()["purpose"] == "Third."
    assert edit("Fourth.").json()["revision"] == 4


def test_status_tier_and_slug_cannot_be_patched(api, engineer):
    model = f"{MODELS}{make_model().slug}/"
    content = json.dumps({"status": "in_use", "tier": 3, "slug": "x"})
    body = is_problem(api(engineer).patch(model, content, content_type="application/json"), 400)
    assert {error["field"] for error in body["errors"]} == {"status", "tier", "slug"}


def test_faults_of_a_schema_are_named(api, engineer):
    path = f"{MODELS}{make_model().slug}/versions/"
    columns = [{"name": "s", "kind": "numeric", "role": "score"}, {"name": "\u202e", "kind": "numeric"}]
    body = is_problem(post_json(api(engineer), path, {"schema": {"columns": columns}}), 422)
    assert body["errors"][0]["field"] == "schema.columns[1].name"
    for schema in (
        None,
        [],
        {},
        {"columns": None},
        {"columns": []},
        {"columns": ["x"]},
        {"columns": [[]]},
        {"columns": [{}]},
    ):
        assert post_json(api(engineer), path, {"schema": schema}).status_code in (400, 422)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    "field",
    [
        {"params": {"x": "\x00"}}, {"params": {"\x00": 1}}, {"tags": {"x": "\ud800"}}, {"metrics": {"x": 10**400}},
        {"params": {"x": 10**30}}, {"decision_threshold": "NaN"}, {"decision_threshold": "Infinity"},
        {"predecessor": 10**30}, {"predecessor": 99}, {"artifact": {"sha256": "x"}}, {"artifact": []}, {"tags": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_hostile_facts_are_kept_or_refused_but_never_break(api, engineer, field):
    path = f"{MODELS}{make_model().slug}/versions/"
    response = post_json(api(engineer), path, examples.VERSION_IN | field)
    assert response.status_code in (201, 400, 422), response.content
    if response.status_code == 201:
        assert api(engineer).get(path).status_code == 200
