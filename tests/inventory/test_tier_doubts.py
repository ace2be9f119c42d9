"""What makes a confirmed tier one to be assessed again: further uses, changed uses, changed methods and exposures."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.contents.queue import work_for
from inventory.models import Model, Policy, TierDoubt
from inventory.services import edit_model, edit_use, propose_tier, propose_use
from tests.factories import make_model, publish, settle, sql
from tests.inventory.test_tiering import LOWEST
from tests.signing import confirm_tier


@pytest.fixture
def model(owner, engineer, risk_officer) -> Model:
    """A model in a confirmed tier, with the use that the tier was assessed for."""
    said = {"methodology": "Logistic regression", "exposure_amount": Decimal(1000)}
    model = make_model(owner=owner, actor=engineer, **said)
    propose_use(model, title="Pricing", business_purpose="Prices loans.", reliance="low", actor=owner)
    propose_tier(model, answers=LOWEST, actor=engineer)
    return confirm_tier(model, actor=risk_officer)


def reasons(model: Model) -> list[str]:
    return [doubt.reason for doubt in model.tier_doubts.standing()]


def test_the_use_that_a_tier_was_assessed_for_casts_no_doubt_on_it(model):
    assert reasons(model) == []


def test_a_further_use_asks_for_the_tier_again(model, owner, client):
    use = propose_use(model, title="Limits", actor=owner)
    assert reasons(model) == ["Use 2 is new: Limits."]
    entry = Entry.objects.about(use).get(action=Action.USE_PROPOSED)
    assert entry.details["tier_to_assess_again"] == ["Use 2 is new: Limits."]
    assert any(task.what == f"Assess the tier of {model} again" for task in work_for(owner, now=timezone.now()))
    client.force_login(owner)
    assert "Use 2 is new: Limits, on" in client.get(f"/models/{model.slug}/tier/").content.decode()


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"business_purpose": "Sets limits."}, "Business purpose"), ({"population": "Firms."}, "Population"),
     ({"reliance": "high"}, "Reliance")],
    ids=["purpose", "population", "reliance"],
)  # fmt: skip
def test_a_use_changed_in_what_the_tier_rests_on_asks_for_it_again(model, owner, changes, word):
    edit_use(model.uses.get(), changes=changes, actor=owner)
    assert reasons(model) == [f"{word} of use 1 has changed: Pricing."]
    edit_use(model.uses.get(), changes={"volume": "9000 a month"}, actor=owner)
    assert len(reasons(model)) == 1


def test_a_changed_method_or_exposure_asks_for_the_tier_again(model, engineer):
    edit_model(model, changes={"methodology": "Neural network", "description": "Anew."}, actor=engineer)
    edit_model(model, changes={"exposure_amount": Decimal(5000)}, actor=engineer)
    edit_model(model, changes={"methodology": "Boosted trees"}, actor=engineer)
    assert reasons(model) == ["Method has changed.", "Exposure measured has changed."], "each once while it stands"
    edit_model(model, changes={"vendor": "Somebody", "method_family": "tree"}, actor=engineer)
    assert len(reasons(model)) == 2, "what nobody said before is an answer, not a change"


def test_the_policy_says_which_changes_cast_doubt(model, engineer, owner):
    publish(Policy.objects.in_force().document | {"doubts": {"attributes": ["description"], "uses": ["title"]}})
    edit_model(model, changes={"methodology": "Neural network", "description": "Anew."}, actor=engineer)
    assert reasons(model) == [], "what was never said before is an answer"
    edit_model(model, changes={"methodology": "Boosted trees", "description": "Once more."}, actor=engineer)
    edit_use(model.uses.get(), changes={"title": "Pricing of loans", "population": "Firms."}, actor=owner)
    assert reasons(model) == ["Description has changed.", "Title of use 1 has changed: Pricing of loans."]


def test_a_changed_level_makes_the_tier_provisional_and_says_why(model, engineer):
    edited = edit_model(model, changes={"exposure": "high"}, actor=engineer)
    assert edited.tier_is_provisional
    assert reasons(edited) == ["Exposure has changed."]


def test_the_next_confirmation_settles_every_doubt(model, owner, engineer, risk_officer):
    propose_use(model, title="Limits", actor=owner)
    propose_tier(model, answers=LOWEST, actor=engineer)
    assert reasons(model) != []
    confirm_tier(model, actor=risk_officer)
    assert reasons(model) == [] and model.tier_doubts.count() == 1
    assert not any("Assess the tier" in task.what for task in work_for(owner, now=timezone.now()))


def test_no_update_settles_a_doubt_that_no_assessment_was_made_after(model, owner, engineer, risk_officer):
    propose_use(model, title="Limits", actor=owner)
    for moment in ("now()", "(SELECT max(confirmed_at) FROM inventory_tierassessment)"):
        with pytest.raises(IntegrityError, match="assessed after it and confirmed"), transaction.atomic():
            sql(f"UPDATE inventory_tierdoubt SET settled_at = {moment}")
            settle()
    propose_tier(model, answers=LOWEST, actor=engineer)
    confirm_tier(model, actor=risk_officer)
    settle()


def test_a_model_whose_tier_waits_for_confirmation_collects_no_doubts(owner, engineer):
    model = make_model(owner=owner, actor=engineer)
    Model.objects.filter(pk=model.pk).update(tier_confirmed_at=None)
    for title in ("Pricing", "Limits"):
        propose_use(model, title=title, actor=owner)
    assert not TierDoubt.objects.exists()


def test_the_database_keeps_a_doubt_as_it_was_raised(model, owner):
    propose_use(model, title="Limits", actor=owner)
    for change in (lambda rows: rows.update(reason="None."), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="settled once"), transaction.atomic():
            change(TierDoubt.objects.all())
