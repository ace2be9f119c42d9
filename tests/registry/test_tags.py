"""Tags of mrm: every attribute that is a single value, by the rules of the register and its words."""

import csv
from datetime import date
from decimal import Decimal

import pytest

from audits.trail.models import Action, Entry
from inventory.attributes import BY_NAME, COLUMNS, Kind, value_from_text
from inventory.models import Model
from mrm.accounts.policies import Role
from registry.contents.tagged import SAID_OTHERWISE, TYPED
from registry.models import ModelTag
from tests.factories import make_model
from tests.registry.conftest import refused, tags_of
from tests.registry.test_pages import signed_in

SET = "registered-models/set-tag"
# What no sample of its kind fits.
SAMPLES = {"developed_from": "2025-01-31", "developed_until": "2025-06-30", "retention_class": "Model record"}


def sample(name: str, person, other) -> str:
    attribute = COLUMNS[name]
    return (
        SAMPLES.get(name)
        or {
            Kind.TEXT: f"Said of {name}",
            Kind.CHOICE: attribute.choices[0] if attribute.choices else "",
            Kind.CHOICES: ", ".join(attribute.choices[:2]),
            Kind.TEXTS: 'Austria, "Bank, Vienna"',
            Kind.FLAG: "true",
            Kind.DATE: "2026-03-31",
            Kind.AMOUNT: "1200000.50",
            Kind.PERSON: person.email,
            Kind.MODEL: other.slug,
        }[attribute.kind]
    )


def test_every_attribute_is_set_read_found_and_emptied_by_its_tag(registry, risk_officer, owner, workspace):
    other = make_model(workspace=workspace, name="Its successor")
    client = registry(risk_officer)
    said = {tag: sample(attribute.name, owner, other) for tag, attribute in TYPED.items()}
    said["mrm.validator"] = risk_officer.email  # Neither owner nor developer validates.
    shown = tags_of(client.make_model("m", said))
    assert {tag: shown[tag] for tag in TYPED} == said
    assert {tag: tags_of(client.model("m"))[tag] for tag in TYPED} == said
    filter_text = " AND ".join(f"tags.`{tag}` = '{value}'" for tag, value in said.items())
    found = client.ask("registered-models/search", filter=filter_text)["registered_models"]
    assert [row["name"] for row in found] == ["m"]
    assert not client.ask("registered-models/search", filter="tags.`mrm.regions` != 'Austria, \"Bank, Vienna\"'")[
        "registered_models"
    ]
    model = Model.objects.get(name="m")
    assert (model.exposure_amount, model.exposure_on) == (Decimal("1200000.50"), date(2026, 3, 31))
    assert (model.legal_entities, model.successor) == (["Austria", "Bank, Vienna"], other)
    one_of_each_kind = {attribute.kind: tag for tag, attribute in TYPED.items() if tag != "mrm.owner"}
    for tag in one_of_each_kind.values():
        client.do("DELETE", "registered-models/delete-tag", name="m", key=tag)
    left = tags_of(client.model("m"))
    assert {tag for tag in TYPED if tag not in left} == set(one_of_each_kind.values())
    owner_stays = client.call("DELETE", "registered-models/delete-tag", {"name": "m", "key": "mrm.owner"})
    refused(owner_stays, 400, "INVALID_PARAMETER_VALUE", "a model needs this")


def test_a_tag_needs_the_role_that_the_page_and_the_api_need(client, registry, owner, engineer, api):
    client.make_model("m")
    tag = {"name": "m", "key": "mrm.validator", "value": owner.email}
    message = refused(client.call("POST", SET, tag), 403, "PERMISSION_DENIED", "risk officer")
    slug = Model.objects.get().slug
    body = api(engineer).patch(f"/api/v1/models/{slug}/", {"validator": owner.email}, format="json").json()
    assert body["detail"] in message
    pairs = [{"key": "mrm.retention_class", "value": "10 years"}]
    refused(client.call("POST", "registered-models/create", {"name": "n", "tags": pairs}), 403, "PERMISSION_DENIED")
    assert not Model.objects.filter(name="n").exists()
    registry(owner).do("POST", SET, name="m", key="mrm.sponsor", value=owner.email)
    assert Model.objects.get().sponsor == owner


MEANINGLESS = [
    ("mrm.exposure", "huge", "low, medium or high"),
    ("mrm.exposure_amount", "-5", "an amount such as"),
    ("mrm.exposure_amount", "NaN", "an amount such as"),
    ("mrm.exposure_on", "31.3.2026", "a date such as 2026-03-31"),
    ("mrm.regulatory_categories", "ecology", "must be some of"),
    ("mrm.regions", "Austria, austria", "names an entry twice"),
    ("mrm.regions", '"Austria', "quotation marks"),
    ("mrm.uses_machine_learning", "perhaps", "true or false"),
    ("mrm.developer", "nobody@nowhere.example", "Give the e-mail address"),
    ("mrm.successor", "no-such-model", "Give its slug"),
    ("mrm.developed_until", "2020-01-01", "a window ends after it begins"),
    ("mrm.vendor", "x" * 201, "at most 200 fit"),
    ("mrm.owner", "", "A model needs this"),
]


def test_a_tag_that_means_nothing_is_refused_with_its_name_and_the_remedy(client):
    client.make_model("m", {"mrm.developed_from": "2024-01-01", "mrm.exposure": "low"})
    before = client.model("m")
    for tag, value, words in MEANINGLESS:
        response = client.call("POST", SET, {"name": "m", "key": tag, "value": value})
        assert tag in refused(response, 400, "INVALID_PARAMETER_VALUE", words)
    assert client.model("m") == before


NO_FIELD = {
    "mrm.puprose": "Did you mean mrm.purpose?",
    "mrm.team": "another beginning",
    "mrm.residual_rating": "Residual rating follows from other things",
    "mrm.name": "rename the registered model",
    "mrm.description": "set the description",
    "mrm.framework": "give it when the version is registered",
}


def test_a_tag_of_mrm_that_fills_nothing_is_refused_not_kept(client):
    client.make_model("m")
    for tag, words in NO_FIELD.items():
        pairs = [{"key": tag, "value": "x"}]
        create = client.call("POST", "registered-models/create", {"name": "n", "tags": pairs})
        refused(create, 400, "INVALID_PARAMETER_VALUE", words)
        set_tag = client.call("POST", SET, {"name": "m", "key": tag, "value": "x"})
        assert tag in refused(set_tag, 400, "INVALID_PARAMETER_VALUE", words)
    assert not Model.objects.filter(name="n").exists() and not ModelTag.objects.exists()


def test_a_version_says_which_tags_of_mrm_are_its_own(client):
    client.make_model("m")
    for tag, words in {"mrm.framwork": "Did you mean mrm.framework?", "mrm.purpose": "the registered model"}.items():
        sent = {"name": "m", "source": "s3://b/p", "tags": [{"key": tag, "value": "x"}]}
        refused(client.call("POST", "model-versions/create", sent), 400, "INVALID_PARAMETER_VALUE", words)
        client.make_version("m")
        sent = {"name": "m", "version": "1", "key": tag, "value": "x"}
        refused(client.call("POST", "model-versions/set-tag", sent), 400, "INVALID_PARAMETER_VALUE", words)


def test_thousands_of_unknown_tags_are_refused_in_a_few_sentences(client):
    pairs = [{"key": f"mrm.made_up_{number}", "value": "x"} for number in range(5000)]
    response = client.call("POST", "registered-models/create", {"name": "n", "tags": pairs})
    assert len(refused(response, 400, "INVALID_PARAMETER_VALUE", "fills no field")) < 5000


def test_a_tag_kept_from_before_is_still_read_and_can_be_deleted(client):
    client.make_model("m")
    ModelTag.objects.create(model=Model.objects.get(), key="mrm.nickname", value="old")
    assert tags_of(client.model("m"))["mrm.nickname"] == "old"
    client.do("DELETE", "registered-models/delete-tag", name="m", key="mrm.nickname")
    assert "mrm.nickname" not in tags_of(client.model("m"))


def test_what_a_tag_changes_stands_in_the_history_of_the_attribute(client, engineer):
    client.make_model("m")
    client.do("POST", SET, name="m", key="mrm.platform", value="Vienna cluster")
    entry = Entry.objects.about(Model.objects.get()).filter(action=Action.MODEL_EDITED).get()
    assert entry.details["changes"] == {"platform": {"before": "", "after": "Vienna cluster"}}
    assert entry.actor_id == str(engineer.pk)


def test_an_ungoverned_workspace_shows_only_the_tags_that_somebody_set(ungoverned, client, owner):
    assert tags_of(client.make_model("plain", {"k": "v"})) == {"k": "v"}
    said = {"mrm.regions": "Austria", "mrm.affects_natural_persons": "true"}
    assert tags_of(client.make_model("typed", said)) == said


LISTS = [["Austria"], ["Bank, Vienna", "B"], ['a "quoted" one'], ["two\nlines", "c"], ["'", ";", "=1+1"], []]


def test_a_list_read_back_from_its_tag_is_the_same_list(client, workspace):
    for place, entries in enumerate(LISTS):
        make_model(workspace=workspace, name=f"m{place}", regions=entries)
        text = tags_of(client.model(f"m{place}")).get("mrm.regions", "")
        assert value_from_text(BY_NAME["regions"], text) == entries


def test_a_list_longer_than_a_line_of_csv_may_be_is_refused_in_words():
    with pytest.raises(ValueError, match="regions"):
        value_from_text(BY_NAME["regions"], "x" * (csv.field_size_limit() + 1))


def test_no_attribute_that_an_engineer_may_set_is_without_a_tag():
    settable = {f"mrm.{name}" for name, attribute in COLUMNS.items() if Role.ENGINEER in attribute.editors}
    assert settable <= TYPED.keys() | SAID_OTHERWISE.keys()


def test_the_tier_that_a_registrant_expects_is_shown_to_who_confirms_it_and_sets_none(client, api, risk_officer):
    client.make_model("m", tags={"mrm.tier_hint": "3"})
    model = Model.objects.get()
    assert (model.tier_hint, model.tier, model.tier_is_provisional) == ("3", 1, True)
    assert tags_of(client.model("m"))["mrm.tier_hint"] == "3"
    shown = api(risk_officer).get("/api/v1/models/m/tier/").json()
    assert (shown["tier_hint"], shown["tier"], shown["is_provisional"]) == ("3", 1, True)
    page = signed_in(risk_officer).get("/models/m/tier/").content.decode()
    assert "Expected by who registered it" in page
    for value in ("0", "4", "high"):
        answer = client.call("POST", SET, {"name": "m", "key": "mrm.tier_hint", "value": value})
        refused(answer, 400, "INVALID_PARAMETER_VALUE", "1, 2 or 3")
    client.do("DELETE", "registered-models/delete-tag", name="m", key="mrm.tier_hint")
    assert Model.objects.get().tier_hint == ""
