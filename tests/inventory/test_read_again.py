"""What was sent is listed again: batches, outcomes, documents, surveys; people, for those who supervise them."""

import json
from datetime import timedelta

import pytest

from inventory.services import attach_document, receive_survey
from mrm.accounts.policies import Role
from tests.factories import make_batch, make_model, make_person, make_reference, make_version, make_workspace
from tests.inventory.sheets import make_csv
from tests.inventory.test_history import days_ago, let_days_pass
from tests.rest import is_problem


@pytest.fixture
def version(workspace, owner):
    return make_version(make_model(name="Loans", owner=owner))


def test_the_data_of_a_version_are_told_by_their_digests(api, auditor, engineer, stranger, version, tmp_path):
    address, client = f"/api/v1/models/{version.model.slug}/versions/{version.number}/", api(auditor)
    is_problem(client.get(f"{address}reference/"), 404)
    make_reference(version, tmp_path)
    batch = make_batch(version, tmp_path)
    assert client.get(f"{address}reference/").json()["sha256"] == version.reference.sha256
    [told] = client.get(f"{address}batches/").json()["results"]
    assert (told["id"], told["sha256"], told["rows"]) == (str(batch.pk), batch.sha256, batch.rows)
    late = (batch.last_at + timedelta(days=1)).date().isoformat()
    assert client.get(f"{address}batches/", {"first_since": late}).json()["results"] == []
    for part in ("reference/", "batches/"):
        is_problem(api(stranger, workspace=stranger.grants.get().workspace).get(f"{address}{part}"), 404)


def test_outcomes_are_listed_as_they_came(api, engineer, auditor, version, tmp_path):
    make_reference(version, tmp_path)
    make_batch(version, tmp_path)
    address = f"/api/v1/models/{version.model.slug}/outcomes/"
    sent = json.dumps({"columns": {"application": ["nobody"], "repaid": [1]}})
    answer = api(engineer).post(address, sent, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert api(auditor).get(address).json()["results"] == [answer.json()]


def test_documents_are_listed_by_kind_and_as_of_a_day(api, auditor, engineer, version):
    model = version.model
    let_days_pass(10, model)
    for title, kind in (("Paper", "other"), ("Report", "development")):
        values = {"kind": kind, "title": title}
        attach_document(
            model, title.encode(), filename=f"{title}.txt", media_type="text/plain", values=values, actor=engineer
        )

    def found(**asked):
        page = api(auditor).get(f"/api/v1/models/{model.slug}/documents/", asked).json()
        return [document["title"] for document in page["results"]]

    assert (found(), found(ordering="-title"), found(kind="other")) == (
        ["Paper", "Report"],
        ["Report", "Paper"],
        ["Paper"],
    )
    assert (found(search="report"), found(as_of=days_ago(5))) == (["Report"], [])


def test_surveys_are_listed_in_the_workspaces_one_works_in(api, engineer, stranger, workspace, owner, tmp_path):
    sheet = tmp_path / "sheet"
    sheet.write_bytes(make_csv(("Cards", owner.email, "Cards", "high", "yes")))
    survey = receive_survey(workspace, sheet, filename="cards.csv", actor=engineer)

    def found(person, **asked):
        client = api(person, workspace=person.grants.get().workspace)
        return [one["id"] for one in client.get("/api/v1/surveys/", asked).json()["results"]]

    assert found(engineer) == found(engineer, search="cards", state="checked") == [str(survey.pk)]
    assert found(engineer, state="imported") == found(stranger) == []


def test_who_works_here_is_told_to_those_who_supervise_people_only(api, auditor, engineer, validator):
    elsewhere = make_person(Role.VALIDATOR, name="Elsewhere", workspace=make_workspace("elsewhere"))

    def found(**asked):
        return {one["name"]: one for one in api(auditor).get("/api/v1/people/", asked).json()["results"]}

    assert found(role="validator").keys() == {validator.display_name, "Elsewhere"}
    [held] = found(search="elsewhere")["Elsewhere"]["roles"]
    assert (held["role"], held["workspace"], held["models"]) == ("validator", "elsewhere", [])
    assert found(kind="service") == found(state="closed") == {}
    for address in ("/api/v1/people/", f"/api/v1/people/{elsewhere.pk}/readings/"):
        is_problem(api(engineer).get(address), 403)
    addresses = [one["address"] for one in api(auditor).get(f"/api/v1/people/{auditor.pk}/readings/").json()["results"]]
    assert any(address.startswith("/api/v1/people/") for address in addresses)
