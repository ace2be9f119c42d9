"""What the people of the demo do about a finding, through the public services."""

from datetime import timedelta

from django.utils import timezone

from audits.assessments.models import Run
from audits.workflows import services as workflows
from audits.workflows.models import Finding
from demo.cast import PASSWORD, Cast
from mrm.accounts.services import act_at_once


def begin_plan(cast: Cast, finding: Finding, *what: str) -> None:
    """The owner hands in who does what; the validator accepts it, and the first of several is done."""
    today = timezone.localdate()
    items = [
        {"what": one, "owner": cast.engineer, "due_at": today + timedelta(days=14 * number)}
        for number, one in enumerate(what, start=1)
    ]
    plan = workflows.submit_plan(finding, items=items, actor=cast.owner)
    workflows.review_plan(finding, accepted=True, reason="Enough, and in time.", actor=cast.validator)
    if len(what) > 1:
        first = plan.items.select_related("plan__finding__model").first()
        workflows.complete_action_item(
            first, outcome="Done; the comparison is in the model's folder.", actor=cast.engineer
        )


def finish_plan(cast: Cast, finding: Finding) -> None:
    for item in finding.plan().items.filter(done_at__isnull=True).select_related("plan__finding__model"):
        workflows.complete_action_item(item, outcome="Done, and tested with the branch.", actor=cast.engineer)


def close_severe(cast: Cast, finding: Finding, *, run: Run) -> None:
    """The validator did the test again and closes; the risk officer signs."""
    told = "Measured again since the change: what the finding cites is within its limit."
    workflows.record_reperformance(finding, run=run, told=told, actor=cast.validator)
    said = "The branch sends shares, and the run shows it."
    act_at_once(workflows.FINDING_CLOSURE, finding, comment=said, password=PASSWORD, actor=cast.validator)
    said = "Read with the run."
    act_at_once(workflows.FINDING_SIGN_OFF, finding, comment=said, password=PASSWORD, actor=cast.officer)
