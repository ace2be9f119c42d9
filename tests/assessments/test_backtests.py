"""Back-testing: past results judged again under other limits, from what was kept of them and nothing else."""

import copy

import pytest
from django.urls import reverse

from audits.assessments.models import Breach
from audits.assessments.services import backtest
from inventory import policies
from inventory.models import Model
from inventory.services import propose_policy
from mrm.accounts.models import Workspace
from tests.factories import dismiss, make_otherwise, publish
from tests.fixtures.past import START, WEEK, measured
from tests.rest import is_problem

ALWAYS = {"since": START - 99 * WEEK, "until": START + 99 * WEEK}


def with_limit(entry: dict, **sections) -> dict:
    """The standard policy with one limit before all others."""
    document = copy.deepcopy(policies.standard()) | sections
    document["limits"].insert(0, entry)
    return document


def auc(red: float | None = None, **fields) -> dict:
    return {"measure": "auc", "direction": "lower", "decided_by": "interval", "minimum_size": 30, **fields} | (
        {"red": red} if red is not None else {}
    )


def psi(value, column, role, **fields):
    return measured(value, measure="psi", column=column, role=role, **fields)


def back_tested(document: dict, **more):
    return backtest(document, models=Model.objects.all(), **ALWAYS | more)


def test_a_stricter_limit_opens_breaches_in_the_week_their_window_ended(told):
    told(0, measured(0.71, 0.69, 0.73))
    told(1, measured(0.58, 0.55, 0.61))
    told(2, measured(0.57, 0.54, 0.60))
    found = back_tested(with_limit(auc(0.65)))
    assert (found.opened_before, found.opened_after, found.newly_opened) == (0, 1, 1)
    assert found.counted("after") == {"red": 2, "within": 1}
    assert [(one.start, one.before, one.after) for one in found.weeks] == [((START + WEEK).date(), 0, 1)]
    assert [(one.became, one.name, one.week) for one in found.cases] == [("opened", "Loans", (START + WEEK).date())]


def test_a_laxer_limit_would_not_have_opened_what_was_opened(told, standard_document):
    told(0, measured(-0.10, -0.12, -0.08, measure="auc_change"))
    assert Breach.objects.count() == 1
    for entry in standard_document["limits"]:
        if entry["measure"] == "auc_change":
            entry.update(amber=-0.2, red=-0.3)
    found = back_tested(standard_document)
    assert (found.opened_before, found.opened_after, found.not_opened, found.better) == (1, 0, 1, 1)
    assert [one.became for one in found.cases] == ["not opened"]


def test_a_case_that_people_closed_opens_again_under_the_draft_too(told, risk_officer):
    bad = measured(-0.10, -0.12, -0.08, measure="auc_change")
    told(0, bad)
    dismiss(Breach.objects.get(), reason="Mended.", actor=risk_officer)
    told(1, bad)
    told(2, bad)
    found = back_tested(policies.standard())
    assert (found.opened_before, found.opened_after, Breach.objects.count()) == (2, 2, 2)


def test_a_breach_that_opens_in_another_run_is_the_same_breach_earlier_or_later(told, standard_document):
    for week, value in enumerate((-0.02, -0.10, -0.10)):
        told(week, measured(value, value - 0.001, value + 0.001, measure="auc_change"))
    for entry in standard_document["limits"]:
        if entry["measure"] == "auc_change":
            entry["amber"] = -0.01
    found = back_tested(standard_document)
    assert (found.opened_before, found.opened_after, found.earlier, found.later) == (1, 1, 1, 0)
    assert (found.newly_opened, found.not_opened, [one.became for one in found.cases]) == (0, 0, ["opened earlier"])
    back = back_tested(policies.standard(), against=standard_document)
    assert (back.earlier, back.later, back.newly_opened, back.not_opened) == (0, 1, 0, 0)


def test_a_candidate_opens_no_breach_under_any_limits(told, past_version):
    make_otherwise(past_version, stage="candidate")
    told(0, measured(0.58, 0.55, 0.61))
    found = back_tested(with_limit(auc(0.65)))
    assert (found.opened_after, found.worse) == (0, 1)


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        (auc(0.65), "insufficient"),
        (auc(0.65, decided_by="point"), "red"),
        (auc(0.65, decided_by="point", minimum_size=501), "insufficient"),
        (auc(0.58), "within"),
        (auc(amber=0.66, red=0.5), "amber"),
    ],
)
def test_point_interval_and_size_decide_as_in_a_run(entry, verdict, told):
    told(0, measured(0.6, 0.55, 0.655))
    assert back_tested(with_limit(entry)).counted("after") == {verdict: 1}


def test_a_threshold_at_which_no_tolerance_was_tested_is_counted_and_said(told):
    tolerance = {"tolerance": {"0.1": 0.001, "0.25": 0.9}}
    told(
        0,
        measured(0.2, measure="psi", role="score", detail=tolerance),
        measured(0.05, measure="psi", column="income", role="feature"),
    )
    limit = {"measure": "psi", "decided_by": "tolerance", "minimum_size": 100}
    assert back_tested(with_limit(limit | {"amber": 0.1, "red": 0.25})).counted("after") == {"amber": 1, "within": 1}
    found = back_tested(with_limit(limit | {"amber": 0.15, "red": 0.3}))
    assert (found.not_judged_again, found.counted("after")) == (1, {"within": 1})
    assert list(found.why_not) == ["the run did not test the tolerance at the limit of this policy"]
    assert back_tested(with_limit(limit | {"amber": 0.3})).counted("after") == {"within": 2}
    tolerated = limit | {"amber": 0.15, "red": 0.3, "tolerance": 0.1}
    assert back_tested(with_limit(tolerated)).counted("after") == {"amber": 1, "within": 1}


@pytest.mark.parametrize(
    ("setting", "value", "measure"),
    [("minimum_gating", 50, "impact_ratio"), ("reference_group", "largest", "impact_ratio"),
     ("minimum_display", 10, "segment_error")],
)  # fmt: skip
def test_what_would_have_been_measured_otherwise_is_not_judged_again(setting, value, measure, told):
    told(0, measured(0.5, 0.4, 0.6, measure=measure))
    fairness = policies.standard()["fairness"] | {setting: value}
    found = back_tested(copy.deepcopy(policies.standard()) | {"fairness": fairness})
    assert (found.not_judged_again, found.results) == (1, 0)


def test_a_breach_that_rests_on_what_cannot_be_judged_again_is_neither_kept_nor_gone(told):
    told(0, measured(0.5, 0.4, 0.6, measure="impact_ratio"))
    fairness = policies.standard()["fairness"] | {"reference_group": "largest"}
    found = back_tested(copy.deepcopy(policies.standard()) | {"fairness": fairness})
    assert (found.opened_before, found.not_opened, found.unsure) == (1, 0, 1)


def test_what_lies_beyond_a_limit_by_chance_stays_insufficient(told):
    told(0, measured(0.9, measure="domain_classifier", column="", p_value=0.4))
    assert back_tested(policies.standard()).counted("after") == {"insufficient": 1}


def test_a_limit_for_texts_judges_texts_and_no_other_feature(told):
    told(
        0,
        measured(0.3, measure="psi", column="income", role="feature"),
        measured(0.3, measure="psi", column="story: length", role="text"),
    )
    found = back_tested({"limits": [{"measure": "psi", "role": "text", "red": 0.2}]})
    assert found.counted("after") == {"red": 1}


def test_only_windows_of_the_period_and_results_known_at_its_end_count(told):
    told(0, measured(0.5, 0.4, 0.55))
    told(9, measured(0.5, 0.4, 0.55))
    document = with_limit(auc(0.65))
    assert back_tested(document, since=START + 2 * WEEK).runs == 1
    assert back_tested(document, until=START + 2 * WEEK).runs == 0, "the run was done long after"


def test_a_back_test_of_thousands_of_results_asks_the_database_a_few_times(told, django_assert_max_num_queries):
    for week in range(8):
        told(week, *(measured(0.6, 0.5, 0.7, column=f"c{number}") for number in range(500)))
    with django_assert_max_num_queries(7):
        found = back_tested(with_limit(auc(0.72)))
    assert (found.runs, found.results, found.opened_after) == (8, 4000, 500)
    assert len(found.cases) == 50


def test_what_is_beyond_the_bounds_is_left_out_and_counted(told, monkeypatch):
    monkeypatch.setattr("audits.assessments.services.backtests.MOST_RESULTS", 2)
    for week in range(4):
        told(week, measured(0.6, 0.5, 0.7))
    found = back_tested(with_limit(auc(0.65)))
    assert (found.runs, found.runs_left_out) == (2, 2)


def test_the_digest_is_of_the_numbers_and_the_period(told):
    told(0, measured(0.5, 0.4, 0.55))
    one, other = back_tested(with_limit(auc(0.65))), back_tested(with_limit(auc(0.3)))
    assert one.digest == back_tested(with_limit(auc(0.65))).digest != other.digest


def test_people_of_another_unit_back_test_what_they_see(told, stranger):
    told(0, measured(0.5, 0.4, 0.55))
    seen = Model.objects.visible_to(stranger)
    assert backtest(policies.standard(), models=seen, **ALWAYS).runs == 0


@pytest.fixture
def draft(told, validator):
    """Proposed after a run whose result it would judge red."""
    told(0, measured(0.5, 0.4, 0.55))
    return propose_policy(with_limit(auc(0.65)), reason="Earlier alarms.", actor=validator)


@pytest.fixture
def page(client, auditor):
    client.force_login(auditor)
    return client


PERIOD = f"since={START:%Y-%m-%d}&until={START + 99 * WEEK:%Y-%m-%d}"


def test_a_draft_leads_to_what_it_would_have_done(page, draft):
    address = reverse("backtest-draft", args=[draft.pk])
    assert address in page.get(reverse("policy-draft", args=[draft.pk])).content.decode()
    answer = page.get(f"{address}?{PERIOD}")
    assert (answer.context["found"].newly_opened, answer.context["found"].worse) == (1, 1)
    assert "Loans" in answer.content.decode()


def test_the_page_narrows_to_a_model_and_a_tier_and_refuses_a_period_that_ends_before_it_begins(page, draft):
    address = reverse("backtest-draft", args=[draft.pk])
    for wanted, runs in (("model=loans", 1), ("model=other", 0), ("tier=2", 1), ("tier=3", 0)):
        assert page.get(f"{address}?{PERIOD}&{wanted}").context["found"].runs == runs
    refused = page.get(f"{address}?since=2026-02-01&until=2026-01-01")
    assert (refused.status_code, "ends before it begins" in refused.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("until=0001-01-01", 200), ("since=0001-01-01&until=0001-01-01", 200), ("since=9999-12-31", 400)],
)
def test_a_period_at_the_ends_of_the_calendar_is_answered_or_refused_in_words(page, draft, api, auditor, asked, status):
    for name, key, policy in (("backtest-draft", draft.pk, f"drafts/{draft.pk}"), ("backtest-policy", 1, "1")):
        answer = page.get(f"{reverse(name, args=[key])}?{asked}")
        assert (answer.status_code, "before it begins" in answer.content.decode()) == (status, status == 400)
        assert api(auditor).get(f"/api/v1/policies/{policy}/back-test/?{asked}").status_code == status


def test_two_versions_are_compared_on_the_same_results(page, draft):
    publish(draft.document)
    back = page.get(f"{reverse('backtest-policy', args=[1])}?from=2&{PERIOD}").context["found"]
    forth = page.get(f"{reverse('backtest-policy', args=[2])}?from=1&{PERIOD}").context["found"]
    assert (forth.newly_opened, forth.not_opened, back.newly_opened, back.not_opened) == (1, 0, 0, 1)
    assert page.get(f"{reverse('backtest-policy', args=[2])}?from=99&{PERIOD}").status_code == 200
    assert page.get(reverse("backtest-policy", args=[9])).status_code == 404


def test_the_page_asks_as_often_for_many_results_as_for_one(page, draft, told, django_assert_max_num_queries):
    told(1, *(measured(0.6, 0.5, 0.7, column=f"c{number}") for number in range(40)))
    address = f"{reverse('backtest-draft', args=[draft.pk])}?{PERIOD}"
    page.get(address)
    with django_assert_max_num_queries(16):
        page.get(address)


def test_the_api_answers_alike_and_says_what_it_does_not_know(api, draft, auditor, stranger):
    address = f"/api/v1/policies/drafts/{draft.pk}/back-test/?{PERIOD}"
    told = api(auditor).get(address).json()
    assert (told["newly_opened"], told["worse"], told["weeks"]) == (
        1, 1, [{"start": START.date().isoformat(), "before": 0, "after": 1}]
    )  # fmt: skip
    assert api(stranger, workspace=Workspace.objects.get(slug="elsewhere")).get(address).json()["runs"] == 0
    is_problem(api(auditor).get(f"{address}&frm=1"), 400)
    is_problem(api(auditor).get("/api/v1/policies/9/back-test/"), 404)
    is_problem(api(auditor).get("/api/v1/policies/1/back-test/?from=9"), 404)
    is_problem(api(auditor).get("/api/v1/policies/1/back-test/?since=2026-02-01&until=2026-01-01"), 400)
    assert api(auditor).get(f"/api/v1/policies/1/back-test/?from=1&{PERIOD}").json()["worse"] == 0
