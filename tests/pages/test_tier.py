"""The page of a tier: the questionnaire, the arithmetic, what the tier means, and confirming it."""

import pytest
from django.urls import reverse

from audits.workflows.services import count_all_marked
from inventory import policies
from inventory.models import Model
from inventory.services import propose_tier
from tests.factories import make_model
from tests.inventory.test_tiering import LOWEST
from tests.signing import confirm_tier, signed_on_page


@pytest.fixture
def model(owner, engineer) -> Model:
    return make_model(owner=owner, actor=engineer)


def filled(**changes) -> dict:
    return policies.facts_from_answers(LOWEST) | changes


def test_the_questionnaire_proposes_a_tier_and_shows_its_arithmetic(visit, model, engineer):
    client, address = visit(engineer), reverse("answer-scorecard", args=[model.slug])
    assert "How much of the balance sheet" in client.get(address).text
    answer = client.post(address, filled())
    assert answer.headers["Location"] == reverse("confirm-tier", args=[model.slug])
    page = client.get(reverse("confirm-tier", args=[model.slug])).text
    assert "0 + 0 + 0 = 0 points" in page and "the matrix gives tier 3" in page
    assert "Less than a hundredth" in page and "What tier 3 means" in page and "semi-annual" in page


def test_a_question_without_an_answer_comes_back_at_that_question(visit, model, engineer):
    answer = visit(engineer).post(reverse("answer-scorecard", args=[model.slug]), filled(**{"exposure.amount": ""}))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["exposure.amount"]


def test_an_override_without_a_reason_comes_back_with_it_asked_for(visit, model, engineer):
    client, address = visit(engineer), reverse("answer-scorecard", args=[model.slug])
    answer = client.post(address, filled(override="1"))
    assert answer.status_code == 422 and "reason" in answer.context["form"].errors
    assert client.post(address, filled(override="1", reason="The first of its kind.")).status_code == 302
    assert "Overridden to tier 1" in client.get(reverse("confirm-tier", args=[model.slug])).text


def test_only_what_is_in_the_lowest_tier_can_be_exempt(visit, model, engineer):
    given = filled(**{"purpose_level.use": "regulated"}, exempt="on", reason="Please.")
    answer = visit(engineer).post(reverse("answer-scorecard", args=[model.slug]), given)
    assert answer.status_code == 409 and "they give tier 2" in answer.text


def test_an_exempt_model_says_so_everywhere(visit, model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, exempt=True, reason="An exercise.", actor=engineer)
    client, address = visit(risk_officer), reverse("confirm-tier", args=[model.slug])
    assert "Confirm the exemption" in client.get(address).text
    assert signed_on_page(client, address).status_code == 302
    assert "confirmed again within 365 days" in client.get(address).text
    count_all_marked()
    for page in (reverse("model", args=[model.slug]), reverse("portfolio") + "?tier=0"):
        assert "Exempt" in client.get(page).text


def test_what_changed_since_is_told(visit, model, engineer, risk_officer):
    propose_tier(model, answers=LOWEST, actor=engineer)
    confirm_tier(model, actor=risk_officer)
    Model.objects.filter(pk=model.pk).update(affects_natural_persons=True)
    assert "should be assessed again" in visit(engineer).get(reverse("confirm-tier", args=[model.slug])).text


@pytest.mark.parametrize(("who", "status"), [("auditor", 200), ("stranger", 404)])
def test_who_sees_a_model_sees_its_tier_and_nobody_else(who, status, visit, model, request):
    client = visit(request.getfixturevalue(who))
    assert client.get(reverse("confirm-tier", args=[model.slug])).status_code == status
    assert client.post(reverse("answer-scorecard", args=[model.slug]), filled()).status_code == (
        403 if status == 200 else 404
    )


def test_the_residual_risk_of_an_unmeasured_model_is_not_the_lowest(visit, model, auditor):
    page = visit(auditor).get(reverse("model", args=[model.slug])).text
    assert "Residual risk" in page and "not measured" in page
