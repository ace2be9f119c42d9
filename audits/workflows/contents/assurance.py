"""What assessments, findings and decisions say about a model: the attributes that nobody enters."""

from collections import Counter, defaultdict

from django.utils import timezone

from audits.assessments.models import Plan, Run
from audits.statistics.limits import worst
from audits.workflows.contents.standings import shown_verdict
from audits.workflows.models import Arrangement, ChangeRequest, Decision, Finding
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.contents.attributes import Told, conditions_of, day, told_of
from inventory.models import Model, Policy
from mrm.accounts.policies import Role
from mrm.pages.wording import counted, sentence

RECENT = 5


def attributes_of(model: Model) -> list[Told]:
    """Every attribute of a model, those included that follow from assessments, findings and decisions."""
    return told_of(model, derived=_assurance(model))


def _assurance(model: Model) -> dict[str, list[str]]:
    held = defaultdict(list)
    for arrangement in Arrangement.objects.filter(model=model).standing(timezone.now()).order_by("ends_at"):
        held[arrangement.kind].append(arrangement)
    reviews = Decision.objects.standing().filter(
        change__model=model, change__kind=ChangeRequest.Kind.PROMOTION, role=Role.VALIDATOR
    )
    reviews = reviews.select_related("change__version").order_by("decided_at")
    version = model.production_version() or model.versions.first()
    plans = list(Plan.objects.filter(version=version, enabled=True).order_by("next_due_at")) if version else []
    runs = list(Run.objects.filter(version=version).latest_per_plan().select_related("plan")) if version else []
    return {
        "first_validated": _review(reviews.first()),
        "last_validated": _review(reviews.last()),
        "next_due": [f"{plan.get_kind_display()} on {day(plan.next_due_at)}" for plan in plans[:RECENT]],
        "open_findings": _open_findings(model),
        "conditions": conditions_of(model) + [f"{day(one.starts_at)}: {one.title}" for one in held["condition"]],
        "exceptions": _held(held["exception"] + held["acceptance"]),
        "overlays": _held(held["overlay"]),
        "monitoring": _monitoring(plans, runs),
        "first_production": _production(model),
        "residual_rating": [_residual(model, runs)],
    }


def _held(arrangements: list[Arrangement]) -> list[str]:
    """Exceptions, accepted risks or overlays, each with its end."""
    return [
        f"{one.reference}: {one.title}" + (f" (until {day(one.ends_at)})" if one.ends_at else "")
        for one in arrangements
    ]


def _review(decision: Decision | None) -> list[str]:
    if decision is None:
        return []
    outcome = "approved" if decision.approved else "rejected"
    change = decision.change
    when = day(decision.decided_at)
    return [f"Version {change.version.number}, {outcome} by {decision.printed_name} on {when} ({change.reference})"]


def _open_findings(model: Model) -> list[str]:
    counts = Counter(Finding.objects.open().filter(model=model).values_list("severity", flat=True))
    return [f"{counts[severity]} {severity}" for severity in Finding.Severity.values if counts[severity]]


def _residual(model: Model, runs: list[Run]) -> str:
    """The rating that the policy gives to the tier and the worst verdict; nothing measured is not better than red."""
    verdicts = [shown_verdict(run.verdict, run.state) for run in runs]
    document = Policy.objects.in_force().document
    return sentence(policies.residual_rating(document, model.tier, worst(verdicts) if verdicts else ""))


def _monitoring(plans: list[Plan], runs: list[Run]) -> list[str]:
    verdicts = {run.plan_id: (shown_verdict(run.verdict, run.state), run.window_end) for run in runs}
    lines = []
    for plan in plans:
        verdict, until = verdicts.get(plan.pk, ("", None))
        lines.append(f"{plan.get_kind_display()}: " + (f"{verdict} until {day(until)}" if verdict else "not run yet"))
    return lines


def _production(model: Model) -> list[str]:
    promoted = model.versions.filter(promoted_at__isnull=False).order_by("promoted_at").first()
    lines = [f"First in production on {day(promoted.promoted_at)} (version {promoted.number})"] if promoted else []
    last = model.changes.filter(state=ChangeState.COMPLETED).order_by("-completed_at").first()
    if last:
        what = f"{last.get_kind_display()} on {day(last.completed_at)} ({last.reference})"
        done = model.changes.filter(state=ChangeState.COMPLETED).count()
        lines.append(f"Last change: {what}; {counted(done, 'change')} in all")
    return lines
