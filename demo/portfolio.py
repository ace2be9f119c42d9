"""The whole demo portfolio, story by story, with a progress bar; then the reports that an auditor finds."""

from datetime import timedelta

from tqdm import tqdm

from audits.workflows.services import count_all_marked
from demo.building import Calendar
from demo.cast import PASSWORD, Cast, assemble
from demo.entries import connect
from demo.policy import propose_next, revise
from demo.stories import STORIES
from demo.surveys import take_over
from demo.waiting import leave_waiting
from inventory.models import Model
from inventory.services import prepare_installation
from mrm.accounts.services import act_at_once
from reports.models import Report
from reports.services import REPORT_SIGNATURE, issue_report, publish_report, request_report

REPORTED = {"credit-default": "Report on credit default", "energy-demand": "Report on energy demand"}
PUBLISHED = "energy-demand"  # The other one waits for its signature.


def build() -> None:
    """Tell every story and issue the reports; what exists already is left as it is."""
    prepare_installation()
    cast = assemble()
    revise(cast)
    calendar = Calendar.of(cast)
    with tqdm(total=len(STORIES) + len(REPORTED), bar_format="{desc:<28} {bar} {n_fmt}/{total_fmt}") as bar:
        for name, tell in STORIES.items():
            bar.set_description_str(name)
            tell(cast, calendar)
            bar.update()
        connect(cast)
        take_over(cast)
        for slug, name in REPORTED.items():
            bar.set_description_str(name)
            report_on(Model.objects.get(slug=slug), cast, calendar)
            bar.update()
    propose_next(cast)
    leave_waiting(cast)
    count_all_marked()  # The portfolio is the first page that a newcomer opens.


def report_on(model: Model, cast: Cast, calendar: Calendar) -> None:
    """A monitoring report over the year, unless there is one; signed and published of what goes well."""
    if Report.objects.filter(model=model).exists():
        return
    end = calendar.end.date()
    report = request_report(model, period_start=end - timedelta(days=364), period_end=end, actor=cast.validator)
    issue_report(report.pk)
    if model.slug == PUBLISHED:
        act_at_once(REPORT_SIGNATURE, report, password=PASSWORD, actor=cast.officer)
        publish_report(report, actor=cast.officer)
