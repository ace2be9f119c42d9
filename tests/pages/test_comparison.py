"""Two versions side by side, on a page and over REST: what differs, what cannot be compared, and who may look."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from audits.workflows.contents.comparison import compare
from audits.workflows.services import raise_finding
from tests.factories import SCHEMA, make_batch, make_model, make_outcomes, make_rows, make_version

ADDRESS = "/api/v1/models/{}/versions/{}/comparison/"


@pytest.fixture
def versions(workspace, tmp_path):
    """The second changes a parameter, a column and the threshold; both scored the same ten rows."""
    model = make_model(name="Loans")
    first = make_version(model, params={"depth": 2, "eta": 0.1}, metrics={"auc": 0.7})
    bounded = [column | {"minimum": -1} if column["name"] == "debt_ratio" else column for column in SCHEMA]
    second = make_version(model, params={"depth": 3, "eta": 0.1}, schema=bounded)
    make_batch(first, tmp_path, rows=make_rows(10, repaid=None))
    make_batch(second, tmp_path, rows=generous(repaid=None))
    return first, second


def generous(**columns):
    """The same ten rows, approved from half the score on."""
    rows = make_rows(10, **columns)
    return rows.with_columns(approved=rows["score"] >= 0.25)


def section(comparison, name):
    return next(one for one in comparison.sections if one.name == name)


def test_facts_that_differ_are_told_apart_from_those_that_do_not(versions):
    found = compare(*versions)
    parameters = section(found, "parameters")
    assert [(one.name, one.before, one.after, one.differs) for one in parameters.facts] == [
        ("depth", 2, 3, True),
        ("eta", 0.1, 0.1, False),
    ]
    assert [one.name for one in parameters.narrowed().facts] == ["depth"]
    assert [one.name for one in section(found, "schema").narrowed().facts] == ["debt_ratio"]
    assert "-1 to any" in section(found, "schema").narrowed().facts[0].after
    assert ("auc", 0.7, None) in [(one.name, one.before, one.after) for one in section(found, "stated").facts]


def test_what_was_measured_of_neither_says_so(versions):
    found = compare(*versions)
    assert section(found, "drift").notes == [f"{version} has no drift assessment with results." for version in versions]
    assert "measured for neither" in section(found, "reason_codes").notes[0]


def test_the_swap_set_counts_whom_the_two_decide_differently(versions, tmp_path):
    first, second = versions
    make_outcomes(first.model, tmp_path, rows=make_rows(10).select("application", "repaid"))
    rows, found = make_rows(10), compare(first, second).swap_set
    swapped_in = rows.filter(rows["score"].is_between(0.25, 0.5, closed="left"))
    assert found.detail["swapped_in"] == swapped_in.height > 0
    assert found.value == pytest.approx(swapped_in.height / 10)
    assert found.detail["swapped_out"] == 0 and found.detail["labelled"] == 10
    assert found.detail["swapped_in_rate"] == pytest.approx(swapped_in["repaid"].cast(float).mean())


@pytest.mark.parametrize("lacking", ["rows", "decision", "id"])
def test_a_swap_set_that_cannot_be_had_says_why(lacking, versions):
    first = versions[0]
    gone = {"rows": (), "decision": ("prediction",), "id": ("id",)}[lacking]
    schema = [column for column in SCHEMA if column["role"] not in gone]
    found = compare(first, make_version(first.model, schema=schema, decision_threshold=None)).swap_set
    told = {"rows": "no scored rows", "decision": "neither tells what was decided", "id": "carry no id"}[lacking]
    assert found.value is None and told in found.reason


@pytest.mark.parametrize(
    ("prediction", "why"),
    [
        ({"kind": "numeric"}, "predicts a number and decides nothing"),
        ({"kind": "categorical"}, "does not list the categories of approved"),
    ],
    ids=["number", "unlisted"],
)
def test_what_decides_nothing_that_could_be_told_is_no_swap_set(prediction, why, versions):
    first = versions[0]
    schema = [one for one in SCHEMA if one["name"] not in ("score", "approved")]
    schema.append({"name": "approved", "role": "prediction", **prediction})
    found = compare(first, make_version(first.model, schema=schema, decision_threshold=None)).swap_set
    assert found.value is None and why in found.reason


def test_rows_of_different_times_were_scored_by_neither_together(versions, tmp_path):
    earlier = make_version(versions[0].model)
    make_batch(earlier, tmp_path, rows=make_rows(5, repaid=None, start=datetime(2020, 1, 1, tzinfo=UTC)))
    assert "none were scored by both" in compare(versions[0], earlier).swap_set.reason


def test_findings_of_either_version_and_of_the_model_are_told(versions, validator):
    first, second = versions
    said = {"severity": "low", "observation": "O.", "required_outcome": "R.", "actor": validator}
    raise_finding(first.model, version=first, title="Of the first", **said)
    raise_finding(first.model, title="Of both", **said)
    found = section(compare(first, second), "findings")
    assert [(one.before, one.after) for one in found.facts] == [("issued", None), ("issued", "issued")]


def test_the_page_shows_differences_and_on_request_everything(visit, auditor, versions):
    client, address = visit(auditor), reverse("compare-versions", args=["loans"])
    page = client.get(address).text
    assert "depth" in page and ">eta<" not in page and "are decided differently" in page
    everything = client.get(address, {"before": 2, "after": 1, "show": "everything"}).text
    assert ">eta<" in everything and 'class="differs"' in everything


def test_a_model_with_one_version_has_nothing_to_compare_and_a_wrong_number_is_refused(visit, auditor, workspace):
    make_version(make_model(name="Single"))
    address = reverse("compare-versions", args=["single"])
    assert "There are not two versions yet" in visit(auditor).get(address).text
    assert visit(auditor).get(address, {"before": 1, "after": 7}).status_code == 400


def test_a_stranger_finds_no_comparison(visit, stranger, versions):
    assert visit(stranger).get(reverse("compare-versions", args=["loans"])).status_code == 404


def test_programs_get_the_same(api, auditor, versions):
    answer = api(auditor).get(ADDRESS.format("loans", 2), {"with": 1})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["before"], body["after"]) == (1, 2)
    facts = {one["name"]: one for part in body["sections"] for one in part["facts"]}
    assert (facts["depth"]["before"], facts["depth"]["after"], facts["depth"]["differs"]) == (2, 3, True)
    assert body["swap_set"]["sizes"] == {"rows": 10}
    narrow = api(auditor).get(ADDRESS.format("loans", 2), {"with": 1, "only_differences": "true"}).json()
    assert all(one["differs"] for part in narrow["sections"] for one in (*part["facts"], *part["measures"]))


def test_programs_are_told_what_is_wrong_with_their_question(api, auditor, stranger, versions):
    client = api(auditor)
    assert client.get(ADDRESS.format("loans", 2)).status_code == 400
    assert client.get(ADDRESS.format("loans", 2), {"with": 9}).status_code == 404
    outside = api(stranger, workspace=stranger.grants.get().workspace)
    assert outside.get(ADDRESS.format("loans", 2), {"with": 1}).status_code == 404
