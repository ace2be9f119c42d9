"""A report names what held for a time in its period, so that it never says "none" of a model that was stopped."""

from datetime import timedelta

from django.utils import timezone

from reports.contents.arrangements import adjustments_of
from reports.contents.gather import gather
from reports.services import request_report
from tests.reports import samples
from tests.signing import suspend

DAY = timedelta(days=1)


def test_a_suspension_is_told_in_every_period_that_it_lies_in_and_in_no_other(story):
    suspension = suspend(story.model, reason="Its output is constant.", actor=story.owner)
    now = timezone.now()

    def told(start, end):
        return [one for one in adjustments_of(story.model, start, end) if one.kind == "Suspension"]

    (one,) = told(now - DAY, now + DAY)
    assert (one.reference, one.what, one.expires) == (suspension.reference, suspension.title, "when it is lifted")
    assert str(story.owner) in one.approved
    assert told(now + DAY, now + 2 * DAY) == [one]
    assert told(now - 2 * DAY, now - DAY) == []


def test_the_approval_behind_the_version_in_use_stands_in_the_report(story):
    today = timezone.now().date()
    report = request_report(story.model, period_start=today - 300 * DAY, period_end=today, actor=story.validator)
    told = gather(report).report
    held = story.model.arrangements.get(kind="approval")
    assert [
        (one.reference, one.approved.partition("by ")[2]) for one in told.adjustments if one.kind == "Approval"
    ] == [(held.reference, held.change.reference)]
    assert len(told.examined) == len({line.partition(",")[0] for line in told.examined})


def test_a_method_is_printed_once_where_only_its_numbers_differ():
    for section in samples.make_report().sections:
        shapes = [(measure, "".join(c for c in method if not c.isdigit())) for measure, method in section.methods]
        assert len(shapes) == len(set(shapes))
        assert {measure for measure, _ in shapes} == {result.measure for result in section.results}
