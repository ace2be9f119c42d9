"""How long documents are kept: by the class of the policy's schedule, from its event on, and during a hold."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from audits.workflows.contents.retention import retention_of
from inventory import policies
from inventory.models import Document, Model
from inventory.services import attach_document, edit_model, end_particular
from mrm.accounts.policies import Role
from mrm.errors import UnusableData
from tests.factories import make_model, make_person, make_policy
from tests.workflows.kinds import decided

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
    [row] = api(story.auditor).get(f"/api/v1/models/{story.model.slug}/attributes/documents/").json()["retention"]
    assert (row["until"], row["reason"], row["rule"]) == (None, told, "7 years from the day it was added")
    terms = {"hold": hold.reference, "ended": "The file is closed."}
    decided("hold_release", story.model, officer, story.auditor, terms=terms, actor=story.engineer)
    assert kept(story.model)["Monitoring record"][0] == years_after(added, 7)


def test_the_form_of_a_document_offers_the_classes_of_the_schedule(client, engineer, workspace):
    client.force_login(engineer)
    page = client.get(reverse("add-particular", args=[make_model().slug, "documents"])).text
    assert "Working paper: 3 years from the day it no longer holds" in page
    assert "None: 10 years from the retirement of the model" in page
