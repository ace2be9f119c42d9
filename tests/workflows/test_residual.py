"""What risk remains of a model is told with what it rests on; without a validation and a verdict it is not rated."""

import pytest

from audits.workflows.contents.assurance import attributes_of
from inventory.models import Model
from tests.factories import make_model, make_version, promote
from tests.pages.scenery import make_assessed_model
from tests.workflows.validating import make_panel, validated


def residual(model) -> tuple[str, ...]:
    return next(one.lines for one in attributes_of(Model.objects.get(pk=model.pk)) if one.attribute.number == 36)


def test_a_model_that_was_never_validated_nor_measured_is_not_rated_and_says_so(workspace):
    rating, why = residual(promote(make_version(make_model())).model)
    assert rating == "Not rated"
    assert why == "Inherent tier 2; its health not measured; never validated. Until then it counts as elevated."


@pytest.mark.parametrize(("verdict", "rating"), [("within", "Low"), ("amber", "Elevated"), ("red", "High")])
def test_what_was_measured_rates_a_model_with_its_tier(workspace, verdict, rating):
    told = residual(make_assessed_model(verdict=verdict))
    assert told == (rating, f"Inherent tier 2; monitoring {verdict}; never validated.")


def test_a_validated_model_whose_health_is_not_measured_is_rated_and_never_as_low(workspace):
    version = make_version(make_model())
    validated(version, make_panel(workspace))
    rating, why = residual(version.model)
    assert rating == "Elevated"
    assert "its health not measured; last validated on" in why and why.endswith("fit for use.")


def test_an_exempt_model_is_told_as_exempt(workspace):
    model = make_model()
    model.tier = 0
    told = next(one.lines for one in attributes_of(model) if one.attribute.number == 36)
    assert told[0] == "Exempt"
