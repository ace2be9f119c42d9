"""Pages of validations: the list, one request from intake to approval, its plan and its challenges."""

import pytest
from django.urls import reverse

from audits.workflows.models import ValidationRequest
from tests.factories import PASSWORD, confirm
from tests.pages.scenery import make_assessed_model
from tests.workflows.validating import begun, make_panel, validated


@pytest.fixture
def model(workspace, owner):
    return confirm(
        make_assessed_model(
            name="Lending", owner=owner, exposure="low", purpose_level="low", complexity="low", reliance="low"
        )
    )


@pytest.fixture
def panel(workspace):
    return make_panel(workspace)


def sign(client, address) -> str:
    """Sign what the page shows; the address that follows."""
    assert "Read what you sign" in client.get(address).text
    answer = client.post(address, {"password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_validation_is_walked_on_its_pages_from_the_intake_to_the_approval(visit, owner, panel, model):
    lead, second, head, first_line = visit(panel.lead), visit(panel.second), visit(panel.head), visit(owner)
    asking = reverse("request-validation", args=[model.slug])
    answer = first_line.post(asking, {"version": "1", "kind": "initial", "trigger": "First use."})
    page = answer.headers["Location"]
    reference = ValidationRequest.objects.get().reference
    assert "Nobody is assigned yet" in first_line.get(page).text
    for person, role in ((panel.lead, "lead"), (panel.second, "second")):
        assert (
            head.post(reverse("assign-validator", args=[reference]), {"person": person.pk, "role": role}).status_code
            == 302
        )
    for client in (lead, second):
        assert "I am independent of this model" in client.get(page).text
        sign(client, client.post(reverse("attest-independence", args=[reference])).headers["Location"])
    assert lead.post(reverse("begin-validation", args=[reference])).status_code == 302
    text = lead.get(page).text
    assert "0 of 7 concluded" in text and "Not concluded yet: conceptual soundness" in text
    for item in ValidationRequest.objects.get().items.filter(is_planned=True):
        assert item.expectation in lead.get(reverse("validation-item", args=[reference, item.component])).text
        sent = {"outcome": "met", "conclusion": f"Repeated {item.name}."}
        assert lead.post(reverse("conclude-item", args=[reference, item.component]), sent).status_code == 302
    sent = {"text": "Why so few rows?", "component": "data"}
    assert second.post(reverse("raise-challenge", args=[reference]), sent).status_code == 302
    assert "Open challenge: 1" in lead.get(page).text
    saying = {"text": "They are all there were."}
    assert first_line.post(reverse("respond-to-challenge", args=[reference, 1]), saying).status_code == 302
    settled = saying | {"resolved": "yes"}
    assert second.post(reverse("resolve-challenge", args=[reference, 1]), settled).status_code == 302
    form = lead.get(page).context["opinion_form"].initial
    sent = form | {"outcome": "fit", "summary": "Sound.", "conditions": "", "expires_on": ""}
    sign(lead, lead.post(reverse("give-opinion", args=[reference]), sent).headers["Location"])
    assert "You cannot sign this step" in head.get(page).text
    for client in (second, head):
        sent = client.get(page).context["review_form"].initial | {"agreed": "yes", "comment": ""}
        sign(client, client.post(reverse("review-opinion", args=[reference]), sent).headers["Location"])
    text = first_line.get(page).text
    assert "Fit for use" in text and "Approved" in text and "VA-" in text
    assert "Version 1: fit for use" in first_line.get(reverse("model-validations", args=[model.slug])).text


def test_a_refused_form_says_why_on_the_page(visit, panel, model, owner):
    validation = begun(model.versions.get(), panel)
    refused = visit(panel.head).post(
        reverse("assign-validator", args=[validation.reference]), {"person": owner.pk, "role": "lead"}
    )
    assert refused.status_code == 403 and "Omar Owner owns it" in refused.text
    item = reverse("plan-item", args=[validation.reference, "data"])
    answer = visit(panel.lead).post(item, {"expectation": "Complete.", "deviation_reason": ""})
    assert answer.status_code == 422 and "Deviation reason is missing" in answer.text
    assert visit(owner).post(item, {"expectation": "X", "is_planned": "on"}).status_code == 403


def test_the_list_is_narrowed_by_address_taken_as_csv_and_needs_few_queries(
    visit, auditor, panel, model, django_assert_max_num_queries
):
    validation = validated(model.versions.get(), panel, kind="initial")
    client = visit(auditor)
    assert validation.reference in client.get(reverse("validation-list"), {"opinion": "fit", "q": "lend"}).text
    assert validation.reference not in client.get(reverse("validation-list"), {"state": "open"}).text
    told = b"".join(client.get(reverse("validations-csv"))).decode()
    assert f"{validation.reference},Initial validation,Lending,1,Approved,Lena Lead,Fit for use" in told
    with django_assert_max_num_queries(12):
        client.get(reverse("validation-list"))


def test_a_stranger_finds_nothing_of_another_workspace(visit, stranger, panel, model):
    validation = begun(model.versions.get(), panel)
    client = visit(stranger)
    for name in ("validation", "hold-validation", "cancel-validation"):
        assert client.get(reverse(name, args=[validation.reference])).status_code == 404
    assert client.get(reverse("validation-item", args=[validation.reference, "data"])).status_code == 404
    assert validation.reference not in client.get(reverse("validation-list")).text
