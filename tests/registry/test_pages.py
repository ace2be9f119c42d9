"""The page that says how to connect a client, and lets a risk officer set a workspace's rules."""

import pytest
from django.test import Client
from django.urls import reverse

from mrm.accounts.policies import Role
from registry.services import rules_of
from tests.factories import make_person, make_workspace


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_everybody_reads_how_to_connect_and_sees_only_their_own_workspaces(workspace, engineer, stranger):
    page = signed_in(engineer).get(reverse("registry")).text
    assert "/w/main" in page and "elsewhere" not in page and "MLFLOW_REGISTRY_URI" in page
    assert reverse("registry-rules", args=["main"]) not in page
    assert signed_in(stranger).get(reverse("registry-rules", args=["main"])).status_code == 404


def test_a_risk_officer_sets_the_rules_and_names_a_default_owner(workspace, risk_officer, owner):
    client, address = signed_in(risk_officer), reverse("registry-rules", args=["main"])
    assert 'name="is_governed"' in client.get(address).text and address in client.get(reverse("registry")).text
    assert client.post(address, {"default_owner": str(owner.pk)}).status_code == 302
    rules = rules_of(workspace)
    assert (rules.governed, rules.default_owner) == (False, owner)
    assert "ungoverned" in client.get(reverse("registry")).text


@pytest.mark.parametrize("name", ["engineer", "owner", "validator", "auditor"])
def test_others_are_refused_on_the_page_as_by_the_service(request, workspace, name):
    client = signed_in(request.getfixturevalue(name))
    assert client.post(reverse("registry-rules", args=["main"]), {}).status_code == 403
    assert rules_of(workspace).governed


def test_the_page_costs_few_queries_however_many_workspaces_there_are(workspace, django_assert_max_num_queries):
    person = make_person(Role.RISK_OFFICER)
    for _ in range(5):
        make_workspace()
    client = signed_in(person)
    with django_assert_max_num_queries(12):
        client.get(reverse("registry"))
