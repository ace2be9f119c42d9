"""How every model stands, over REST: the same rows in the same order as the page."""

import pytest
from django.urls import reverse

from audits.workflows.services import count_all_marked
from tests.factories import make_model, make_person
from tests.pages.scenery import make_assessed_model
from tests.rest import is_problem

ADDRESS = "/api/v1/portfolio/"


@pytest.fixture
def models(workspace, owner):
    made = [
        make_assessed_model(name=f"Model {verdict}", owner=owner, verdict=verdict)
        for verdict in ("within", "red", "amber")
    ]
    made.append(make_model(name="Never looked at", owner=make_person("owner", name="Zoe Zero")))
    count_all_marked()
    return made


def test_the_portfolio_is_told_the_worst_first_as_on_its_page(api, auditor, client, models):
    told = api(auditor).get(ADDRESS).json()["results"]
    client.force_login(auditor)
    page = client.get(reverse("portfolio")).context["page"].rows
    assert [row["slug"] for row in told] == [row.model.slug for row in page]
    assert [row["verdict"] for row in told] == ["red", "amber", "within", "no_data"]
    assert (len(told[0]["cells"]), told[0]["cells"][-1]["verdict"] in ("red", "no_data")) == (12, True)
    assert len(api(auditor).get(ADDRESS, {"by": "week"}).json()["results"][0]["cells"]) == 52


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"verdict": "red"}, {"Model red"}),
        ({"verdict": "no_data"}, {"Never looked at"}),
        ({"search": "Zoe"}, {"Never looked at"}),
        ({"search": "amber"}, {"Model amber"}),
        ({"status": "in_use"}, {"Model red", "Model amber", "Model within"}),
        ({"tier": "0"}, set()),
        ({"attention": "provisional", "verdict": "red"}, {"Model red"}),
        ({"next_due_since": "2999-01-01"}, set()),
    ],
)
def test_it_is_narrowed_as_the_page_is(api, auditor, models, asked, expected):
    assert {row["name"] for row in api(auditor).get(ADDRESS, asked).json()["results"]} == expected


def test_it_is_paged_in_every_order_and_shows_nothing_of_elsewhere(api, auditor, stranger, models):
    client = api(auditor)
    for ordering in ("worst", "name", "tier", "next_due_at", "-validation_due"):
        seen, at = [], f"{ADDRESS}?ordering={ordering}&page_size=1"
        while at:
            page = client.get(at).json()
            seen += [row["slug"] for row in page["results"]]
            at = page["next"]
        assert sorted(seen) == sorted(model.slug for model in models), ordering
    assert api(stranger, workspace=stranger.grants.get().workspace).get(ADDRESS).json()["results"] == []
    is_problem(client.get(ADDRESS, {"flag": "overdue"}), 400)


def test_its_queries_do_not_grow_with_the_models(api, auditor, models, django_assert_max_num_queries):
    client = api(auditor)
    with django_assert_max_num_queries(12):
        client.get(ADDRESS)
