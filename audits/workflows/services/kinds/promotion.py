"""Promotion: a version goes into production, approved until a day, under conditions; and approving what runs again."""

from datetime import timedelta

from django.utils import timezone

from audits.assessments.services import close_breaches_of
from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.gates import Gate, gate_for, gate_for_approval
from audits.workflows.models import Arrangement, ChangeRequest, Retraining
from audits.workflows.services import arrangements
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, natural_persons, why_not_until
from audits.workflows.services.transitions import move
from audits.workflows.states import RetrainingState
from inventory.models import ModelVersion, Policy, Use
from inventory.policies import rules_of, section
from inventory.services import approve_use, promote_version, put_back, start_use, terms_digest, why_not_live
from inventory.states import Stage, Status, UseState
from mrm.pages.wording import day

Kind = Arrangement.Kind
# What says that a version may be in use, and so ends with its use.
OF_ONE_VERSION = (
    Kind.APPROVAL,
    Kind.CONDITION,
    Kind.EXCEPTION,
    Kind.OVERLAY,
    Kind.BREAK_GLASS,
    Kind.ROLLBACK,
    Kind.VALIDATION,
    Kind.FINDING,
)

UNTIL = Term(
    name="ends_on",
    label="Approved until",
    shape="day",
    required=False,
    help="Left empty, as long as the policy allows for the tier. Then the use is restricted unless approved again.",
)


def _uses(change: ChangeRequest) -> dict[str, str]:
    uses = change.model.uses.exclude(state=UseState.ENDED)
    return {str(use.number): f"{use.number}: {use.title}" for use in uses}


USES = Term(
    name="uses",
    label="For the uses",
    shape="several",
    required=False,
    choices=_uses,
    help="What it may be used for; each that is live must be named, or it would be restricted.",
)


def uses_of(change: ChangeRequest) -> list[Use]:
    return list(change.model.uses.select_related("model").filter(number__in=change.terms.get("uses", ())))


def terms_of_uses(change: ChangeRequest) -> dict:
    """What each use says that it would be approved for; whoever rewords one voids what was signed."""
    return {
        "uses": [
            {"number": use.number, "title": use.title, "terms": terms_digest(use)}
            for use in sorted(uses_of(change), key=lambda use: use.number)
        ]
    }


def most_days(change: ChangeRequest) -> int:
    _, document = Policy.objects.document_in_force()
    return section(document, "approvals_last")[rules_of(change.tier)]


def last_day(change: ChangeRequest) -> str:
    """The day that was asked for, else the latest that the policy allows."""
    latest = timezone.now().date() + timedelta(days=most_days(change))
    return change.terms.get("ends_on") or latest.isoformat()


def approve_for_uses(change: ChangeRequest, actor) -> None:
    """For the uses that the request names. Before the version is promoted, so that none of them is ever without."""
    sentences = [f"{one['text']} (by {one['due_on']})" for one in conditions_of(change)]
    for use in uses_of(change):
        approve_use(
            change.version,
            use,
            expires_at=end_of(last_day(change)),
            conditions=sentences,
            change_reference=change.reference,
            actor=actor,
        )


def approve_version(change: ChangeRequest, actor) -> str:
    """The approval itself and the conditions that its deciders set; what it makes good is put in order."""
    version, until = change.version, last_day(change)
    approval = arrangements.begin(change, Kind.APPROVAL, title=f"{version} for use", ends_at=end_of(until), actor=actor)
    for condition in conditions_of(change):
        arrangements.begin(
            change, Kind.CONDITION, title=condition["text"], ends_at=end_of(condition["due_on"]), actor=actor
        )
    for use in uses_of(change):
        if use.state == UseState.APPROVED:
            start_use(use, actor=actor)
        else:
            put_back(use, because=f"Approved by {change.reference}.", actor=actor)
    arrangements.settle(
        change.model, Arrangement.FOR_PRODUCTION, because=f"Approved again by {change.reference}.", actor=actor
    )
    return day(approval.ends_at - timedelta(days=1))


def conditions_of(change: ChangeRequest) -> list[dict]:
    """The conditions under which people approved, each once."""
    conditions = [condition for decision in change.approvals() for condition in decision.conditions]
    return [condition for place, condition in enumerate(conditions) if condition not in conditions[:place]]


def supersede(change: ChangeRequest, actor) -> str:
    """Put the version into production and end what rested on the one before it."""
    before = change.model.production_version()
    promote_version(change.version, actor=actor)
    conclude_retraining(change.version, actor=actor, change=change.reference)
    arrangements.restrict_as_lapsed(change.model)
    if before is None:
        return f"{change.version} is in production."
    because = f"Superseded: {change.version} was promoted by {change.reference}."
    going_on = end_what_rested_on(before, because=because, now=change.version)
    told = "".join(f" {reference} goes on: it is the same artifact." for reference in going_on)
    return f"{change.version} is in production; {before} is superseded.{told}"


def conclude_retraining(version: ModelVersion, *, actor, **told) -> None:
    """A retraining whose candidate went into production has come to its end; `told` is what else its entry says."""
    made = Retraining.objects.select_for_update(of=("self",)).select_related("change__model")
    retraining = made.filter(candidate=version, state=RetrainingState.SUCCEEDED).first()
    if retraining:
        move(retraining, "promote")
        record(Action.RETRAINING_PROMOTED, actor=actor, subject=retraining, candidate=version.number, **told)


def end_what_rested_on(version: ModelVersion, *, because: str, now: ModelVersion) -> list[str]:
    """Close the breaches of a version that left production, and what held because it was there.

    Where the same artifact is in production `now` under another number, what was said of it goes on: its references.
    """
    close_breaches_of(version, reason=because, actor=None)
    going_on = []
    of_a_version = Arrangement.objects.holding().filter(model=version.model_id, version__isnull=False)
    for one in of_a_version.filter(kind__in=OF_ONE_VERSION).select_related("version").order_by("starts_at"):
        if not one.is_held_against(version):
            continue
        if one.is_held_against(now):
            going_on.append(one.reference)
        else:
            arrangements.end(arrangements.locked(one), because=because, actor=None)
    return going_on


def _gate_of_promotion(change: ChangeRequest) -> Gate:
    return gate_for(change.version, for_uses=uses_of(change))


def _why_not_until(change: ChangeRequest) -> list[str]:
    return why_not_until(last_day(change), most_days=most_days(change))


def _promote(change: ChangeRequest, actor) -> str:
    approve_for_uses(change, actor)
    outcome = supersede(change, actor)
    return f"{outcome} It is approved until {approve_version(change, actor)}."


def _gate_of_approval(change: ChangeRequest) -> Gate:
    return gate_for_approval(change.version, for_uses=uses_of(change))


def _why_not_approve(change: ChangeRequest) -> list[str]:
    version, reasons = change.version, []
    if version.stage != Stage.PRODUCTION:
        reasons.append(f"Only what is in production is approved again; {version} is {version.stage}.")
    if change.model.status == Status.SUSPENDED:
        reasons += [why_not_live(use) for use in uses_of(change) if use.state in (UseState.PROPOSED, UseState.APPROVED)]
    return reasons + _why_not_until(change)


def _approve(change: ChangeRequest, actor) -> str:
    for earlier in Arrangement.objects.active().filter(version=change.version, kind__in=Arrangement.FOR_PRODUCTION):
        arrangements.end(arrangements.locked(earlier), because=f"Approved again by {change.reference}.", actor=actor)
    approve_for_uses(change, actor)
    return f"{change.version} is approved until {approve_version(change, actor)}."


PROMOTION = ChangeKind(
    about="version",
    purpose="Put a candidate or challenger into production.",
    if_approved="With the last approval this version goes into production, at once, and supersedes the one before.",
    if_not="What is in use stays in use.",
    on_lapse="When the approval expires the use is restricted, until the version is approved again or replaced.",
    terms=(USES, UNTIL),
    gate=_gate_of_promotion,
    why_not=_why_not_until,
    evidence=terms_of_uses,
    carry_out=_promote,
    concerns=natural_persons,
)
APPROVAL = ChangeKind(
    about="version",
    purpose="Approve what is in production for a further period, or after an emergency release.",
    if_approved="The approval runs from now until its new end; a restriction that came from its lapse is lifted.",
    if_not="The present approval runs until its end; then the use is restricted.",
    on_lapse="When the approval expires the use is restricted, until the version is approved again or replaced.",
    terms=(USES, UNTIL),
    gate=_gate_of_approval,
    why_not=_why_not_approve,
    evidence=terms_of_uses,
    carry_out=_approve,
    concerns=natural_persons,
)
