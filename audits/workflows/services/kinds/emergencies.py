"""Emergencies: letting a suspended model run again, and releasing a version although its gate is closed."""

from datetime import date, timedelta

from django.utils import timezone

from audits.workflows.gates import Gate, gate_for
from audits.workflows.models import Arrangement, ChangeRequest, Finding
from audits.workflows.services import arrangements
from audits.workflows.services.findings.issuing import raise_finding
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, the_model, why_not_until
from audits.workflows.services.kinds.promotion import supersede
from inventory.models import Model, Policy, Use
from inventory.policies import SEVERE
from inventory.services import resume_model
from inventory.states import Status, UseState
from mrm.pages.wording import day


def _suspended_uses(change: ChangeRequest) -> dict[str, str]:
    held = change.model.uses.filter(held=UseState.SUSPENDED)
    return {str(use.number): f"{use.number}: {use.title}" for use in held}


def _use(change: ChangeRequest) -> Use | None:
    """The one that is to go on; none where it is the model."""
    number = change.terms.get("use")
    return change.model.uses.select_related("model").get(number=number) if number else None


def _why_not_resume(change: ChangeRequest) -> list[str]:
    model, use = change.model, _use(change)
    if reasons := _criticals(model):
        return reasons
    if use is None:
        held = "; name the use that is to go on" if _suspended_uses(change) else ""
        return [] if model.status == Status.SUSPENDED else [f"{model} is not suspended{held}."]
    if use.held != UseState.SUSPENDED:
        return [f"{use} is not suspended by an order of its own."]
    return [f"{model} is suspended as a whole; that is lifted first."] if model.status == Status.SUSPENDED else []


def _criticals(model: Model) -> list[str]:
    """Open critical findings about what would run again; nobody accepts their risk."""
    found = model.findings.open().filter(severity=Finding.Severity.CRITICAL)
    found = found.select_related("model", "version").order_by("reference")
    return [f"{one.reference} (critical) is open: {one.title}." for one in found if one.is_about_what_is_in_use]


def _suspension(change: ChangeRequest) -> dict:
    """Why it was stopped, and what whoever lets it run again should know of it."""
    suspension, model = _running(change), change.model
    severe = model.findings.open().filter(severity__in=SEVERE).order_by("reference")
    lapsed = Arrangement.objects.unsettled().filter(model=model).order_by("reference")
    return {
        "suspension": {"reference": suspension.reference, "because": suspension.title} if suspension else None,
        "findings": [{"reference": one.reference, "severity": one.severity, "title": one.title} for one in severe],
        "not_in_order": [{"reference": one.reference, "title": one.title} for one in lapsed],
    }


def _running(change: ChangeRequest) -> Arrangement | None:
    suspensions = Arrangement.objects.active().filter(model=change.model, kind=Arrangement.Kind.SUSPENSION)
    return suspensions.filter(use=_use(change)).first()


def _resume(change: ChangeRequest, actor) -> str:
    because, use = f"Lifted by {change.reference}.", _use(change)
    if use is None:
        resume_model(change.model, because=because, actor=actor)
    if suspension := _running(change):
        arrangements.end(arrangements.locked(suspension), because=because, actor=actor)
    if use is not None:
        use.refresh_from_db()
        limits = f", restricted: {use.state_because}" if use.state == UseState.RESTRICTED else "."
        return f"{use} goes on{limits}"
    if lapsed := arrangements.restrict_as_lapsed(change.model):
        return f"{change.model} runs again, restricted: {lapsed.reference} is not put in order."
    return f"{change.model} runs again."


def _what_is_stopped(change: ChangeRequest) -> str:
    use = change.terms.get("use")
    return f"{change.model_id}:{use}" if use else the_model(change)


RESUMPTION = ChangeKind(
    about="model",
    purpose="Let a suspended model, or one suspended use of it, run again.",
    if_approved="With the second approval the model, or the use, goes on as far as nothing else limits it.",
    if_not="What is suspended stays so.",
    terms=(
        Term(
            name="use",
            label="Use that is to go on",
            shape="choice",
            required=False,
            choices=_suspended_uses,
            help="Where a use was suspended on its own; left empty, the model as a whole.",
        ),
        Term(name="remedy", label="What was found and done", help="Why the reason for stopping it no longer holds."),
    ),
    why_not=_why_not_resume,
    evidence=_suspension,
    carry_out=_resume,
    at_stake=_what_is_stopped,
)


def _gate_of_release(change: ChangeRequest) -> Gate:
    return gate_for(change.version)


def _bars_release(gate: Gate) -> list[str]:
    if gate.is_open:
        return ["The gate is open: ask for a promotion."]
    return [blocker.text for blocker in gate.blockers if blocker.binds_in_an_emergency]


def _why_not_release(change: ChangeRequest) -> list[str]:
    most_days = Policy.objects.in_force().section("break_glass")["most_days"]
    return why_not_until(change.terms["ends_on"], most_days=most_days) + _why_not_on(change, most_days)


def _why_not_on(change: ChangeRequest, most_days: int) -> list[str]:
    """One emergency release after the other lasts no longer than the first might: then somebody approves in full."""
    held = Arrangement.objects.filter(model=change.model).order_by("-starts_at")
    full = held.filter(kind=Arrangement.Kind.APPROVAL).first()  # One person goes back to an earlier one.
    releases = held.filter(kind=Arrangement.Kind.BREAK_GLASS)
    first = (releases.filter(starts_at__gt=full.starts_at) if full else releases).last()
    if (
        first is None
        or change.terms["ends_on"] <= (latest := first.starts_at.date() + timedelta(days=most_days)).isoformat()
    ):
        return []
    if latest < timezone.now().date():
        return [
            f"Since {first.reference} began on {day(first.starts_at)} nothing was approved in full, and the days of an "
            "emergency are over: ask for a promotion."
        ]
    return [
        f"Since {first.reference} began on {day(first.starts_at)} nothing was approved in full: another emergency "
        f"release ends by {day(latest)} as well, not on {day(date.fromisoformat(change.terms['ends_on']))}."
    ]


def _release(change: ChangeRequest, actor) -> str:
    outcome = supersede(change, actor)
    release = arrangements.begin(
        change,
        Arrangement.Kind.BREAK_GLASS,
        title=f"{change.version} although the gate was closed",
        ends_at=end_of(change.terms["ends_on"]),
        actor=actor,
    )
    finding = raise_finding(
        change.model,
        version=change.version,
        severity="medium",
        title=f"Emergency release {release.reference}",
        observation="Released although the gate was closed:\n" + "\n".join(change.evidence["overridden"]),
        criterion="break_glass",
        required_outcome=f"The version is approved in full, or replaced, before {release.reference} ends.",
        origin=f"break_glass:{release.pk}",
        actor=None,
    )
    return f"{outcome} {release.reference} ends on {change.terms['ends_on']}; {finding.reference} reports it."


BREAK_GLASS = ChangeKind(
    about="version",
    purpose="Put a version into production in an emergency although its gate is closed; for days, not for good.",
    if_approved="With the second approval the version goes into production, everything it lacks is kept on record, "
    "a finding reports it, and a sealed report of the day tells who decided over what.",
    if_not="What is in use stays in use.",
    on_lapse="Unless the version is approved in full by its end, the use is restricted.",
    terms=(
        Term(name="emergency", label="Emergency", help="What happens to whom if nothing is released now."),
        Term(
            name="compensating_control", label="Compensating control", help="What is watched, and by whom, meanwhile."
        ),
        Term(name="ends_on", label="Until", shape="day"),
    ),
    gate=_gate_of_release,
    bars=_bars_release,
    why_not=_why_not_release,
    carry_out=_release,
)
