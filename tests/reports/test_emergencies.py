"""Rule 7: an emergency release takes two people, has an end, and is told in a sealed report, once."""

import pytest
from django.db import IntegrityError, transaction

from audits.trail.models import Action, Entry
from audits.workflows.models import Arrangement
from reports.contents.gather import gather
from reports.models import Report
from reports.services import report_emergencies
from tests.factories import make_model
from tests.fixtures.story import make_scoring_version
from tests.workflows.kinds import decided, in_days

TERMS = {"emergency": "No score since noon.", "compensating_control": "Every case by hand."}


@pytest.fixture
def release(story) -> Arrangement:
    version = make_scoring_version(story.model, story.booster, story.folder, actor=story.engineer)
    officers = (story.validator, story.risk_officer)
    terms = TERMS | {"ends_on": in_days(7)}
    return decided("break_glass", version, *officers, terms=terms, actor=story.engineer).arrangements.get()


def test_7_an_emergency_release_is_reported_once_with_who_decided_and_the_finding_about_it(story, release):
    for _ in range(3):
        report_emergencies()
    report = Report.objects.exclude(origin="").get()  # The story may have a sealed one of another file.
    assert (report.origin, report.requested_by) == (f"break_glass:{release.pk}", None)
    assert Entry.objects.about(report).get().action == Action.REPORT_REQUESTED
    told = gather(report)
    assert {story.validator.display_name, story.risk_officer.display_name} <= {
        decision.name for decision in told.report.decisions
    }
    assert any(release.reference in str(finding) for finding in told.report.findings)


def test_a_report_asked_for_by_somebody_else_is_no_report_of_an_emergency(story, release):
    report_emergencies()
    with pytest.raises(IntegrityError, match="one_report_per_origin"), transaction.atomic():
        Report.objects.create(
            reference="R-2026-9999",
            model=make_model(),
            period_start="2026-01-01",
            period_end="2026-01-01",
            origin=f"break_glass:{release.pk}",
        )
