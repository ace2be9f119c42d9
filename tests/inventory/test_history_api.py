"""The register of a past day over REST."""

import json
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

import pytest

from inventory.contents.lists import USES, VERSIONS
from inventory.services import edit_model, edit_use, propose_use
from tests.factories import make_model, make_version, promote
from tests.inventory.test_history import days_ago, let_days_pass
from tests.rest import is_problem

MODELS = "/api/v1/models/"
DIFFERENCES = "/api/v1/register/differences/"
LISTINGS = {"versions": VERSIONS, "uses": USES}


@pytest.fixture
def model(workspace):
    """Registered and promoted ten days ago, renamed today."""
    model = make_model(name="Old name")
    promote(make_version(model))
    let_days_pass(10, model)
    return edit_model(model, changes={"name": "New name"}, actor=None)


def test_the_list_as_it_stood(api, auditor, model):
    client = api(auditor)
    [then] = client.get(MODELS, {"as_of": days_ago(5)}).json()["results"]
    [now] = client.get(MODELS).json()["results"]
    assert (then["name"], then["production_version"], then["status"]) == ("Old name", 1, "in_use")
    assert now["name"] == "New name"
    assert then.keys() == now.keys()
    assert client.get(MODELS, {"as_of": days_ago(20)}).json()["results"] == []


def test_the_number_of_queries_does_not_grow_with_the_models_of_a_past_day(
    api, auditor, workspace, django_assert_max_num_queries
):
    let_days_pass(10, *[make_model(name=f"Model {number}") for number in range(12)])
    client = api(auditor)
    with django_assert_max_num_queries(12):
        assert len(client.get(MODELS, {"as_of": days_ago(5)}).json()["results"]) == 12


def test_one_model_as_it_stood(api, auditor, model):
    client = api(auditor)
    assert client.get(f"{MODELS}{model.slug}/", {"as_of": days_ago(5)}).json()["name"] == "Old name"
    is_problem(client.get(f"{MODELS}{model.slug}/", {"as_of": days_ago(20)}), 404)


def test_a_late_edit_is_seen_with_hindsight_only(api, auditor, engineer, model):
    sent = json.dumps({"business_unit": "Cards", "effective_on": days_ago(7).isoformat()})
    assert api(engineer).patch(f"{MODELS}{model.slug}/", sent, content_type="application/json").status_code == 200
    address, client = f"{MODELS}{model.slug}/", api(auditor)
    assert client.get(address, {"as_of": days_ago(5)}).json()["business_unit"] == "Retail lending"
    seen = client.get(address, {"as_of": days_ago(5), "known_on": days_ago(0)}).json()
    assert seen["business_unit"] == "Cards"


@pytest.mark.parametrize(
    ("address", "query", "field"),
    [
        (MODELS, {"as_of": 1}, "as_of"),
        (MODELS, {"as_of": 1_000_000}, "as_of"),
        (MODELS, {"as_of": -5, "known_on": 1}, "known_on"),
        ("/api/v1/register/facets/", {"as_of": 365}, "as_of"),
        ("/api/v1/register/export", {"as_of": 1}, "as_of"),
        (DIFFERENCES, {"since": -5, "until": 1}, "until"),
        (DIFFERENCES, {"since": 1, "until": 0}, "since"),
        (DIFFERENCES, {"since": -5, "until": 0, "known_on": 1}, "known_on"),
    ],
)
def test_a_day_to_come_is_refused_rather_than_answered(api, auditor, model, address, query, field):
    problem = is_problem(api(auditor).get(address, {name: days_ago(-days) for name, days in query.items()}), 400)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert "is to come" in problem["errors"][0]["message"]


@pytest.mark.parametrize("day", ["2999-01-01", "2000-01-01", "soon", 5])
def test_a_day_that_cannot_be_is_refused_and_nothing_changes(api, engineer, model, day):
    sent = json.dumps({"business_unit": "Cards", "effective_on": day})
    answer = api(engineer).patch(f"{MODELS}{model.slug}/", sent, content_type="application/json")
    assert is_problem(answer, answer.status_code)["errors"][0]["field"] == "effective_on"
    assert answer.status_code in (400, 422)
    model.refresh_from_db()
    assert model.business_unit == "Retail lending"


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "yesterday"},
        {"known_on": "2026-01-01"},
        {"as_of": "2026-01-01", "ordering": "sponsor"},
        {"as_of": "0000-00-00"},
        {"as_of": "2026-01-01", "cursor": "x"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api, auditor, query):
    is_problem(api(auditor).get(MODELS, query), 400)


def test_the_first_day_there_is_can_be_asked_for(api, auditor, model):
    assert api(auditor).get(MODELS, {"as_of": "0001-01-01"}).status_code == 200


def test_versions_and_uses_as_they_stood(api, auditor, model):
    use = propose_use(model, title="Pricing", actor=None)
    let_days_pass(3, model)
    edit_use(use, changes={"title": "Pricing of loans"}, actor=None)
    propose_use(model, title="Marketing", actor=None)
    promote(make_version(model))
    client, address = api(auditor), f"{MODELS}{model.slug}/"

    def told(part, field, **asked):
        return [one[field] for one in client.get(f"{address}{part}/", asked).json()["results"]]

    then = {"as_of": days_ago(1)}
    assert told("versions", "stage", **then) == ["production"]
    assert told("versions", "stage") == ["production", "superseded"]
    assert told("versions", "number", stage="production", **then) == [1]
    assert client.get(f"{address}versions/", then).json()["results"][0]["schema"]["columns"]
    assert told("uses", "title", **then) == ["Pricing"]
    assert told("uses", "title", ordering="-number", as_of=days_ago(0)) == ["Marketing", "Pricing of loans"]
    assert told("uses", "title", state="live", **then) == []
    is_problem(client.get(f"{address}uses/", {"as_of": days_ago(30)}), 404)
    is_problem(client.get(f"{address}uses/", {"known_on": days_ago(1)}), 400)


@pytest.mark.parametrize("part", ["versions", "uses"])
def test_versions_and_uses_of_a_past_day_are_searched_filtered_sorted_and_paged_as_today(api, auditor, model, part):
    for number in range(4):
        propose_use(model, title=f"Use {3 - number}", reliance="low" if number % 2 else "", actor=None)
        make_version(model, framework="onnx" if number % 2 else "xgboost", predecessor=model.versions.first())
    let_days_pass(3, model)
    client, address, listing = api(auditor), f"{MODELS}{model.slug}/{part}/", LISTINGS[part]
    then = {"as_of": days_ago(1)}

    def walk(**asked):
        seen, at = [], f"{address}?{urlencode(asked | {'page_size': 2})}"
        while at:
            page = client.get(at).json()
            seen += [one["number"] for one in page["results"]]
            at = page["next"]
        return seen

    numbers = walk()
    assert len(numbers) >= 4
    for ordering in listing.orderings:
        assert walk(**then, ordering=ordering) == walk(ordering=ordering), ordering
    for column in listing.dated:
        since, until = column.first_and_last
        for days in ({since: days_ago(5)}, {until: days_ago(5)}, {since: days_ago(4), until: days_ago(2)}):
            assert walk(**then, **days) == walk(**days), days
    narrowed = {
        "versions": ({"search": "onnx"}, {"framework": "xgboost"}, {"stage": "production"}, {"predecessor": "1"}),
        "uses": ({"search": "use 2"}, {"reliance": "low"}, {"state": "proposed"}, {"search": "nothing such"}),
    }[part]
    for asked in narrowed:
        assert walk(**then, **asked) == walk(**asked) != numbers or part == "uses" and "state" in asked, asked


def test_what_was_said_of_a_use_on_a_past_day_is_what_that_day_is_searched_by(api, auditor, model):
    use = propose_use(model, title="Pricing", actor=None)
    let_days_pass(3, model)
    edit_use(use, changes={"title": "Limits"}, actor=None)
    client, address = api(auditor), f"{MODELS}{model.slug}/uses/"

    def found(**asked):
        return len(client.get(address, asked).json()["results"])

    assert (found(search="pricing"), found(search="limits")) == (0, 1)
    then = {"as_of": days_ago(1)}
    assert (found(search="pricing", **then), found(search="limits", **then)) == (1, 0)


def test_differences_between_two_days(api, auditor, model):
    make_model(name="Added")
    asked = {"since": days_ago(5), "until": days_ago(0)}
    body = api(auditor).get(DIFFERENCES, asked).json()
    assert body["counts"] == {"added": 1, "retired": 0, "changed": 1, "removed": 0}
    assert body["next"] is None
    [changed] = api(auditor).get(DIFFERENCES, asked | {"kind": "changed"}).json()["results"]
    assert changed["changes"] == [{"field": "name", "before": "Old name", "after": "New name"}]


def test_differences_are_walked_by_a_cursor_that_misses_nothing_when_others_are_registered(
    api, auditor, workspace, monkeypatch
):
    monkeypatch.setattr("inventory.contents.differences.MOST_DIFFERENCES", 2)
    for name in ("B", "D", "F", "H", "J"):
        make_model(name=name)
    client, seen = api(auditor), []
    page = client.get(DIFFERENCES, {"since": days_ago(5), "until": days_ago(0), "kind": "added"}).json()
    make_model(name="A")
    make_model(name="I")
    while page["next"]:
        seen += [one["name"] for one in page["results"]]
        page = client.get(page["next"]).json()
    assert [*seen, *(one["name"] for one in page["results"])] == ["B", "D", "F", "H", "I", "J"]
    key = "00000000-0000-0000-0000-000000000000"
    crafted = (f'[0,"{name}","{key}"]'.encode() for name in ("\\ud800", "a\\udfff", "\\u0000"))
    encoded = [urlsafe_b64encode(one).decode() for one in crafted]
    for cursor in ("x", "WzAsImEiXQ", "WzAsImEiLCJub25lIl0", *encoded):
        is_problem(client.get(DIFFERENCES, {"since": days_ago(5), "until": days_ago(0), "cursor": cursor}), 400)


def test_the_facets_count_what_the_list_finds_now_and_as_of_a_day(api, auditor, model):
    make_model(name="Cards", business_unit="Cards")
    client, address = api(auditor), "/api/v1/register/facets/"
    now = client.get(address).json()
    assert now["total"] == 2 and now["facets"]["tier"] == [{"value": "2", "label": "Tier 2", "count": 2}]
    assert {one["value"]: one["count"] for one in now["facets"]["business_unit"]} == {"Retail lending": 1, "Cards": 1}
    assert client.get(address, {"as_of": days_ago(5)}).json()["total"] == 1
    assert client.get(address, {"business_unit": "Cards", "registered_since": days_ago(1)}).json()["total"] == 1
    assert client.get(address, {"business_unit": "Cards", "registered_until": days_ago(1)}).json()["total"] == 0
    for nonsense in ({"ordering": "name"}, {"cursor": "x"}, {"registered_since": "soon"}):
        is_problem(client.get(address, nonsense), 400)


def test_the_facets_of_a_search_without_a_word_are_empty(api, auditor, model):
    for when in ({}, {"as_of": days_ago(0)}):
        answer = api(auditor).get("/api/v1/register/facets/", {"search": "'"} | when)
        assert answer.status_code == 200 and answer.json()["total"] == 0
        assert not any(answer.json()["facets"].values())


@pytest.mark.parametrize("address", [MODELS, "/api/v1/register/facets/"])
def test_a_search_for_too_many_words_is_refused(api, auditor, model, address):
    problem = is_problem(api(auditor).get(address, {"search": "a b c d e f g h i j k"}), 400)
    assert problem["errors"][0]["field"] == "search" and "at most 10" in problem["errors"][0]["message"]


def test_differences_show_what_one_may_see_only(api, stranger, model):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    assert client.get(DIFFERENCES, {"since": days_ago(5), "until": days_ago(0)}).json()["results"] == []


def test_a_list_of_many_equal_rows_is_walked_whole(api, auditor):
    for number in range(7):
        make_model(name=f"Model {number}")
    client = api(auditor)
    for ordering in ("tier", "-tier", "business_unit", "-owner", "edited_at"):
        address, seen = f"{MODELS}?ordering={ordering}&page_size=2", []
        while address:
            page = client.get(address).json()
            seen += [model["slug"] for model in page["results"]]
            address = page["next"]
        assert len(seen) == len(set(seen)) == 7, ordering
