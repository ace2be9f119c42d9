"""Back-testing what a whole story measured: the same policy says the same of every result."""

from datetime import timedelta

from django.utils import timezone

from audits.assessments.models import Breach, Result, Run
from audits.assessments.services import backtest
from inventory.models import Model, Policy


def back_tested(document: dict, **more):
    now = timezone.now()
    return backtest(document, models=Model.objects.all(), since=now - timedelta(days=999), until=now, **more)


def test_the_same_policy_gives_exactly_the_verdicts_that_the_runs_gave(story):
    """Over every kind of run that the story measured in earnest, breaches included."""
    found = back_tested(Policy.objects.in_force().document)
    assert (found.worse, found.better, found.why_not) == (0, 0, {})
    assert found.runs == Run.objects.filter(state="succeeded").count() > 0
    stored = Result.objects.filter(run__state="succeeded").exclude(verdict="")
    for verdict in {*stored.values_list("verdict", flat=True)}:
        assert found.counted("before")[verdict] == found.counted("after")[verdict]
        assert found.counted("after")[verdict] == stored.filter(verdict=verdict).count()
    assert {one.name for one in found.measures} >= {"psi", "auc_change", "impact_ratio", "attribution_drift"}
    assert found.opened_before == found.opened_after == Breach.objects.count() > 0
    assert found.cases == []


def test_the_same_policy_compared_with_itself_changes_nothing(story):
    document = Policy.objects.in_force().document
    found = back_tested(document, against=document)
    assert (found.worse, found.better, found.newly_opened, found.not_opened) == (0, 0, 0, 0)
