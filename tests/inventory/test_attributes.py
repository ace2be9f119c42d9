"""The 58 attributes: typed, each changed by whom it concerns, told from and to, and asked for by the policy."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory import policies
from inventory.attributes import (
    ATTRIBUTES,
    BY_NAME,
    COLUMNS,
    Kind,
    Unreadable,
    fault_in,
    value_from_text,
    values_from_tags,
    why_not_change,
)
from inventory.contents.attributes import told_of
from inventory.contents.histories import history_of
from inventory.models import Model
from inventory.services import edit_model, register_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_model, make_person, make_workspace, publish


def test_all_58_are_there_in_their_order_and_named_once():
    numbers = [attribute.number for attribute in ATTRIBUTES]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 59))
    assert len(BY_NAME) == len(ATTRIBUTES)


def test_somebody_may_change_each_attribute_that_is_not_derived():
    for attribute in ATTRIBUTES:
        assert bool(attribute.editors) == (attribute.kind != Kind.DERIVED), attribute.name


def test_every_attribute_of_one_value_is_a_column_that_fits_it(db):
    for name, attribute in COLUMNS.items():
        column = Model._meta.get_field(name)
        if attribute.kind == Kind.TEXT and not attribute.is_long:
            assert column.max_length == attribute.longest, name
        if attribute.kind == Kind.CHOICE:
            assert max(map(len, attribute.choices)) <= column.max_length, name


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("name", "x" * 201, "at most 200"),
        ("name", 5, "a text"),
        ("purpose", "a\x00b", "NUL"),
        ("purpose", "\ud800", "half of a character"),
        ("model_type", "magic", "classification, regression"),
        ("model_type", ["rules"], "or empty"),
        ("regions", "Austria", "list of texts"),
        ("regions", ["Austria", "austria"], "twice"),
        ("regions", [" "], "empty entry"),
        ("regions", ["x" * 201], "at most 200"),
        ("regions", [str(number) for number in range(51)], "at most 50"),
        ("regulatory_categories", ["alchemy"], "some of"),
        ("learns_in_use", "yes", "true, false"),
        ("exposure_on", "2026-01-01", "a date"),
        ("exposure_amount", Decimal("-1"), "from 0 up"),
        ("exposure_amount", Decimal("1.005"), "two decimals"),
        ("exposure_amount", Decimal("NaN"), "from 0 up"),
        ("exposure_amount", Decimal("1e16"), "from 0 up"),
    ],
)
def test_a_value_of_another_type_is_refused_in_words(name, value, says):
    assert says in fault_in(BY_NAME[name], value)


def test_what_is_derived_is_changed_by_nobody_and_the_class_under_the_ai_act_by_risk_officers_only():
    assert "follows from" in why_not_change(BY_NAME["status"], set(Role))
    assert why_not_change(BY_NAME["ai_act_class"], {Role.OWNER}) == (
        "Class under the AI Act is changed by a person who is risk officer here."
    )
    assert not why_not_change(BY_NAME["ai_act_class"], {Role.RISK_OFFICER})


def test_who_may_not_change_one_attribute_is_told_which_and_who_may(workspace, engineer, risk_officer):
    model = make_model()
    with pytest.raises(NotPermitted) as refusal:
        edit_model(model, changes={"platform": "k8s", "ai_act_class": "minimal", "sponsor": engineer}, actor=engineer)
    assert [reason.partition(" is changed by")[0] for reason in refusal.value.reasons] == [
        "Class under the AI Act",
        "Accountable executive",
    ]
    assert edit_model(model, changes={"ai_act_class": "minimal"}, actor=risk_officer).ai_act_class == "minimal"


def test_nobody_registers_a_model_with_what_they_may_not_say(workspace, owner, engineer):
    with pytest.raises(NotPermitted, match="Validator"):
        register_model(workspace, name="Churn", owner=owner, validator=owner, actor=engineer)
    assert register_model(workspace, name="Churn", owner=owner, validator=None, ai_act_class="", actor=engineer)


def test_every_kind_of_value_is_kept_and_told_from_and_to(workspace, owner, risk_officer):
    model, other = make_model(owner=owner), make_model()
    said = {
        "regions": ["Austria", "Czechia"],
        "learns_in_use": False,
        "exposure_amount": Decimal("1200000.50"),
        "exposure_on": date(2026, 3, 31),
        "sponsor": risk_officer,
        "successor": other,
        "regulatory_categories": ["fair_lending"],
        "method_family": "linear",
        "prohibited_uses": "Collection.",
    }
    edit_model(model, changes=said, actor=risk_officer)
    model.refresh_from_db()
    assert {name: getattr(model, name) for name in said} == said
    changes = Entry.objects.get(action=Action.MODEL_EDITED).details["changes"]
    assert changes["exposure_on"] == {"before": None, "after": "2026-03-31"}
    assert changes["exposure_amount"]["after"] == "1200000.50"
    [change] = history_of(model, BY_NAME["sponsor"])
    assert (change.by, change.before, change.after) == (risk_officer.display_name, "", risk_officer.display_name)
    assert [change.after for change in history_of(model, BY_NAME["successor"])] == [other.name]


def test_the_history_of_an_attribute_begins_with_its_registration(workspace, engineer):
    model = make_model(purpose="First.", actor=engineer)
    edit_model(model, changes={"purpose": "Second."}, actor=engineer)
    edit_model(model, changes={"purpose": "x" * 5000}, actor=engineer)
    newest, second, first = history_of(model, BY_NAME["purpose"])
    assert (first.before, first.after) == (None, "First.")
    assert (second.before, second.after) == ("First.", "Second.")
    assert (newest.before, newest.after) == ("Second.", "x" * 5000)


def test_the_history_tells_longer_texts_in_full_however_often_they_changed(workspace, engineer):
    texts = [letter * 300 for letter in "abca"]
    model = make_model(purpose=texts[0])
    for text in texts[1:]:
        edit_model(model, changes={"purpose": text}, actor=engineer)
    assert [change.after for change in history_of(model, BY_NAME["purpose"])] == texts[::-1]


def test_a_change_that_was_entered_late_tells_since_when_it_holds(workspace, engineer):
    model = make_model(purpose="First.")
    today = timezone.now().date()
    edit_model(model, changes={"purpose": "Second."}, effective_on=today, actor=engineer)
    newest, first = history_of(model, BY_NAME["purpose"])
    assert (newest.effective_on, first.effective_on) == (today, None)


def test_blanks_around_a_line_are_no_difference(workspace, engineer):
    model = make_model(regions=["Austria"])
    assert edit_model(model, changes={"regions": [" Austria "], "vendor": " "}, actor=engineer).revision == 1


def test_the_validator_has_no_other_part_in_the_model(workspace, owner, engineer, risk_officer):
    model = make_model(owner=owner)
    with pytest.raises(RuleBroken, match="is the owner"):
        edit_model(model, changes={"validator": owner}, actor=risk_officer)
    with pytest.raises(RuleBroken, match="is the developer"):
        edit_model(model, changes={"validator": engineer, "developer": engineer}, actor=risk_officer)


def test_only_people_who_can_sign_in_are_named(workspace, risk_officer):
    robot = make_person(Role.ENGINEER, kind=Person.Kind.SERVICE)
    with pytest.raises(UnusableData) as refusal:
        edit_model(make_model(), changes={"developer": robot}, actor=risk_officer)
    assert refusal.value.errors[0]["field"] == "developer"


def test_a_successor_is_another_model_of_the_same_workspace(workspace, owner):
    model = make_model(owner=owner)
    with pytest.raises(RuleBroken, match="its own successor"):
        edit_model(model, changes={"successor": model}, actor=owner)
    with pytest.raises(RuleBroken, match="another workspace"):
        edit_model(model, changes={"successor": make_model(workspace=make_workspace())}, actor=owner)


def test_a_development_window_ends_after_it_begins(workspace, engineer):
    window = {"developed_from": date(2026, 1, 1), "developed_until": date(2025, 1, 1)}
    with pytest.raises(UnusableData) as refusal:
        edit_model(make_model(), changes=window, actor=engineer)
    assert refusal.value.errors[0]["field"] == "developed_until"
    with pytest.raises(IntegrityError, match="development_ends_after_it_begins"), transaction.atomic():
        Model.objects.update(**window)
    with pytest.raises(IntegrityError, match="model_type_is_known"), transaction.atomic():
        Model.objects.update(model_type="magic")


def test_the_policy_asks_for_more_the_higher_the_tier_and_a_no_is_an_answer(workspace, standard_document):
    strict, lax = make_model(complexity="high", exposure="high"), make_model(complexity="low")
    assert (strict.tier, lax.tier) == (1, 3)
    assert "sponsor" in strict.missing() and "sponsor" not in lax.missing()
    standard_document["completeness"]["required"]["3"] = ["uses_machine_learning", "regions"]
    publish(standard_document)
    assert lax.missing() == ["uses_machine_learning", "regions", "tier confirmation"]
    edit_model(lax, changes={"uses_machine_learning": False}, actor=None)
    lax.refresh_from_db()
    assert lax.missing() == ["regions", "tier confirmation"]


def test_registration_asks_for_nothing_more_unless_the_policy_says_so(workspace, owner, standard_document):
    register_model(workspace, name="Churn", owner=owner, actor=owner)
    standard_document["completeness"]["required_to_register"] = ["purpose", "regions"]
    publish(standard_document)
    with pytest.raises(UnusableData) as refusal:
        register_model(workspace, name="Limits", owner=owner, actor=owner)
    assert [error["field"] for error in refusal.value.errors] == ["purpose", "regions"]
    assert register_model(workspace, name="Limits", owner=owner, purpose="Sets limits.", regions=["AT"], actor=owner)


def test_nobody_is_refused_for_what_an_older_policy_asked_for(workspace, owner, standard_document):
    lax = json.loads(json.dumps(standard_document))
    standard_document["completeness"]["required_to_register"] = ["purpose"]
    publish(standard_document)
    assert register_model(workspace, name="Limits", owner=owner, purpose="Sets limits.", actor=owner)
    publish(lax)
    assert register_model(workspace, name="Churn", owner=owner, actor=owner)


def test_a_policy_that_asks_for_what_does_not_exist_is_refused(workspace, standard_document):
    standard_document["completeness"]["required"]["1"] = ["favourite_colour"]
    with pytest.raises(UnusableData, match="completeness.required.1"):
        publish(standard_document)


def test_an_older_policy_without_the_section_asks_for_what_the_standard_asks():
    document = {"title": "Older"}
    assert policies.required_attributes(document, 3) == policies.required_attributes(policies.standard(), 3)
    assert policies.required_to_register(document) == []


def test_every_attribute_is_told_with_what_is_missing(workspace):
    told = {one.attribute.name: one for one in told_of(make_model(complexity="high", exposure="high"), derived={})}
    assert told.keys() == BY_NAME.keys()
    assert told["purpose"].lines == ("Decides on instalment loans.",)
    assert told["sponsor"].is_missing and told["sponsor"].lines == ()
    assert told["tier"].lines == ("Tier 1, provisional",)


def test_tags_fill_typed_fields_and_what_means_nothing_is_named():
    tags = {
        "mrm.purpose": "Pricing.",
        "mrm.regions": "Austria, Czechia",
        "mrm.learns_in_use": "No",
        "mrm.exposure_amount": "1200000.5",
        "mrm.exposure_on": "2026-03-31",
        "mrm.owner": "omar@bank.example",
        "mrm.model_type": "Classification",
        "mrm.tier_hint": "2",
        "team": "risk",
        "mrm.developed_from": "last year",
        "mrm.reliance": "total",
        "mrm.uses_machine_learning": "perhaps",
        "mrm.status": "in_use",
    }
    values, errors = values_from_tags(tags)
    assert values == {
        "purpose": "Pricing.",
        "regions": ["Austria", "Czechia"],
        "learns_in_use": False,
        "exposure_amount": Decimal("1200000.5"),
        "exposure_on": date(2026, 3, 31),
        "owner": "omar@bank.example",
        "model_type": "classification",
        "tier_hint": "2",
    }
    assert [error["field"] for error in errors] == [
        "mrm.developed_from",
        "mrm.reliance",
        "mrm.uses_machine_learning",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("exposure_amount", "NaN"),
        ("exposure_amount", "1e999999999"),
        ("exposure_amount", "-1"),
        ("exposure_amount", "1_000"),
        ("exposure_amount", "1.000"),
        ("exposure_amount", "1,000"),
        ("exposure_amount", "٣"),
        ("exposure_on", "31.3."),
    ],
)
def test_a_hostile_text_is_no_value(name, text):
    with pytest.raises(Unreadable):
        value_from_text(BY_NAME[name], text)


def test_the_table_is_plain_enough_to_be_sent_anywhere():
    assert json.dumps([[one.number, one.name, one.kind, sorted(one.editors)] for one in ATTRIBUTES])
