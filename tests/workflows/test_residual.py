"""What risk remains of a model is told with what it rests on: monitoring, the validation that holds, open findings."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.workflows.contents.assurance import attributes_of
from audits.workflows.contents.indicators import measured
from audits.workflows.contents.indicators.scope import Scope
from audits.workflows.contents.residual import opinions_that_hold
from inventory.models import Model
from tests.factories import make_model, make_version, promote
from tests.pages.scenery import make_assessed_model
from tests.pages.test_indicators import make_finding
from tests.workflows.kinds import in_days
from tests.workflows.validating import make_panel, validated


def residual(model) -> tuple[str, ...]:
    return next(one.lines for one in attributes_of(Model.objects.get(pk=model.pk)) if one.attribute.number == 36)


def test_a_model_that_was_never_validated_nor_measured_is_not_rated_and_says_so(workspace):
    rating, why = residual(promote(make_version(make_model())).model)
    assert rating == "Not rated"
    assert why == (
        "Inherent tier 2; its health not measured: elevated; never validated: elevated; no finding open. "
        "Until then it counts as elevated."
    )


@pytest.mark.parametrize(("verdict", "alone"), [("within", "low"), ("amber", "elevated"), ("red", "high")])
def test_what_was_measured_rates_a_model_and_does_not_stand_in_for_a_validation(workspace, verdict, alone):
    rating, why = residual(make_assessed_model(verdict=verdict))
    assert rating == ("High" if verdict == "red" else "Elevated")
    assert f"monitoring {verdict}: {alone}; never validated: elevated; no finding open." in why


def test_what_the_last_validation_said_counts_beside_the_monitoring(workspace):
    panel = make_panel(workspace)
    model = make_assessed_model(verdict="within")
    validated(model.versions.get(), panel)
    found = "monitoring within: low; validated as fit for use: low; no finding open"
    assert residual(model) == ("Low", f"Inherent tier 2; {found}. The worst of them counts.")
    validated(
        model.versions.get(),
        panel,
        outcome="fit_with_conditions",
        conditions=[{"text": "Only in Austria.", "due_on": in_days(30)}],
    )
    assert residual(model)[0] == "Elevated" and "fit with conditions: elevated" in residual(model)[1]
    validated(model.versions.get(), panel, outcome="not_fit")
    assert residual(model)[0] == "High" and "not fit for use: high" in residual(model)[1]


def test_an_opinion_that_no_longer_holds_or_looked_at_parts_only_leaves_a_model_unvalidated(workspace):
    panel = make_panel(workspace)
    model = make_assessed_model(verdict="within")
    validated(model.versions.get(), panel, kind="periodic_targeted")
    rating, why = residual(model)
    assert rating == "Elevated" and "no validation holds, the last was given on" in why
    validated(model.versions.get(), panel)
    assert residual(model)[0] == "Low"
    assert not opinions_that_hold(timezone.now().date() + timedelta(days=4000)).exists()


def test_an_opinion_about_another_version_says_nothing_about_the_one_in_production(workspace):
    model = make_assessed_model(verdict="within")
    validated(make_version(model), make_panel(workspace))
    assert residual(model)[0] == "Elevated"


def test_the_worst_open_finding_counts(workspace):
    model = make_assessed_model(verdict="within")
    validated(model.versions.get(), make_panel(workspace))
    make_finding(model, 1, severity="medium")
    assert residual(model)[0] == "Low"
    make_finding(model, 2, severity="critical")
    rating, why = residual(model)
    assert rating == "High" and "the worst open finding critical: high. The worst of them counts." in why


def test_a_validated_model_whose_health_is_not_measured_is_rated_and_never_as_low(workspace):
    version = make_version(make_model())
    validated(version, make_panel(workspace))
    rating, why = residual(version.model)
    assert rating == "Elevated"
    assert "its health not measured: elevated; validated as fit for use: low" in why


def test_an_exempt_model_is_told_as_exempt(workspace):
    model = make_model()
    model.tier = 0
    told = next(one.lines for one in attributes_of(model) if one.attribute.number == 36)
    assert told[0] == "Exempt"


def test_the_indicator_counts_each_model_as_its_own_page_rates_it(workspace, risk_officer):
    panel = make_panel(workspace)
    fit, conditional, bare, red = (make_assessed_model(verdict=one) for one in ("within", "within", "within", "red"))
    promote(make_version(make_model()))
    validated(fit.versions.get(), panel)
    validated(
        conditional.versions.get(),
        panel,
        outcome="fit_with_conditions",
        conditions=[{"text": "Only in Austria.", "due_on": in_days(30)}],
    )
    make_finding(fit, 1, severity="critical")
    make_finding(bare, 2, severity="high")
    scope = Scope(risk_officer, timezone.now())
    assert measured.worst_found(scope) == {
        (2, "within", "fit", "critical"): 1,
        (2, "within", "fit_with_conditions", ""): 1,
        (2, "within", "none", "high"): 1,
        (2, "red", "none", ""): 1,
        (2, "", "none", ""): 1,
    }
    assert {residual(one)[0] for one in (fit, red)} == {"High"} and {
        residual(one)[0] for one in (conditional, bare)
    } == {"Elevated"}
    assert measured.residual_high_share(scope).value == 2 / 5
