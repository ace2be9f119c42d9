"""How long documents are kept: by the class of the policy's schedule, from its event on, and during a hold."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from audits.workflows.contents.retention import record_kept, retention_of
from audits.workflows.models import Arrangement, ChangeRequest, Retirement
from inventory import policies
from inventory.models import Document, Model
from inventory.services import attach_document, edit_model, end_particular
from mrm.accounts.policies import Role
from mrm.errors import UnusableData
from tests.factories import make_model, make_otherwise, make_person, make_policy
from tests.inventory.test_history import days_ago, let_days_pass
from tests.workflows.kinds import decided

GENERAL = "10 years from the retirement of the model"
CLASSES = {"addition": "Monitoring record", "retirement": "Model record", "end": "Working paper"}


def attach(model: Model, named: str, actor=None) -> Document:
    values = {"title": named or "Plain", "kind": "development", "retention_class": named}
    file = {"filename": "a.txt", "media_type": "text/plain"}
    return attach_document(model, f"{named}.".encode(), values=values, actor=actor, **file)


def kept(model: Model) -> dict[str, tuple]:
    return {one.document.title: (one.until, one.reason) for one in retention_of(model)}


def years_after(moment: datetime, years: int) -> date:
    return policies.after_years(moment.date(), years)


def test_each_class_runs_from_its_own_event(workspace):
    model = make_model()
    documents = {event: attach(model, named) for event, named in CLASSES.items()}
    attach(model, "")
    found = kept(model)
    assert found["Monitoring record"][0] == years_after(documents["addition"].added_at, 7)
    assert found["Model record"] == found["Plain"] == (None, "Kept; the years run from the retirement of the model.")
    assert found["Working paper"] == (None, "Kept; the years run from the day it no longer holds.")
    end_particular(documents["end"], "documents", reason="Replaced.", actor=None)
    ended = Document.objects.get(pk=documents["end"].pk).ended_at
    assert kept(model)["Working paper"][0] == years_after(ended, 3)
    model.retired_at = datetime(2024, 2, 29, tzinfo=UTC)
    rule = policies.retention_rule(policies.standard(), "Model record")
    assert rule.ends_on(model.retired_at.date()) == date(2034, 3, 1)


def test_a_paper_that_held_until_its_model_was_retired_holds_no_longer(workspace):
    model = make_model()
    attach(model, CLASSES["end"])
    make_otherwise(model, status="retired", retired_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert kept(model)["Working paper"][0] == date(2029, 3, 1)


RETIRED = datetime(2026, 3, 1, tzinfo=UTC)
ARCHIVED = Retirement(change=ChangeRequest(reference="CR-2026-0001"), retained_until=date(2040, 1, 1))
HOLD = Arrangement(reference="L-2026-0001")
RECORDS = [
    ("", None, {}, None, "Kept while the model is not retired, and for 10 years from the retirement of the model."),
    (
        "Monitoring record",
        None,
        {},
        None,
        "Kept while the model is not retired, and for 7 years from the day it was "
        "added, never for less than 10 years from the retirement of the model.",
    ),
    ("Model record", RETIRED, {}, date(2036, 3, 1), "Model record: 10 years from the retirement of the model."),
    ("Working paper", RETIRED, {}, date(2036, 3, 1), "The general rule: 10 years from the retirement of the model."),
    ("Long", RETIRED, {}, date(2041, 3, 1), "Long: 15 years from the retirement of the model."),
    ("Old", RETIRED, {}, date(2050, 1, 1), "Old: 30 years from the day it was added."),
    ("For ever", RETIRED, {}, date(9999, 3, 1), "For ever: 9999 years from the retirement of the model."),
    ("Of no schedule", RETIRED, {}, date(2036, 3, 1), "The general rule: 10 years"),
    ("", RETIRED, {"archived": ARCHIVED}, date(2040, 1, 1), "As CR-2026-0001 says, which archived it."),
    ("Long", RETIRED, {"archived": ARCHIVED}, date(2041, 3, 1), "Long: 15 years from the retirement of the model."),
    ("", RETIRED, {"archived": ARCHIVED, "hold": HOLD}, None, "Not before L-2026-0001 is released"),
    ("", None, {"hold": HOLD}, None, "Not before L-2026-0001 is released"),
]


@pytest.mark.parametrize(("named", "retired_at", "more", "until", "reason"), RECORDS)
def test_the_record_of_a_model_goes_by_its_class_and_never_before_the_general_rule(
    named, retired_at, more, until, reason
):
    standard = policies.standard()
    others = [
        {"name": "Long", "years": 15, "from": "retirement"},
        {"name": "Old", "years": 30, "from": "addition"},
        {"name": "For ever", "years": 9999, "from": "retirement"},
    ]
    document = standard | {"retention": {"years": 10, "classes": standard["retention"]["classes"] + others}}
    model = Model(retention_class=named, retired_at=retired_at, registered_at=datetime(2020, 1, 1, tzinfo=UTC))
    found = record_kept(model, document, **{"hold": None, "archived": None} | more)
    assert found.until == until and found.reason.startswith(reason)


def test_until_when_a_record_is_kept_stands_on_page_and_over_rest_as_of_a_day_too(workspace, auditor, api, client):
    model = make_model(retention_class="Model record")
    let_days_pass(10, model)
    make_otherwise(model, status="retired", retired_at=RETIRED)
    address = f"/api/v1/models/{model.slug}/attributes/record_kept_until/"
    told = api(auditor).get(address).json()
    assert told["value"] == ["1 Mar 2036", "Model record: 10 years from the retirement of the model."]
    [row] = told["retention"]
    assert (row["document"], row["until"], row["retention_class"]) == (None, "2036-03-01", "Model record")
    client.force_login(auditor)
    page = client.get(reverse("model-attribute", args=[model.slug, "retention_class"])).text
    assert "from 1 Mar 2036" in page and "The record of the model" in page
    assert "1 Mar 2036" in client.get(reverse("model", args=[model.slug])).text
    then = api(auditor).get(f"/api/v1/models/{model.slug}/attributes/", {"as_of": days_ago(5)}).json()["attributes"]
    [then] = [one["value"] for one in then if one["name"] == "record_kept_until"]
    assert then[0] == "No day yet"


def test_a_class_that_the_schedule_does_not_know_is_refused_with_those_it_knows(workspace):
    with pytest.raises(UnusableData, match="Model record, Validation record, Monitoring record, Working paper"):
        attach(make_model(), "Lending, ten years")
    assert not Document.objects.exists()


def test_a_model_names_a_class_of_the_same_schedule_and_what_it_said_before_stays_readable(workspace, risk_officer):
    model = make_model()
    with pytest.raises(UnusableData, match="is no class of the retention schedule"):
        edit_model(model, changes={"retention_class": "Lending, ten years"}, actor=risk_officer)
    with pytest.raises(UnusableData, match="is no class of the retention schedule"):
        make_model(retention_class="Lending, ten years")
    edit_model(model, changes={"retention_class": "Model record"}, actor=risk_officer)
    Model.objects.filter(pk=model.pk).update(retention_class="Ten years, as before")
    edit_model(model, changes={"purpose": "Loans.", "retention_class": "Ten years, as before"}, actor=risk_officer)
    client, address = Client(), reverse("edit-group", args=[model.slug, "assurance"])
    client.force_login(risk_officer)
    form = client.get(address).context["form"]
    assert [value for value, _ in form.fields["retention_class"].choices] == [
        "", "Model record", "Validation record", "Monitoring record", "Working paper", "Ten years, as before",
    ]  # fmt: skip
    sent = {"revision": form.initial["revision"], "retention_class": "Working paper"}
    assert client.post(address, sent).status_code == 302
    model = Model.objects.get(pk=model.pk)
    assert (model.retention_class, model.purpose) == ("Working paper", "Loans.")


def test_under_an_older_policy_a_class_is_in_any_words_and_the_general_rule_counts(workspace):
    make_policy(policies.standard() | {"retention": {"years": 10}})
    model = make_model()
    attach(model, "Lending, ten years")
    assert kept(model)["Lending, ten years"] == (None, "Kept; the years run from the retirement of the model.")


def test_a_legal_hold_suspends_every_day_on_page_and_over_rest_until_it_is_released(story, api):
    added = attach(story.model, CLASSES["addition"], actor=story.engineer).added_at
    assert kept(story.model)["Monitoring record"][0] == years_after(added, 7)
    officer = make_person(Role.CHIEF_RISK_OFFICER, workspace=story.workspace)
    terms = {"matter": "Inquiry 7", "scope": "Everything."}
    change = decided("legal_hold", story.model, officer, story.auditor, terms=terms, actor=story.risk_officer)
    hold = change.arrangements.get()
    told = f"Not before {hold.reference} is released: the model is on legal hold."
    assert kept(story.model)["Monitoring record"] == (None, told)
    browser = Client()
    browser.force_login(story.auditor)
    assert told in browser.get(reverse("model-attribute", args=[story.model.slug, "documents"])).text
    for name, rule in (("documents", "7 years from the day it was added"), ("record_kept_until", GENERAL)):
        [row] = api(story.auditor).get(f"/api/v1/models/{story.model.slug}/attributes/{name}/").json()["retention"]
        assert (row["until"], row["reason"], row["rule"]) == (None, told, rule)
    terms = {"hold": hold.reference, "ended": "The file is closed."}
    decided("hold_release", story.model, officer, story.auditor, terms=terms, actor=story.engineer)
    assert kept(story.model)["Monitoring record"][0] == years_after(added, 7)


def test_the_form_of_a_document_offers_the_classes_of_the_schedule(client, engineer, workspace):
    client.force_login(engineer)
    page = client.get(reverse("add-particular", args=[make_model().slug, "documents"])).text
    assert "Working paper: 3 years from the day it no longer holds" in page
    assert "None: 10 years from the retirement of the model" in page
