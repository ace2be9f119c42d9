"""governance.md, 3.7: a change of what is in use is material or not, by criteria; a class only rises; steps add up."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest, Classification, ValidationRequest
from audits.workflows.services import confirm_class, open_due_reviews, request_change, why_not_decide
from audits.workflows.services.validations.content import digest_of_content
from audits.workflows.services.validations.scope import reread
from audits.workflows.states import ChangeState
from inventory.models import Model, Policy
from inventory.policies import MATERIAL, NON_MATERIAL, also_approved_by, review_after, standard, validation_opens_before
from inventory.services import add_particular
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from mrm.pages.wording import words
from tests.factories import (
    SCHEMA,
    make_batch,
    make_model,
    make_person,
    make_reference,
    make_rows,
    make_use,
    make_version,
    publish,
)
from tests.fixtures.story import approve
from tests.rest import post_json
from tests.signing import confirm_tier
from tests.workflows.validating import concluded, make_panel, opined, validated

PARAMS = {"depth": 2}


class Line:
    """A model whose versions score the same rows, each a little otherwise."""

    def __init__(self, model: Model, folder: Path):
        self.model, self.folder = model, folder

    @property
    def engineer(self) -> Person:
        return self.model.registered_by

    @property
    def deciders(self) -> list[Person]:
        return [Person.objects.get(grants__role=role) for role in (Role.VALIDATOR, Role.RISK_OFFICER)]

    def build(self, *, times: float = 1.0, rows: int = 120, schema=None, **facts):
        version = make_version(self.model, schema=schema, actor=self.engineer, **{"params": PARAMS} | facts)
        logged = make_rows(rows, repaid=None, seed=4)
        logged = logged.with_columns(
            score=(logged["score"] * times).clip(0, 1), approved=logged["score"] * times >= 0.5
        )
        make_reference(version, self.folder)
        make_batch(version, self.folder, rows=logged)
        return version

    def ask(self, version, **fields) -> ChangeRequest:
        return request_change("promotion", version, reason="Newer data.", actor=self.engineer, **fields)

    def put_into_use(self, version) -> ChangeRequest:
        change = self.ask(version)
        for person in self.deciders:
            approve(change, person)
        change.refresh_from_db()
        assert change.state == ChangeState.COMPLETED
        return change


@pytest.fixture(scope="module")
def told_line(database_of_the_file, django_db_blocker, tmp_path_factory) -> tuple[UUID, Path]:
    """Its first version is in use; every test begins there, and rolls back what it does."""
    with django_db_blocker.unblock():
        workspace = Workspace.objects.get(slug="main")
        roles = (Role.ENGINEER, Role.OWNER, Role.VALIDATOR, Role.RISK_OFFICER)
        people = {role: make_person(role, name=words(role).title(), workspace=workspace) for role in roles}
        document = Policy.objects.in_force().document
        document["promotion"]["required_assessments"] = []
        publish(document)
        model = make_model(name="Loans", owner=people[Role.OWNER], actor=people[Role.ENGINEER])
        model = confirm_tier(model, actor=people[Role.RISK_OFFICER])
        line = Line(model, tmp_path_factory.mktemp("line"))
        line.put_into_use(line.build())
        connections.close_all()
    return model.pk, line.folder


@pytest.fixture
def line(told_line, db) -> Line:
    key, folder = told_line
    return Line(Model.objects.get(pk=key), folder)


@pytest.fixture
def owner(line) -> Person:
    return line.model.owner


@pytest.fixture
def engineer(line) -> Person:
    return line.engineer


@pytest.fixture
def validator(line) -> Person:
    return line.deciders[0]


@pytest.fixture
def risk_officer(line) -> Person:
    return line.deciders[1]


def standings(compared: dict) -> dict:
    return {one["name"]: one["standing"] for one in compared["criteria"]}


def told(compared: dict, criterion: str) -> str:
    return next(one["told"] for one in compared["criteria"] if one["name"] == criterion)


def test_a_first_version_is_no_change_of_anything_and_has_no_class(line):
    assert not Classification.objects.exists()


def test_the_same_model_with_almost_the_same_output_is_a_non_material_change(line):
    found = line.ask(line.build(times=1.001)).classification
    assert (found.proposed, found.change_class) == (NON_MATERIAL, NON_MATERIAL)
    assert standings(found.step) == {
        "method": "same", "drivers": "same", "sources": "same", "target": "same", "uses": "same",
        "population": "within", "output": "within", "classes": "within",
    }  # fmt: skip
    assert found.step["effect"]["output"] == pytest.approx(0.001, abs=1e-4)
    assert not ValidationRequest.objects.exists()


@pytest.mark.parametrize(
    ("facts", "criterion", "words"),
    [
        ({"times": 1.07}, "output", "mean output moves by 7.0 %"),
        ({"params": {"depth": 3}}, "method", "depth 2 → 3"),
        ({"schema": [c | {"maximum": 1} if c["name"] == "debt_ratio" else c for c in SCHEMA]}, "drivers", "debt_ratio"),
        ({"schema": [c | {"favourable": False} if c["name"] == "repaid" else c for c in SCHEMA]}, "target", "repaid"),
    ],
    ids=["output", "method", "drivers", "target"],
)
def test_what_goes_beyond_a_criterion_is_a_material_change_and_says_by_which(line, facts, criterion, words):
    found = line.ask(line.build(**facts)).classification
    assert found.change_class == MATERIAL
    assert standings(found.step)[criterion] == "beyond"
    assert words in told(found.step, criterion)


def test_a_data_source_that_the_register_names_since_makes_a_change_material(line, owner):
    def source(name: str):
        add_particular(line.model, "data_sources", values={"name": name}, actor=owner)

    def sources_of(version) -> tuple[str, str]:
        step = line.ask(version).classification.step
        return standings(step)["sources"], told(step, "sources")

    source("Loan ledger")
    standing, words = sources_of(line.build())
    assert standing == "beyond" and "Loan ledger" in words, "it was not there when the version in use went into use"
    line.put_into_use(line.build())
    standing, words = sources_of(line.build())
    assert (standing, words) == ("same", "The register names what it named then: Loan ledger.")
    source("Land register")
    in_use = line.model.production_version()
    validation = validated(in_use, make_panel(line.model.workspace), kind="periodic_full", outcome="fit")
    assert sources_of(line.build())[0] == "same", "whoever validated it in full saw what it takes in"
    upstream = make_model(name="Income estimate")
    values = {"upstream": upstream, "kind": "input", "criticality": "high"}
    add_particular(line.model, "upstream", values=values, actor=owner)
    found = line.ask(line.build()).classification
    assert found.change_class == MATERIAL
    assert f"New since {validation.reference} validated {in_use} in full: " in told(found.step, "sources")
    assert "Income estimate" in told(found.step, "sources")


def test_a_use_that_nobody_approved_before_makes_a_change_material(line):
    use = make_use(line.model, title="Pricing", actor=line.engineer)
    found = line.ask(line.build(), terms={"uses": [str(use.number)]}).classification
    assert standings(found.step)["uses"] == "beyond"
    assert found.change_class == MATERIAL


def test_what_could_not_be_measured_says_so_and_counts_as_material(line):
    version = make_version(line.model, params=PARAMS, actor=line.engineer)
    make_reference(version, line.folder)
    found = line.ask(version).classification
    assert {name for name, standing in standings(found.step).items() if standing == "not_measured"} == {
        "output", "classes",
    }  # fmt: skip
    assert "Not measured: mean output: no scored rows" in told(found.step, "output")
    assert found.change_class == MATERIAL


def test_a_few_common_rows_measure_nothing(line):
    assert "only 12 rows" in told(line.ask(line.build(rows=12)).classification.step, "output")


def test_small_steps_are_judged_by_where_they_lead(line):
    line.put_into_use(line.build(times=1.03))
    found = line.ask(line.build(times=1.065)).classification
    assert standings(found.step)["output"] == "within"
    assert standings(found.cumulative)["output"] == "beyond"
    assert (found.step["baseline"], found.cumulative["baseline"]) == (2, 1)
    assert found.change_class == MATERIAL


def test_steps_whose_ends_nobody_scored_together_are_added_up(line):
    """The first version scored other rows than the third, so only the steps between tell how far it went."""
    line.put_into_use(line.build(times=1.03))
    bridge = line.model.versions.get(number=2)
    other = make_rows(120, repaid=None, seed=9, first_id=5000)
    make_batch(bridge, line.folder, rows=other)
    third = make_version(line.model, params=PARAMS, actor=line.engineer)
    make_reference(third, line.folder)
    make_batch(third, line.folder, rows=other.with_columns(score=(other["score"] * 1.04).clip(0, 1)))
    found = line.ask(third).classification
    assert standings(found.step)["output"] == "within"
    assert standings(found.cumulative)["output"] == "beyond"
    assert 0.07 <= found.cumulative["effect"]["output"] < 0.08


def test_a_material_change_asks_for_a_validation_by_itself_where_the_policy_says_so(line):
    change = line.ask(line.build(times=1.2))
    asked = ValidationRequest.objects.get()
    assert (asked.kind, asked.version, asked.requested_by) == ("change_triggered", change.version, None)
    assert change.reference in asked.trigger


def test_what_came_of_a_material_change_is_asked_for_once_half_a_year_later(line):
    change = line.put_into_use(line.build(times=1.2))
    opens = change.completed_at + review_after({}) - validation_opens_before({})
    assert open_due_reviews(opens - timedelta(days=1)) == 0
    assert open_due_reviews(opens + timedelta(days=1)) == 1
    review = ValidationRequest.objects.get(kind="post_implementation")
    assert review.due_on == (change.completed_at + review_after({})).date()
    assert "mean output moves by" in review.trigger
    assert open_due_reviews(opens + timedelta(days=2)) == 0


def test_what_came_of_a_change_that_is_not_material_is_asked_of_nobody(line):
    change = line.put_into_use(line.build(times=1.001))
    assert open_due_reviews(change.completed_at + timedelta(days=400)) == 0


def test_the_class_decides_who_approves(line):
    document = Policy.objects.in_force().document
    document["change_classes"]["also_approved_by"]["2"] = ["head_of_validation"]
    publish(document)
    assert line.ask(line.build(times=1.2)).roles_required == ["validator", "risk_officer", "head_of_validation"]
    assert line.ask(line.build(times=1.001)).roles_required == ["validator", "risk_officer"]


def test_a_policy_from_before_there_were_classes_is_read_as_the_standard_policy(line):
    assert also_approved_by({}, MATERIAL, 2) == []
    assert review_after({}).days == standard()["change_classes"]["review_after_days"]


def test_the_second_line_raises_a_class_and_nobody_lowers_it(line, validator):
    change = line.ask(line.build(times=1.001))
    with pytest.raises(RuleBroken, match="Say why"):
        confirm_class(change, change_class=MATERIAL, actor=validator)
    with pytest.raises(UnusableData):
        confirm_class(change, change_class="harmless", actor=validator)
    found = confirm_class(change, change_class=MATERIAL, remark="Another bureau.", actor=validator)
    assert (found.proposed, found.change_class, found.confirmed_by) == (NON_MATERIAL, MATERIAL, validator)
    assert ValidationRequest.objects.get().kind == "change_triggered"
    with pytest.raises(RuleBroken, match="only raised"):
        confirm_class(change, change_class=NON_MATERIAL, remark="After all.", actor=validator)
    assert Entry.objects.about(change).filter(action=Action.CHANGE_CLASS_RAISED).exists()


def test_a_raised_class_voids_what_was_signed_under_the_lower_one(line, validator, risk_officer):
    change = line.ask(line.build(times=1.001))
    approve(change, validator)
    confirm_class(change, change_class=MATERIAL, remark="Another bureau.", actor=risk_officer)
    approve(change, risk_officer)
    change.refresh_from_db()
    assert change.state == ChangeState.PENDING
    assert "classification" in change.decisions.get(person=validator).voided_because


def test_a_class_raised_where_more_people_must_approve_ends_the_request_and_stays_raised(line, validator):
    document = Policy.objects.in_force().document
    document["change_classes"]["also_approved_by"]["2"] = ["head_of_validation"]
    publish(document)
    change = line.ask(line.build(times=1.001))
    confirm_class(change, change_class=MATERIAL, remark="Another bureau.", actor=validator)
    change.refresh_from_db()
    assert (change.state, "head of validation" in change.outcome) == (ChangeState.WITHDRAWN, True)
    again = line.ask(change.version)
    assert (again.classification.change_class, again.roles_required[-1]) == (MATERIAL, "head_of_validation")


def test_who_asked_built_or_owns_does_not_say_whether_it_is_material(line, owner, engineer, auditor, administrator):
    change = line.ask(line.build(times=1.001))
    for person in (owner, engineer, auditor, administrator):
        with pytest.raises(NotPermitted):
            confirm_class(change, change_class=NON_MATERIAL, actor=person)


def test_a_second_officer_who_asked_for_it_does_not_classify_it(line, workspace):
    officer = make_person(Role.RISK_OFFICER, workspace=workspace)
    change = request_change("promotion", line.build(times=1.001), reason="Newer.", actor=officer)
    with pytest.raises(NotPermitted, match="asks for a change does not classify it"):
        confirm_class(change, change_class=NON_MATERIAL, actor=officer)


def test_a_class_proposed_against_a_version_that_is_no_longer_in_use_is_not_decided_on(line, validator):
    change, other = line.ask(line.build(times=1.001)), line.build(times=1.002)
    line.put_into_use(other)
    assert "withdraw it and ask again" in why_not_decide(change, person=validator)[0]


def test_the_database_lowers_no_class_and_keeps_what_it_was_proposed_by(line):
    found = line.ask(line.build(times=1.2)).classification
    for fields in ({"proposed": NON_MATERIAL, "change_class": NON_MATERIAL}, {"step": {}}):
        with pytest.raises(IntegrityError, match="only rises"), transaction.atomic():
            Classification.objects.filter(pk=found.pk).update(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Classification.objects.filter(pk=found.pk).delete()


def test_rest_raises_a_class_and_tells_it(line, api, validator, owner):
    change = line.ask(line.build(times=1.001))
    address, sent = f"/api/v1/changes/{change.reference}/class/", {"change_class": MATERIAL, "remark": "A new bureau."}
    assert post_json(api(owner), address, sent).status_code == 403
    told = post_json(api(validator), address, sent)
    assert told.status_code == 200
    assert told.json()["classification"]["change_class"] == MATERIAL
    assert told.json()["evidence"]["classification"]["step"]["baseline"] == 1
    assert post_json(api(validator), address, sent | {"change_class": NON_MATERIAL}).status_code == 409


def test_the_page_shows_the_class_to_all_and_lets_the_second_line_raise_it(line, validator, owner):
    change, client = line.ask(line.build(times=1.001)), Client()
    page, form = (reverse(name, args=[change.reference]) for name in ("change", "classify-change"))
    client.force_login(owner)
    shown = client.get(page).content.decode()
    assert "A non-material change" in shown and "Aggregate output" in shown and form not in shown
    assert client.get(form).status_code == 403
    assert client.post(form, {"change_class": MATERIAL, "remark": "Mine."}).status_code == 403
    client.force_login(validator)
    assert form in client.get(page).content.decode()
    assert client.get(form).status_code == 200
    assert client.post(form, {"change_class": MATERIAL, "remark": ""}).status_code == 409
    assert client.post(form, {"change_class": MATERIAL, "remark": "A new bureau."}).status_code == 302
    assert f"Raised by {validator}" in client.get(page).content.decode()


# Predicted and realised.


def test_a_review_after_a_material_change_says_what_came_of_it_beside_what_was_predicted(line, workspace):
    change = line.put_into_use(line.build(times=1.07))
    panel = make_panel(workspace)
    with pytest.raises(UnusableData, match="effect is missing"):
        validated(change.version, panel, kind="post_implementation")
    review = change.version.validations.get(kind="post_implementation")
    realised = {"effect": "A little less than was thought.", "output_percent": 6.1, "cases_percent": None}
    opinion = opined(review, panel, realised=realised)
    predicted = opinion.realised["predicted"]
    assert predicted["change"] == change.reference
    assert "mean output moves by 7.0" in predicted["told"] and 7.0 <= predicted["output_at_most_percent"] < 8.5
    assert {name: opinion.realised[name] for name in realised} == realised
    assert opinion.signature.statement["terms"]["realised"] == opinion.realised
    client = Client()
    client.force_login(panel.lead)
    shown = client.get(reverse("validation", args=[review.reference])).content.decode()
    assert "A little less than was thought." in shown and "mean output moves by 7.0" in shown


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e9], ids=["nan", "inf", "huge"])
def test_what_came_of_a_change_is_a_number_of_percent(line, workspace, number):
    change, panel = line.put_into_use(line.build(times=1.07)), make_panel(workspace)
    with pytest.raises(UnusableData, match="number of percent"):
        validated(change.version, panel, kind="post_implementation", realised={"effect": "x", "output_percent": number})


def test_only_a_review_after_a_change_says_what_came_of_it(line, workspace):
    with pytest.raises(UnusableData, match="Only a post-implementation review"):
        validated(line.model.production_version(), make_panel(workspace), kind="initial", realised={"effect": "x"})


def test_the_page_asks_the_lead_what_came_of_a_change_and_tells_what_was_predicted(line, workspace):
    change, panel = line.put_into_use(line.build(times=1.07)), make_panel(workspace)
    review = concluded(change.version, panel, kind="post_implementation")
    client, page = Client(), reverse("validation", args=[review.reference])
    client.force_login(panel.lead)
    shown = client.get(page).content.decode()
    assert "What came of the change" in shown and f"When {change.reference} was decided" in shown
    said = {"outcome": "fit", "summary": "Sound.", "content_digest": digest_of_content(reread(review))}
    address = reverse("give-opinion", args=[review.reference])
    assert client.post(address, said).status_code == 400
    signing = client.post(address, said | {"effect": "As predicted.", "output_percent": "6.8"})
    assert signing.status_code == 302
    assert "As predicted." in client.get(signing.url).content.decode()
