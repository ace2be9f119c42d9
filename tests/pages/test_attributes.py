"""A model's entry on its pages: group by group, what is missing, who may change it, what it said before."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory.attributes import ATTRIBUTES, Group
from inventory.models import Document, Statement
from tests.factories import make_model, make_version, promote, publish


@pytest.fixture
def model(workspace, owner):
    return make_model(name="Loans", owner=owner, exposure="high", complexity="high")


def test_the_overview_says_plainly_what_is_missing_and_links_to_its_field(visit, engineer, auditor, model):
    page = visit(engineer).get(reverse("model", args=[model.slug])).text
    assert "19 of what the policy asks for are missing." in page
    assert reverse("edit-group", args=[model.slug, "people"]) + "#id_sponsor" in page
    read = visit(auditor).get(reverse("model", args=[model.slug])).text
    assert "Missing." in read and "#id_sponsor" not in read


@pytest.mark.parametrize("group", list(Group))
def test_every_group_has_a_form_that_can_be_saved_as_it_is(visit, risk_officer, model, group):
    client, address = visit(risk_officer), reverse("edit-group", args=[model.slug, group])
    form = client.get(address).context["form"]
    sent = {field.html_name: field.value() for field in form if field.value() not in (None, [], False)}
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.context["form"].errors
    model.refresh_from_db()
    assert model.revision == 1


def test_what_is_said_in_a_form_is_kept_by_its_type(visit, risk_officer, model):
    client, address = visit(risk_officer), reverse("edit-group", args=[model.slug, "classification"])
    sent = {
        "revision": 1,
        "model_type": "classification",
        "methodology": model.methodology,
        "uses_machine_learning": "False",
        "regulatory_categories": ["fair_lending", "employment"],
    }
    assert client.post(address, sent).headers["Location"].endswith("#classification")
    assert client.post(
        reverse("edit-group", args=[model.slug, "identity"]),
        {"revision": 2, "name": "Loans", "regions": "Austria\r\n\r\n Czechia "},
    )
    model.refresh_from_db()
    assert (model.uses_machine_learning, model.learns_in_use) == (False, None)
    assert model.regulatory_categories == ["fair_lending", "employment"]
    assert model.regions == ["Austria", "Czechia"]


def test_what_somebody_may_not_change_is_shown_and_stays(visit, engineer, model):
    address = reverse("edit-group", args=[model.slug, "people"])
    client = visit(engineer)
    assert "is changed by a person who is owner or risk officer here" in client.get(address).text
    sent = {"revision": 1, "owner": model.owner_id, "developer": engineer.pk, "sponsor": engineer.pk,
            "business_unit": model.business_unit}  # fmt: skip
    assert client.post(address, sent).status_code == 302
    model.refresh_from_db()
    assert (model.developer, model.sponsor) == (engineer, None)


def test_a_fault_comes_back_at_its_field_with_the_rest_kept(visit, engineer, model):
    address = reverse("edit-group", args=[model.slug, "construction"])
    answer = visit(engineer).post(
        address,
        {"revision": 1, "developed_from": "2026-01-01", "developed_until": "2025-01-01", "platform": "Mainframe"},
    )
    assert answer.status_code == 422
    assert 'id="id_developed_until_error"' in answer.text and "Mainframe" in answer.text


def test_who_may_not_edit_gets_no_form_that_works(visit, auditor, stranger, model):
    address = reverse("edit-group", args=[model.slug, "purpose"])
    assert visit(auditor).post(address, {"revision": 1, "purpose": "Mine."}).status_code in (302, 403)
    model.refresh_from_db()
    assert model.purpose == "Decides on instalment loans."
    assert visit(stranger).get(address).status_code == 404
    assert visit(auditor).get(reverse("edit-group", args=[model.slug, "nonsense"])).status_code == 404


def test_an_attribute_tells_its_history(visit, auditor, engineer, model):
    client = visit(engineer)
    client.post(reverse("edit-group", args=[model.slug, "purpose"]), {"revision": 1, "purpose": "Prices loans."})
    page = visit(auditor).get(reverse("model-attribute", args=[model.slug, "purpose"])).text
    assert "Prices loans." in page and "Decides on instalment loans." in page and engineer.display_name in page
    assert visit(auditor).get(reverse("model-attribute", args=[model.slug, "nonsense"])).status_code == 404


def test_every_attribute_has_a_page(visit, auditor, model):
    promote(make_version(model, artifact_sha256="a" * 64))
    client = visit(auditor)
    for attribute in ATTRIBUTES:
        answer = client.get(reverse("model-attribute", args=[model.slug, attribute.name]))
        assert answer.status_code == 200 and attribute.label in answer.text.replace("&#x27;", "'"), attribute.name


def test_registration_asks_at_once_for_what_the_policy_wants_at_once(visit, engineer, standard_document):
    standard_document["completeness"]["required_to_register"] = ["platform"]
    publish(standard_document)
    client, address = visit(engineer), reverse("register-model")
    assert 'name="platform"' in client.get(address).text
    answer = client.post(address, {"name": "Limits", "owner": engineer.pk})
    assert answer.status_code in (400, 422)


def test_a_row_is_added_and_ended_through_forms(visit, validator, auditor, model):
    client, add = visit(validator), reverse("add-particular", args=[model.slug, "limitations"])
    assert 'id="id_text_error"' in client.post(add, {"significance": "high"}).text
    assert client.post(add, {"text": "Not for the self-employed.", "significance": "high"}).status_code == 302
    address = reverse("model-attribute", args=[model.slug, "limitations"])
    page = client.get(address).text
    assert "Not for the self-employed. (high)" in page and "No longer holds" in page
    assert "No longer holds" not in visit(auditor).get(address).text
    row = Statement.objects.get()
    end = reverse("end-particular", args=[model.slug, "limitations", row.pk])
    assert client.post(end, {"reason": "Mended."}).status_code == 302
    assert "Ended: Mended." in client.get(address).text
    assert client.post(end, {"reason": "Again."}).status_code == 409
    assert client.get(reverse("end-particular", args=[model.slug, "assumptions", row.pk])).status_code == 404


def test_a_document_is_uploaded_and_fetched_as_a_file_to_save(visit, engineer, stranger, model):
    client, add = visit(engineer), reverse("add-particular", args=[model.slug, "documents"])
    page = SimpleUploadedFile("<b>.html", b"<script>alert(1)</script>", content_type="text/html")
    sent = {"title": "Notes", "kind": "other", "review_by": "2020-01-01", "file": page}
    assert client.post(add, sent).status_code == 302
    document = Document.objects.get()
    fetched = client.get(reverse("document", args=[model.slug, document.pk]))
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(fetched.streaming_content) == b"<script>alert(1)</script>"
    assert "Stale since 1 Jan 2020" in client.get(reverse("model-attribute", args=[model.slug, "documents"])).text
    assert visit(stranger).get(reverse("document", args=[model.slug, document.pk])).status_code == 404
    assert 'id="id_file_error"' in client.post(add, {"title": "Notes", "kind": "other"}).text
