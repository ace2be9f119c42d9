"""Two people edit the same thing: the second is told, by page and over REST, and nothing that either typed is lost."""

import re

import pytest
from django.urls import reverse

from audits.workflows.models import Finding
from audits.workflows.services import draft_finding
from inventory.models import Model, Use
from inventory.services import edit_model, edit_use, propose_use
from tests.factories import PASSWORD, make_model
from tests.rest import is_problem, patch_json, post_json
from tests.signing import signed_on_page


@pytest.fixture
def model(workspace, owner):
    return make_model(name="Loans", owner=owner, purpose="Cards.", regions=["Austria"])


def sent_by(answer) -> dict:
    """What a browser would send of the form on a page, untouched."""
    form = answer.context["form"]
    values = {field.html_name: field.value() for field in form}
    values = {name: getattr(value, "pk", value) for name, value in values.items()}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


def test_a_conflicting_edit_on_a_page_keeps_both_values_and_is_saved_when_it_is_sent_again(visit, owner, model):
    client, address = visit(owner), reverse("edit-group", args=[model.slug, "purpose"])
    mine = sent_by(client.get(address)) | {"purpose": "Loans of mine.", "observed_uses": "Mine alone."}
    edit_model(model, changes={"purpose": "Theirs.", "users": ["Branches"]}, actor=None)
    refused = client.post(address, mine)
    assert refused.status_code == 412
    assert "Somebody else changed this since you opened it" in refused.text
    assert "Meanwhile somebody else entered “Theirs.”" in refused.text and "Loans of mine." in refused.text
    assert "now says what they entered: Users" in refused.text
    model.refresh_from_db()
    assert model.purpose == "Theirs."
    saved = client.post(address, sent_by(refused))
    assert saved.status_code == 302
    model.refresh_from_db()
    assert (model.purpose, model.observed_uses, model.users) == ("Loans of mine.", "Mine alone.", ["Branches"])


def test_what_both_typed_alike_is_no_contest_and_a_stranger_revision_takes_nothing_over(visit, owner, model):
    client, address = visit(owner), reverse("edit-group", args=[model.slug, "purpose"])
    mine = sent_by(client.get(address)) | {"purpose": "The same."}
    edit_model(model, changes={"purpose": "The same."}, actor=None)
    assert "Meanwhile" not in client.post(address, mine).text
    answer = client.post(address, mine | {"revision": 999, "observed_uses": "Mine."})
    assert answer.status_code == 412
    assert answer.context["form"]["observed_uses"].value() == "Mine."


def test_a_conflicting_edit_of_a_use_keeps_both_values(visit, owner, model):
    use = propose_use(model, title="Pricing", actor=None)
    client, address = visit(owner), reverse("edit-use", args=[model.slug, use.number])
    mine = sent_by(client.get(address)) | {"users": "Mine", "volume": "40 a day"}
    edit_use(use, changes={"users": "Theirs", "frequency": "Daily"}, actor=None)
    refused = client.post(address, mine)
    assert refused.status_code == 412
    assert "Meanwhile somebody else entered “Theirs”" in refused.text
    assert client.post(address, sent_by(refused)).status_code == 302
    use = Use.objects.get()
    assert (use.users, use.volume, use.frequency) == ("Mine", "40 a day", "Daily")


def test_a_tier_is_confirmed_only_as_it_was_read(visit, api, risk_officer, model):
    client, address = visit(risk_officer), reverse("confirm-tier", args=[model.slug])
    read = {"revision": client.get(address).context["confirmation"]["revision"].value()}
    tag = api(risk_officer).get(f"/api/v1/models/{model.slug}/").headers["ETag"]
    over_rest = f"/api/v1/models/{model.slug}/tier/confirmation/"
    signed = {"evidence_digest": api(risk_officer).get(over_rest).json()["evidence_digest"], "password": PASSWORD}
    edit_model(model, changes={"exposure": "high"}, actor=None)
    assert client.post(address, read).status_code == 412
    is_problem(post_json(api(risk_officer), over_rest, signed, **{"If-Match": tag}), 412)
    assert Model.objects.get().tier_is_provisional
    read = {"revision": client.get(address).context["confirmation"]["revision"].value()}
    assert signed_on_page(client, address, **read).status_code == 302
    assert not Model.objects.get().tier_is_provisional


def test_a_draft_finding_is_revised_only_as_it_was_read(api, validator, owner, model):
    written = {"severity": "low", "title": "Thin", "observation": "Few rows.", "required_outcome": "More rows."}
    draft = draft_finding(model, owner=owner, actor=validator, **written)
    client, address = api(validator), f"/api/v1/findings/{draft.reference}/"
    tag = client.get(address).headers["ETag"]
    first = patch_json(client, address, {"title": "Thinner"}, **{"If-Match": tag})
    assert first.status_code == 200
    is_problem(patch_json(client, address, {"title": "Thinnest"}, **{"If-Match": tag}), 412)
    assert Finding.objects.get().title == "Thinner"
    assert patch_json(client, address, {"title": "Thinnest"}, **{"If-Match": first.headers["ETag"]}).status_code == 200


def test_every_edit_over_rest_can_be_made_conditional(client, workspace):
    document = client.get("/api/schema/", {"format": "json"}).json()
    edits = {path: methods["patch"] for path, methods in document["paths"].items() if "patch" in methods}
    assert len(edits) >= 3
    for path, edit in edits.items():
        assert "412" in edit["responses"], path
        assert "If-Match" in {one["name"] for one in edit["parameters"]}, path
        assert re.search(r"\{\w+\}/$", path), "an edit is of one thing"
