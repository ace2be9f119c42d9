"""What is said about a model row by row, as it stood: on the page, over REST, in exports, and between two days."""

import csv
import io
import json

import pytest
from django.urls import reverse

from inventory import policies
from inventory.contents.attributes import told_of
from inventory.contents.differences import differences
from inventory.contents.history import model_as_it_stood
from inventory.models import ModelRecord, Moment, Policy
from inventory.services import (
    add_particular,
    attach_document,
    edit_model,
    end_particular,
    propose_use,
    start_use,
)
from inventory.services.uses import restrict_use
from tests.factories import approve_for, make_model, make_policy, make_version, promote, take_back_approval
from tests.inventory.test_history import days_ago, let_days_pass

BEFORE, THEN = days_ago(15), days_ago(5)
ROWS = {
    "determinations": {"regime": "SR 26-2", "verdict": "model", "rationale": "It estimates."},
    "aliases": {"name": "PD-7", "system": "SAS"},
    "data_sources": {"name": "Bureau scores", "steward": "Data office"},
    "assumptions": {"text": "Rates stay positive."},
    "limitations": {"text": "Not for the self-employed.", "significance": "medium"},
    "expert_judgements": {"text": "The floor is 0.5 percent."},
}


@pytest.fixture
def model(workspace, owner):
    """Described ten days ago by a row of every kind; a use was approved then. Today everything ended."""
    model, upstream = make_model(name="Loans", owner=owner), make_model(name="House prices", owner=owner)
    said = ROWS | {
        "stakeholders": {"discipline": "legal", "person": owner},
        "upstream": {"upstream": upstream, "kind": "input", "criticality": "high"},
    }
    let_days_pass(10, model)  # Registered long before anything was said.
    rows = {name: add_particular(model, name, values=values, actor=None) for name, values in said.items()}
    rows["documents"] = attach_document(
        model, b"%PDF-1.7", values={"title": "Development report", "kind": "development"},
        filename="report.pdf", media_type="application/pdf", actor=None,
    )  # fmt: skip
    version = promote(make_version(model))
    use = propose_use(model, title="Pricing", actor=None)
    approval = approve_for(version, use, conditions=["Watched weekly."])
    start_use(use, actor=None)
    let_days_pass(10, model)
    for name, row in rows.items():
        end_particular(row, name, reason="No longer so.", actor=None)
    restrict_use(use, reason="Prices fell.")
    take_back_approval(approval, reason="Prices fell.", actor=None)
    return model


def stood(model, day, known_on=None):
    moment = Moment.of(day, known_on)
    return model_as_it_stood(ModelRecord.objects.standing(moment).filter(subject=model.pk).first(), moment)


def lines(model) -> dict[str, tuple[str, ...]]:
    return {one.attribute.name: one.lines for one in told_of(model, derived={})}


def test_every_kind_of_row_is_told_as_it_stood(model):
    before, then, now = (lines(stood(model, day)) for day in (BEFORE, THEN, days_ago(0)))
    for name in (*ROWS, "stakeholders", "upstream", "documents", "approved_uses", "conditions", "current_version"):
        assert then[name], name
        assert not before[name], name
    for name in (*ROWS, "stakeholders", "upstream", "documents", "approved_uses"):
        assert not now[name], name
    assert then["approved_uses"] == ("Pricing: version 1 (live)",)
    assert then["conditions"] == ("Watched weekly. – version 1 for Pricing",)


def test_what_ended_later_is_known_with_hindsight_only_from_the_day_it_ended(model):
    assert lines(stood(model, THEN, known_on=days_ago(0)))["limitations"]
    assert not lines(stood(model, BEFORE, known_on=days_ago(0)))["limitations"]


def test_whom_a_model_served_is_told_on_the_other_side_too(model):
    upstream = make_model(name="Not asked")
    row = add_particular(model, "upstream", values={"upstream": upstream, "kind": "input",
                                                    "criticality": "low"}, actor=None)  # fmt: skip
    let_days_pass(3, model)
    end_particular(row, "upstream", reason="Replaced.", actor=None)
    assert lines(stood(upstream, days_ago(1)))["downstream"] and not lines(stood(upstream, days_ago(0)))["downstream"]


def test_what_was_missing_on_a_past_day_is_asked_of_that_days_rows_and_policy(model):
    def missing(day):
        return {"limitations", "data_sources"} & set(stood(model, day).missing())

    assert missing(BEFORE) == missing(days_ago(0)) == {"limitations", "data_sources"} and not missing(THEN)
    first = Policy.objects.in_force()
    asks_nothing = first.document | {"completeness": {"required": {tier: [] for tier in policies.TIERS}}}
    make_policy(asks_nothing)
    assert missing(BEFORE) and not missing(days_ago(0))


def test_rest_and_page_tell_the_rows_of_the_day(api, visit, auditor, model):
    address = f"/api/v1/models/{model.slug}/attributes/"
    told = {one["name"]: one for one in api(auditor).get(address, {"as_of": THEN}).json()["attributes"]}
    assert told["limitations"]["value"][0]["text"] == "Not for the self-employed."
    assert told["next_due"]["kept"] and told["next_due"]["value"][0].startswith("Full revalidation on")
    told = {one["name"]: one for one in api(auditor).get(address).json()["attributes"]}
    assert told["limitations"]["missing"] and told["next_due"]["kept"]
    text = visit(auditor).get(reverse("model-as-of", args=[model.slug]), {"as_of": THEN}).text
    for line in ("Not for the self-employed. (medium)", "PD-7 (SAS)", "Development report", "Pricing"):
        assert line in text, line
    text = visit(auditor).get(reverse("model-as-of", args=[model.slug]), {"as_of": BEFORE}).text
    assert "self-employed" not in text and "Missing." in text


def test_the_list_says_what_was_missing_then(api, auditor, model):
    def missing(**asked):
        found = api(auditor).get("/api/v1/models/", asked).json()["results"]
        return "limitations" in next(one for one in found if one["slug"] == model.slug)["missing"]

    assert (missing(as_of=BEFORE), missing(as_of=THEN), missing()) == (True, False, True)


def test_exports_hold_the_rows_of_the_day(visit, auditor, model):
    def exported(**asked):
        answer = visit(auditor).get(reverse("register-json"), asked)
        models = json.loads(b"".join(answer.streaming_content))["models"]
        return next(one for one in models if one["slug"] == model.slug)

    then = exported(as_of=THEN)
    assert [row["text"] for row in then["limitations"]] == ["Not for the self-employed."]
    assert [row["upstream"] for row in then["upstream"]] == ["house-prices"]
    assert (then["versions"][0]["stage"], then["uses"][0]["state"]) == ("production", "live")
    assert (exported()["uses"][0]["state"], exported()["limitations"]) == ("restricted", [])
    assert (exported(as_of=BEFORE)["uses"], exported(as_of=BEFORE)["versions"]) == ([], [])
    answer = visit(auditor).get(reverse("register-csv"), {"as_of": THEN, "search": "loans", "ordering": "-name"})
    row, _ = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert row["limitations"] == "Not for the self-employed., medium"
    assert row["documents"].startswith("Development report, development")


def test_the_differences_of_two_days_name_every_row_that_came_or_went(api, auditor, model):
    def changes(since, until):
        found = differences(ModelRecord.objects.filter(subject=model.pk), Moment.of(since), Moment.of(until))
        return {(one.field, one.before, one.after) for one in found.shown[0].changes} if found.shown else set()

    came, went = changes(BEFORE, THEN), changes(THEN, days_ago(0))
    assert ("limitations", None, "Not for the self-employed. (medium)") in came
    assert ("limitations", "Not for the self-employed. (medium)", None) in went
    assert ("version 1", None, "production") in came and ("use 1", None, "Pricing") in came
    assert ("use 1: state", "live", "restricted") in went
    assert {field for field, *_ in came} >= {*ROWS, "stakeholders", "upstream", "documents", "approval"}
    assert not {one for one in changes(BEFORE, days_ago(0)) if one[0] in ROWS}, (
        "what came and went again differs in neither"
    )
    assert {(field, after, before) for field, before, after in came} == changes(THEN, BEFORE)
    asked = {"since": THEN, "until": days_ago(0), "kind": "changed"}
    body = api(auditor).get("/api/v1/register/differences/", asked).json()
    assert body["counts"]["changed"] == 1
    assert {"field": "aliases", "before": "PD-7 (SAS)", "after": None} in body["results"][0]["changes"]


def test_a_model_of_which_nothing_differs_is_no_difference(model):
    edit_model(model, changes={"purpose": model.purpose}, actor=None)
    assert differences(ModelRecord.objects.all(), Moment.of(days_ago(6)), Moment.of(days_ago(4))).total == 0
