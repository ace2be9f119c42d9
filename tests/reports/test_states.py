"""A report takes the steps of its table, and the trail says which."""

import pytest
from django.utils import timezone

from mrm.errors import RuleBroken
from reports.contents.agreement import disagreements
from reports.models import Report
from reports.services import issuing, request_report
from reports.states import REPORT_TRANSITIONS, ReportState
from tests.factories import without_triggers


@pytest.fixture
def requested(story) -> Report:
    today = timezone.localdate()
    return request_report(story.model, period_start=today, period_end=today, actor=story.auditor)


def test_every_state_of_a_report_is_reached_from_the_first():
    assert {ReportState.REQUESTED, *REPORT_TRANSITIONS.values()} == set(ReportState)


def test_a_report_that_failed_stays_so_and_another_is_asked_for(story, requested):
    failed = issuing._fail(requested, "There is no key.")
    with pytest.raises(RuleBroken, match="is failed; you cannot seal it"):
        issuing._keep(failed, b"%PDF", b"{}", version=story.version)
    day = failed.period_end
    again = request_report(story.model, period_start=day, period_end=day, actor=story.auditor)
    assert (again.state, again.reference == failed.reference) == (ReportState.REQUESTED, False)


def test_a_report_that_no_entry_says_was_sealed_is_named(requested):
    without_triggers("reports_report", f"UPDATE reports_report SET state = 'sealed' WHERE id = '{requested.pk}'")
    told = [one for one in disagreements() if str(requested.pk) in one]
    assert len(told) == 1 and "is sealed, which is not where the last entry about it" in told[0]
