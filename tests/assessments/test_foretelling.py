"""What alerts were worth: which came before a real fall, which falls came without one, and when that is not known."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from audits.assessments.services.foretelling import Span, Window, foretelling, performance_of
from tests.assessments.test_backtests import back_tested, psi, with_limit
from tests.fixtures.past import START, WEEK, measured

DAY = timedelta(days=1)
FIRST = datetime(2025, 1, 6, tzinfo=UTC)


def weeks(*verdicts):
    """Realised performance, week after week."""
    return performance_of((Window(FIRST + n * WEEK, FIRST + (n + 1) * WEEK), one) for n, one in enumerate(verdicts))


def alert(first: int, last: int | None = None, run: str = ""):
    ends = (FIRST + (week + 1) * WEEK for week in (first, first if last is None else last))
    return Span(*ends, run or f"run {first}")


def worth(performance, *alerts, watched=None):
    everything = [alert(week) for week in range(40)] if watched is None else watched
    return foretelling({"v": list(alerts)}, {"v": performance}, {"v": everything})


STEADY = ["within"] * 40


def with_fall(*fallen: int):
    return weeks(*("red" if week in fallen else one for week, one in enumerate(STEADY)))


@pytest.mark.parametrize(
    ("week", "came"),
    [
        (4, "followed_by_none"),
        (7, "preceded"),
        (20, "preceded"),
        (21, "during"),
        (22, "during"),
        (23, "followed_by_none"),
        (30, "not_known"),
    ],
)
def test_an_alert_counts_by_what_came_after_it(week, came):
    """Performance falls in weeks 20 to 22; an alert may come 13 weeks earlier, and as long must have been measured."""
    found = worth(with_fall(20, 21, 22), alert(week))
    counted = {name: getattr(found, name) for name in ("preceded", "during", "followed_by_none", "not_known")}
    assert counted == {name: int(name == came) for name in counted}
    assert (found.falls, found.foretold, found.missed) == (1, int(came == "preceded"), int(came != "preceded"))


def test_an_alert_that_still_stands_precedes_a_fall_long_after_it_began():
    assert worth(with_fall(30), alert(2, 25)).preceded == 1
    assert worth(with_fall(30), alert(2, 3)).followed_by_none == 1


def test_a_fall_is_missed_only_where_something_was_watched_before_it():
    assert worth(with_fall(20)).missed == 1
    alone = worth(with_fall(20), watched=[])
    assert (alone.falls, alone.missed, alone.unwatched) == (0, 0, 1)


def test_performance_that_rests_undecided_ends_no_fall_and_begins_none():
    found = weeks("within", "insufficient", "amber", "unknown", "red", "within", "red")
    assert [(fall.start, fall.until) for fall in found.falls] == [
        (FIRST + 2 * WEEK, FIRST + 5 * WEEK), (FIRST + 6 * WEEK, FIRST + 7 * WEEK),
    ]  # fmt: skip


def test_measured_again_the_later_verdict_of_a_window_counts():
    window = Window(FIRST, FIRST + WEEK)
    assert performance_of([(window, "red"), (window, "within")]).falls == []


def test_few_falls_or_alarms_are_insufficient_evidence_whatever_they_say():
    assert worth(with_fall(20), *(alert(week) for week in range(16, 21))).evidence == "insufficient"
    assert worth(with_fall(*range(1, 40, 2)), alert(2), alert(4)).evidence == "insufficient"


def test_alerts_are_set_against_what_chance_gives():
    """Six falls, 40 weeks apart: alerts just before them, in every week, and only long before."""
    falls = [40 * n for n in range(1, 7)]
    performance = weeks(*("red" if week in falls else "within" for week in range(260)))
    watched = [alert(week) for week in range(241)]
    good = worth(performance, *(alert(fall - near) for fall in falls[:5] for near in (1, 2)), watched=watched)
    assert (good.preceded, good.alarms, good.missed, good.evidence) == (10, 10, 1, "better than chance")
    everywhere = worth(performance, *watched, watched=watched)
    assert (everywhere.missed, everywhere.evidence) == (0, "insufficient"), "an alert in every week foretells nothing"
    bad = worth(performance, *(alert(fall - near) for fall in falls for near in (15, 16, 17, 18)), watched=watched)
    assert (bad.preceded, bad.missed, bad.evidence) == (0, 6, "worse than chance")


def test_alerts_of_one_run_are_one_alarm():
    found = worth(with_fall(20), alert(19, run="one"), alert(19, run="one"), alert(18, run="other"))
    assert (found.alerts, found.preceded, found.alarms, found.alarms_preceded) == (3, 3, 2, 2)


def test_nothing_measured_with_outcomes_says_nothing():
    found = foretelling({"v": [alert(3)]}, {}, {"v": [alert(3)]})
    assert (found.alerts, found.not_known, found.falls, found.by_chance, found.share) == (1, 1, 0, None, None)
    assert foretelling({}, {}, {}).evidence == "insufficient"


@pytest.fixture
def a_year(told):
    """Income drifts a little in week 2; performance falls in week 4, and that is measured until week 20."""
    for week in range(5):
        drifted = 0.2 if week >= 2 else 0.05
        fall = -0.1 if week == 4 else 0.0
        detail = {"tolerance": {"0.1": 0.001 if week >= 2 else 0.9, "0.25": 0.9}}
        told(
            week,
            psi(drifted, "income", "feature", detail=detail),
            measured(fall, fall - 0.01, fall + 0.01, measure="auc_change"),
        )


def laxer():
    return with_limit({"measure": "psi", "role": "feature", "red": 0.25, "decided_by": "tolerance"})


def test_a_laxer_limit_would_have_missed_the_fall_that_the_alerts_of_then_preceded(a_year):
    found = back_tested(laxer())
    then, now = found.foretold_before, found.foretold_after
    assert (then.alerts, then.preceded, then.falls, then.missed) == (1, 1, 1, 0)
    assert (now.alerts, now.preceded, now.falls, now.missed) == (0, 0, 1, 1)
    assert found.summary()["foretelling"]["after"]["missed"] == 1


def test_what_tells_of_outcomes_itself_is_a_fall_and_no_alert(told):
    told(0, measured(-0.1, -0.11, -0.09, measure="auc_change"))
    found = back_tested(laxer())
    assert (found.opened_after, found.foretold_after.alerts, found.foretold_after.unwatched) == (1, 0, 1)


def test_the_page_and_the_api_say_how_many_alerts_preceded_a_fall_and_how_sure_that_is(a_year, client, api, auditor):
    period = f"since={START:%Y-%m-%d}&until={START + 99 * WEEK:%Y-%m-%d}"
    client.force_login(auditor)
    page = client.get(f"{reverse('backtest-policy', args=[1])}?{period}").text
    assert "preceded a real fall in performance" in page and "insufficient evidence" in page
    body = api(auditor).get(f"/api/v1/policies/1/back-test/?{period}").json()
    told = body["foretold_after"]
    assert (told["alerts"], told["preceded"], told["missed"], told["evidence"]) == (1, 1, 0, "insufficient")
