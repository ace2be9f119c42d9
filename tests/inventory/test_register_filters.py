"""What a model lacks and which version is in production, as filters: they find what the list tells, on any day."""

import pytest
from django.urls import reverse

from inventory.models.particulars import ROWS_OF
from inventory.policies import REQUIRABLE, required_attributes, standard
from inventory.services import add_particular, edit_model
from tests.factories import make_model, make_version, promote
from tests.inventory.test_history import days_ago, let_days_pass
from tests.inventory.test_particulars import LIMITATION
from tests.rest import is_problem

MODELS = "/api/v1/models/"
UNASKED = next(
    name for name in REQUIRABLE if all(name not in required_attributes(standard(), tier) for tier in (1, 2, 3))
)
MOMENTS = {"now": dict, "as of a past day": lambda: {"as_of": days_ago(1).isoformat()}}


@pytest.fixture
def models(workspace, owner):
    """One that says nothing, one that says much, one whose second version is in production; three days ago."""
    bare = make_model(name="Bare", owner=owner, purpose="", business_unit="", methodology="", exposure="")
    told = make_model(name="Told", owner=owner, description="Scores.", regions=["Austria"], uses_machine_learning=False)
    add_particular(told, "limitations", values=LIMITATION, actor=None)
    twice = make_model(name="Twice", owner=owner)
    promote(make_version(twice))
    promote(make_version(twice))
    promote(make_version(told))
    let_days_pass(3, bare, told, twice)
    return bare, told, twice


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_the_register_is_filtered_by_what_is_missing_as_the_list_tells_it(api, auditor, models, moment):
    client, asked_for = api(auditor), set()
    listed = client.get(MODELS, moment()).json()["results"]
    for name in REQUIRABLE:
        lacking = {model["slug"] for model in listed if name in model["missing"]}
        found = client.get(MODELS, moment() | {"missing": name}).json()["results"]
        assert {model["slug"] for model in found} == lacking, name
        asked_for |= {name} if lacking else set()
    assert asked_for & ROWS_OF.keys() and asked_for - ROWS_OF.keys(), "the policy asks for fields and for rows"
    is_problem(client.get(MODELS, moment() | {"missing": "luck"}), 400)


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_the_register_is_filtered_by_the_version_in_production(api, auditor, client, models, moment):
    def found(**asked):
        return {model["slug"] for model in api(auditor).get(MODELS, moment() | asked).json()["results"]}

    assert (found(in_production="true"), found(in_production="false")) == ({"told", "twice"}, {"bare"})
    assert (found(production_version="2"), found(production_version="1")) == ({"twice"}, {"told"})
    assert found(production_version="3") == set()
    is_problem(api(auditor).get(MODELS, moment() | {"production_version": "0"}), 400)
    client.force_login(auditor)
    page = client.get(reverse("register"), moment() | {"production_version": "2"})
    assert [model.slug for model in page.context["models"]] == ["twice"]


def test_what_was_missing_then_is_asked_of_the_register_of_then(api, auditor, owner, models):
    bare, *_ = models
    edit_model(bare, changes={"purpose": "Scores loans."}, actor=owner)
    asked = {"missing": "purpose"}
    now = api(auditor).get(MODELS, asked).json()["results"]
    then = api(auditor).get(MODELS, asked | {"as_of": days_ago(1).isoformat()}).json()["results"]
    assert ([model["slug"] for model in now], [model["slug"] for model in then]) == ([], ["bare"])


def test_the_filters_cost_at_most_one_query_more(api, auditor, models, django_assert_max_num_queries):
    client = api(auditor)
    with django_assert_max_num_queries(9):
        client.get(MODELS, {"missing": "limitations", "in_production": "true", "search": "told"})


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize(("name", "slugs"), [("told", ["told"]), (" TOLD ", ["told"]), ("Tol", []), ("T_ld", [])])
def test_the_register_is_filtered_by_a_whole_name_upper_and_lower_case_alike(api, auditor, models, moment, name, slugs):
    found = api(auditor).get(MODELS, moment() | {"name": name}).json()["results"]
    assert [model["slug"] for model in found] == slugs


@pytest.mark.parametrize("asked", [{"search": "!"}, {"missing": UNASKED}, {"data_source": "no such"}])
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_what_nothing_fits_is_an_empty_list_with_empty_facets(client, auditor, models, moment, asked):
    client.force_login(auditor)
    page = client.get(reverse("register"), moment() | asked)
    assert (page.status_code, page.context["models"], page.context["facets"].total) == (200, [], 0)
