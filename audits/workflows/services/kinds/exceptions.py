"""An exception from one clause of the policy: for a time, with something in its place, renewed as often as it says."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import arrangements
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, why_not_until
from audits.workflows.states import ArrangementState
from inventory.models import ModelVersion, Policy
from inventory.policies import CLAUSES, is_severe_exception


def waivable(change: ChangeRequest) -> dict[str, str]:
    """By the policy in force; a clause that it names and that binds nobody any more is left out."""
    named = Policy.objects.in_force().section("exceptions")["waivable"]
    return {clause: CLAUSES[clause] for clause in named if clause in CLAUSES}


def _why_not(change: ChangeRequest) -> list[str]:
    rules, clause = Policy.objects.in_force().section("exceptions"), change.terms["clause"]
    reasons = why_not_until(change.terms["ends_on"], most_days=rules["most_days"])
    if clause not in waivable(change):
        reasons.append(f"The policy allows no exception from: {CLAUSES.get(clause, clause).lower()}.")
    if change.renews and (change.renews.kind != Arrangement.Kind.EXCEPTION or change.renews.clause != clause):
        reasons.append(f"{change.renews.reference} is no exception from this clause.")
    if change.renews and change.renews.state != ArrangementState.ACTIVE:
        reasons.append(f"{change.renews.reference} is {change.renews.state}; only an active exception is renewed.")
    earlier = _earlier(change, since=timezone.now() - timedelta(days=rules["most_days"]))
    held = [one for one in earlier if one.state == ArrangementState.ACTIVE and one.version in (None, change.version)]
    if running := next((one for one in held if one != change.renews), None):
        reasons.append(f"{running.reference} already allows it until its end; ask for its renewal.")
    if len(earlier) > rules["renewals"]:
        told = ", ".join(one.reference for one in earlier)
        reasons.append(
            f"An exception is renewed {rules['renewals']} time(s) at most, and there were {told}: it must be put right."
        )
    return reasons


def _earlier(change: ChangeRequest, *, since) -> list[Arrangement]:
    """Exceptions from the same clause that hold or held lately: ending one to ask anew is a renewal too.

    So is asking for the model what was granted for a version of it, the other way round, or for the same artifact under
    another number.
    """
    alike = Arrangement.objects.filter(
        model=change.model, kind=Arrangement.Kind.EXCEPTION, clause=change.terms["clause"]
    ).select_related("version")
    if version := change.version:
        alike = alike.filter(Q(version=None) | Q(version__in=ModelVersion.objects.of_artifact(version)))
    return [one for one in alike if (one.ended_at or one.ends_at) > since]


def _allow(change: ChangeRequest, actor) -> str:
    clause, because = change.terms["clause"], f"Excepted anew by {change.reference}."
    exception = arrangements.begin(
        change,
        Arrangement.Kind.EXCEPTION,
        title=f"without: {CLAUSES[clause].lower()}",
        clause=clause,
        ends_at=end_of(change.terms["ends_on"]),
        actor=actor,
    )
    alike = {"kinds": [Arrangement.Kind.EXCEPTION], "clause": clause}
    arrangements.settle(change.model, because=because, actor=actor, by=exception, **alike)
    return f"{exception.reference} holds until {change.terms['ends_on']}."


def _approved_as(change: ChangeRequest) -> str:
    is_severe = is_severe_exception(change.policy.document, change.terms.get("clause", ""))
    return "exception_severe" if is_severe else "exception"


EXCEPTION = ChangeKind(
    about="model",
    of_a_version=True,
    purpose="Do without something that the policy requires, for a time and with something else in its place.",
    if_approved="The clause does not bind this model, or this version, until the end; the gate shows it as waived.",
    if_not="The clause binds.",
    on_lapse="At its end the clause binds again, the use is restricted, and a task is raised.",
    terms=(
        Term(name="clause", label="What is done without", shape="choice", choices=waivable),
        Term(name="risk", label="Risk", help="What can go wrong meanwhile, and how badly."),
        Term(name="compensating_control", label="Compensating control", help="What is done in its place, by whom."),
        Term(name="ends_on", label="Until", shape="day", help="Twelve months at most under the standard policy."),
    ),
    why_not=_why_not,
    carry_out=_allow,
    renews=Arrangement.Kind.EXCEPTION,
    at_stake=lambda change: f"{change.model_id}:{change.version_id or ''}:{change.terms['clause']}",
    approved_as=_approved_as,
)
