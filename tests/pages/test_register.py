"""Registering and editing models through forms: what is refused comes back with the words typed and the reason."""

import pytest
from django.urls import reverse

from inventory.models import Model
from tests.factories import make_model
from tests.signing import signed_on_page


@pytest.fixture
def form(workspace, owner) -> dict:
    return {"workspace": workspace.pk, "name": "Card limits", "owner": owner.pk, "exposure": "high"}


def test_a_name_and_an_owner_suffice(visit, engineer, owner, form):
    answer = visit(engineer).post(reverse("register-model"), form)
    model = Model.objects.get()
    assert answer.headers["Location"] == reverse("model", args=[model.slug])
    assert (model.name, model.owner, model.registered_by) == ("Card limits", owner, engineer)


def test_a_form_without_a_name_comes_back_with_the_field_named_and_the_rest_kept(visit, engineer, form):
    answer = visit(engineer).post(reverse("register-model"), form | {"name": "", "business_unit": "Cards"})
    assert answer.status_code == 400
    assert 'id="id_name_error"' in answer.text
    assert 'value="Cards"' in answer.text


def test_a_taken_name_is_a_conflict_told_in_words(visit, engineer, form):
    make_model(name="Card limits")
    answer = visit(engineer).post(reverse("register-model"), form)
    assert answer.status_code == 409
    assert "already has a model called Card limits" in answer.text


def test_an_owner_who_is_a_service_account_cannot_be_chosen(visit, engineer, form):
    answer = visit(engineer).post(reverse("register-model"), form | {"owner": "0" * 32})
    assert answer.status_code == 400
    assert 'id="id_owner_error"' in answer.text


def test_an_edit_over_an_entry_that_was_changed_meanwhile_is_refused(visit, engineer):
    model = make_model(name="Card limits")
    client, address = visit(engineer), reverse("edit-group", args=[model.slug, "purpose"])
    assert client.post(address, {"purpose": "First.", "revision": 1}).status_code == 302
    answer = client.post(address, {"purpose": "Second.", "revision": 1})
    assert answer.status_code == 412
    assert "Meanwhile somebody else entered “First.”" in answer.text
    model.refresh_from_db()
    assert model.purpose == "First."


def test_a_tier_is_confirmed_once_and_by_somebody_else(visit, engineer, risk_officer):
    model = make_model(actor=engineer)
    client, address = visit(risk_officer), reverse("confirm-tier", args=[model.slug])
    assert client.get(address).status_code == 200
    assert signed_on_page(client, address).headers["Location"] == reverse("model", args=[model.slug])
    again = client.post(address)
    assert again.status_code == 409
    assert "already confirmed" in again.text


def test_whoever_owns_a_model_is_told_why_they_do_not_confirm_its_tier(visit, workspace, risk_officer):
    model = make_model(owner=risk_officer)
    answer = visit(risk_officer).post(reverse("confirm-tier", args=[model.slug]))
    assert answer.status_code == 403
    assert "Ask another risk officer" in answer.text
