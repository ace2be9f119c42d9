"""What models have in common: counted over the register, each count a list, now and as it stood."""

import pytest
from django.urls import reverse

from inventory.models import DataSource
from inventory.services import add_particular, edit_model, end_particular
from tests.factories import make_model, make_version, make_workspace, promote
from tests.inventory.test_history import days_ago, let_days_pass
from tests.rest import is_problem

SHARED = "/api/v1/register/shared/"
MODELS = "/api/v1/models/"


@pytest.fixture
def sharing(workspace):
    """Two models take in the bureau's scores, one of them in use; two have a vendor, two are linear."""
    models = [make_model(name=name) for name in ("Cards", "Loans", "Prices")]
    for model, name in zip(models, ("Bureau", "bureau", "=House prices"), strict=True):
        add_particular(model, "data_sources", values={"name": name}, actor=None)
    for model in models[1:]:
        edit_model(model, changes={"vendor": "Acme & Sons", "method_family": "linear"}, actor=None)
    promote(make_version(models[0]))
    return models


def rows(answer) -> list[tuple]:
    return [(one["name"], one["models"], one["live"]) for one in answer.json()["results"]]


def slugs(answer) -> list[str]:
    return [one["slug"] for one in answer.json()["results"]]


def test_what_is_shared_is_counted_and_each_count_is_its_list(api, auditor, sharing):
    client = api(auditor)
    assert rows(client.get(SHARED)) == [("Bureau", 2, 1)]
    assert rows(client.get(SHARED, {"least": "1"}))[1] == ("=House prices", 1, 0)
    assert rows(client.get(SHARED, {"what": "vendor"})) == [("Acme & Sons", 2, 0)]
    assert rows(client.get(SHARED, {"what": "method_family"})) == [("linear", 2, 0)]
    assert slugs(client.get(MODELS, {"data_source": "BUREAU"})) == ["cards", "loans"]
    assert slugs(client.get(MODELS, {"vendor": "acme & sons", "method_family": "linear"})) == ["loans", "prices"]
    for nonsense in ({"what": "owner"}, {"least": "0"}, {"page_size": "5"}):
        is_problem(client.get(SHARED, nonsense), 400)


def test_the_page_leads_from_what_is_shared_to_who_shares_it(visit, auditor, sharing):
    client = visit(auditor)
    assert "Bureau" in client.get(reverse("shared")).text
    page = client.get(reverse("shared"), {"what": "vendor"}).text
    assert "?vendor=Acme%20%26%20Sons" in page
    assert '<input type="hidden" name="what" value="vendor">' in page, "another day is asked of the vendors, too"
    assert f'href="{reverse("shared")}?what=vendor">The present' in page
    listed = client.get(reverse("register"), {"vendor": "Acme & Sons"})
    assert [model.name for model in listed.context["models"]] == ["Loans", "Prices"]
    assert "vendor: Acme &amp; Sons" in listed.text, "what narrows the list is seen, and can be taken away"
    assert client.get(reverse("shared"), {"what": "nonsense"}).status_code == 200


def test_who_shared_a_source_on_a_past_day_is_asked_of_that_day(api, visit, auditor, sharing):
    let_days_pass(10, *sharing)
    for row in DataSource.objects.all():
        end_particular(row, "data_sources", reason="Replaced.", actor=None)
    edit_model(sharing[1], changes={"vendor": ""}, actor=None)
    client, then = api(auditor), {"as_of": days_ago(5)}
    assert slugs(client.get(MODELS, {"data_source": "bureau"})) == []
    assert slugs(client.get(MODELS, {"data_source": "bureau"} | then)) == ["cards", "loans"]
    assert slugs(client.get(MODELS, {"vendor": "Acme & Sons"} | then)) == ["loans", "prices"]
    assert rows(client.get(SHARED)) == rows(client.get(SHARED, {"what": "vendor"})) == []
    assert rows(client.get(SHARED, then)) == [("Bureau", 2, 1)]
    assert rows(client.get(SHARED, {"what": "vendor"} | then)) == [("Acme & Sons", 2, 0)]
    assert rows(client.get(SHARED, {"what": "method_family"} | then)) == [("linear", 2, 0)]
    page = visit(auditor).get(reverse("shared"), then).text
    assert "as it stood on" in page and "data_source=Bureau&amp;as_of=" in page
    of_one = client.get(f"{MODELS}loans/dependencies/", then).json()["shared"]
    assert [(one["what"], one["models"]) for one in of_one] == [
        ("data source", ["cards"]), ("vendor", ["prices"]), ("family of methods", ["prices"])
    ]  # fmt: skip


def test_what_is_shared_elsewhere_is_not_told(api, auditor, stranger, sharing):
    make_model(name="Hidden", workspace=make_workspace(), vendor="Acme & Sons")
    assert rows(api(auditor).get(SHARED, {"what": "vendor"})) == [("Acme & Sons", 2, 0)]
    assert rows(api(stranger, workspace=stranger.grants.get().workspace).get(SHARED)) == []
