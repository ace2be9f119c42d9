"""What assessments, findings and decisions say about a model: the attributes that nobody enters."""

from collections import Counter, defaultdict

from django.utils import timezone

from audits.assessments.models import Plan, Run
from audits.workflows.contents.residual import residual_of
from audits.workflows.contents.standings import shown_verdict
from audits.workflows.contents.validations import due_of
from audits.workflows.models import Arrangement, Finding, ValidationOpinion
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.contents.attributes import Told, conditions_of, day, told_of
from inventory.models import Model
from mrm.pages.wording import counted

RECENT = 5


def attributes_of(model: Model) -> list[Told]:
    """Every attribute of a model, those included that follow from assessments, findings and decisions.

    Of an entry of the past what the register said then; what was measured and decided by then is told by reports.
    """
    return told_of(model, derived={} if model.stood_at else _assurance(model))


def _assurance(model: Model) -> dict[str, list[str]]:
    held = defaultdict(list)
    for arrangement in Arrangement.objects.filter(model=model).standing(timezone.now()).order_by("ends_at"):
        held[arrangement.kind].append(arrangement)
    opinions = ValidationOpinion.objects.approved().filter(request__model=model).select_related("request__version")
    opinions = list(opinions.order_by("approved_at"))
    version = model.production_version() or model.versions.first()
    plans = list(Plan.objects.filter(version=version, enabled=True).order_by("next_due_at")) if version else []
    runs = list(Run.objects.filter(version=version).latest_per_plan().select_related("plan")) if version else []
    return {
        "first_validated": [_opinion(one) for one in opinions if one.request.kind in policies.FULL_TYPES][:1],
        "last_validated": [_opinion(one) for one in opinions[-1:]],
        "next_due": _validation_due(model)
        + [f"{plan.get_kind_display()} on {day(plan.next_due_at)}" for plan in plans[:RECENT]],
        "open_findings": _open_findings(model),
        "conditions": conditions_of(model) + [f"{day(one.starts_at)}: {one.title}" for one in held["condition"]],
        "exceptions": _held(held["exception"] + held["acceptance"]),
        "overlays": _held(held["overlay"]),
        "monitoring": _monitoring(plans, runs),
        "first_production": _production(model),
        "residual_rating": residual_of(model, version, runs, opinions[-1] if opinions else None),
    }


def _held(arrangements: list[Arrangement]) -> list[str]:
    """Exceptions, accepted risks or overlays, each with its end."""
    return [
        f"{one.reference}: {one.title}" + (f" (until {day(one.ends_at)})" if one.ends_at else "")
        for one in arrangements
    ]


def _opinion(opinion: ValidationOpinion) -> str:
    request = opinion.request
    about = f"version {request.version.number}" if request.version else "the model as a whole"
    outcome = opinion.get_outcome_display().lower()
    when, until = day(opinion.effective_on), day(opinion.expires_on)
    return f"{request.get_kind_display()} of {about} on {when}: {outcome} until {until} ({request.reference})"


def _validation_due(model: Model) -> list[str]:
    due = due_of([model]).get(model.pk)
    return [f"Full revalidation on {day(due.full_on)}", f"Review on {day(due.review_on)}"] if due else []


def _open_findings(model: Model) -> list[str]:
    counts = Counter(Finding.objects.open().filter(model=model).values_list("severity", flat=True))
    return [f"{counts[severity]} {severity}" for severity in Finding.Severity.values if counts[severity]]


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
