"""Which amber results open a breach under the rules for alerts, in a run and in a back-test alike."""

import copy

import pytest

from audits.assessments.models import Breach, Kind, Plan, Result, Run
from inventory import policies
from inventory.models import Policy
from tests.assessments.test_backtests import back_tested, psi
from tests.factories import dismiss, publish
from tests.fixtures.past import START, WEEK, measured

NOTHING = {"in_a_row": {}, "confirmed_by": {}, "least_importance": {}}
AMBER, RED, GOOD = ({"0.1": p, "0.25": q} for p, q in ((0.001, 0.9), (0.001, 0.001), (0.9, 0.9)))


def document(**alerts) -> dict:
    return copy.deepcopy(policies.standard()) | {"alerts": NOTHING | alerts}


def drift(tolerance=AMBER, column="income"):
    value = 0.3 if tolerance is RED else 0.2 if tolerance is AMBER else 0.05
    return psi(value, column, "feature", detail={"tolerance": tolerance})


def classifier():
    return measured(0.7, measure="domain_classifier", column="", p_value=0.001)


def held_back(run) -> list[str]:
    return [one.detail["held_back"] for one in run.results.all() if "held_back" in one.detail]


@pytest.fixture
def under(told):
    """Put rules for alerts into force before anything is told."""

    def publish_rules(**alerts):
        publish(document(**alerts))
        return told

    return publish_rules


def agrees(told_runs: int):
    """The back-test of the policy in force opens what the runs opened; without its rules it opens more or as many."""
    in_force = Policy.objects.in_force().document
    found = back_tested(in_force)
    assert found.runs == told_runs
    assert (found.opened_before, found.opened_after, found.cases) == (Breach.objects.count(), found.opened_before, [])
    return back_tested(document(), against=in_force)


def test_amber_opens_only_after_as_many_windows_in_a_row_as_the_policy_asks(under):
    told = under(in_a_row={"psi": 3})
    runs = [told(week, drift(tolerance)) for week, tolerance in enumerate((AMBER, GOOD, AMBER, AMBER))]
    assert Breach.objects.count() == 0
    assert "2 of the 3 windows in a row" in held_back(runs[-1])[0]
    told(4, drift())
    assert Breach.objects.get().occurrences == 1
    told(5, drift())
    assert Breach.objects.get().occurrences == 2, "an open case goes on whatever the rule says"
    without = agrees(6)
    assert (without.opened_before, without.opened_after, without.earlier) == (1, 1, 1)


def test_red_opens_at_once(under):
    under(in_a_row={"psi": 3}, confirmed_by={"psi": ["domain_classifier"]})(0, drift(RED))
    assert Breach.objects.get().verdict == "red"
    agrees(1)


def test_amber_opens_where_another_signal_of_the_run_confirms_it(under):
    told = under(confirmed_by={"psi": ["domain_classifier"]})
    assert "asks for domain classifier" in held_back(told(0, drift()))[0]
    told(1, drift(), classifier())
    assert sorted(Breach.objects.values_list("measure", flat=True)) == ["domain_classifier", "psi"]
    assert agrees(2).earlier == 1


def test_a_measure_confirms_itself_only_by_another_column(under):
    told = under(confirmed_by={"psi": ["psi"]})
    told(0, drift(column="income"))
    assert Breach.objects.count() == 0
    told(1, drift(column="income"), drift(column="debt_ratio"))
    assert Breach.objects.count() == 2
    agrees(2)


def test_what_was_closed_opens_again_within_the_cool_down_only_when_it_is_worse(under, risk_officer):
    told = under(cool_down_days=30)
    told(0, drift())
    dismiss(Breach.objects.get(), reason="It is the season.", actor=risk_officer)
    assert "opens again before" in held_back(told(1, drift()))[0]
    told(2, drift(RED))
    assert list(Breach.objects.open().values_list("verdict", flat=True)) == ["red"]
    dismiss(Breach.objects.open().get(), reason="Known.", actor=risk_officer)
    told(3, drift(RED))
    assert Breach.objects.open().count() == 0, "as bad as it was is no reason to ask again"
    without = agrees(4)
    assert (without.opened_before, without.opened_after) == (2, 3)


@pytest.fixture
def explained(past_version):
    """An explanation in which income has 1 % of all attribution."""
    plan = Plan.objects.create(
        version=past_version, kind=Kind.EXPLAINABILITY, window_start=START, next_due_at=START + WEEK
    )
    window = {"window_start": START - WEEK, "window_end": START, "finished_at": START}
    run = Run.objects.create(
        plan=plan, version=past_version, policy=Policy.objects.in_force(), state="succeeded", **window
    )
    for place, (column, share) in enumerate({"income": 0.01, "debt_ratio": 0.6}.items()):
        Result.objects.create(run=run, position=place, measure="importance", column=column, value=share, method="SHAP")
    return run


def test_drift_of_what_hardly_matters_to_the_model_opens_nothing(under, explained):
    told = under(least_importance={"psi": 0.05})
    run = told(0, drift(column="income"), drift(column="debt_ratio"), drift(column="purpose"))
    assert "1 % of all attribution" in held_back(run)[0] and len(held_back(run)) == 1
    assert set(Breach.objects.values_list("column", flat=True)) == {"debt_ratio", "purpose"}, (
        "unknown is not unimportant"
    )
    assert agrees(2).newly_opened == 1


def test_the_page_of_a_run_says_why_it_opened_no_breach(under, client, auditor):
    run = under(in_a_row={"psi": 2})(0, drift())
    client.force_login(auditor)
    assert "No breach: it is amber in 1 of the 2 windows in a row" in client.get(f"/runs/{run.pk}/").text


@pytest.mark.parametrize(
    "alerts",
    [
        {"in_a_row": {"psi": 0}},
        {"in_a_row": {"luck": 2}},
        {"confirmed_by": {"psi": []}},
        {"least_importance": {"psi": 1}},
        {"cool_down_days": 0},
        {"quiet": True},
    ],
    ids=["never", "unknown", "nobody", "everything", "no-days", "misspelt"],
)
def test_a_rule_that_means_nothing_is_refused_with_its_place(alerts):
    assert any(fault.startswith("alerts.") for fault in policies.faults_in(document(**alerts)))


@pytest.mark.parametrize(
    ("before", "after", "loosens"),
    [
        ({}, {"in_a_row": {"psi": 2}}, True),
        ({"in_a_row": {"psi": 3}}, {"in_a_row": {"psi": 2}}, False),
        ({"cool_down_days": 30}, {}, False),
        ({"confirmed_by": {"psi": ["psi"]}}, {"confirmed_by": {"psi": ["psi", "domain_classifier"]}}, False),
        ({"confirmed_by": {"psi": ["psi", "domain_classifier"]}}, {"confirmed_by": {"psi": ["psi"]}}, True),
    ],
    ids=["new", "fewer", "dropped", "more-confirm", "fewer-confirm"],
)
def test_what_holds_breaches_back_loosens_the_policy(before, after, loosens):
    assert [one.loosens for one in policies.differences(document(**before), document(**after))] == [loosens]


def test_a_policy_from_before_the_section_holds_nothing_back():
    older = {name: section for name, section in policies.standard().items() if name != "alerts"}
    assert policies.alert_rule(older, "psi").holds_nothing_back
