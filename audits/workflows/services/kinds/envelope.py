"""An envelope: which retrained versions need no approval of their own, for a time and inside bounds that are signed."""

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Kind
from audits.assessments.services.plans import why_not_of_kind
from audits.statistics.limits import Direction
from audits.workflows.gates.enveloped import (
    AT_LEAST,
    CONCERNS_PERSONS,
    ROWS,
    WINDOW,
    uses_left_out,
    whom_promotion_needs,
    why_over,
)
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import arrangements
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, natural_persons, the_model, why_not_until
from audits.workflows.services.kinds.promotion import USES, terms_of_uses
from audits.workflows.states import ArrangementState
from inventory.models import Policy
from inventory.policies import allows_envelope, days_of_envelope, limit
from mrm.pages.wording import sentence, words

REASONS = "reason_code_stability"
# What its bounds may be about: what each retrained version is measured for, besides its own training.
OF_KINDS = (Kind.PERFORMANCE, Kind.BIAS, Kind.EXPLAINABILITY)


def _are_lower(change: ChangeRequest) -> dict[str, bool]:
    """The measures of these kinds that the policy limits: bounds are set where it says which side is bad."""
    policy, tier = Policy.objects.in_force().document, change.tier
    limited = {name: limit(policy, name, tier=tier) for name, one in MEASURES.items() if one.kind in OF_KINDS}
    return {name: judged.direction is Direction.LOWER for name, judged in limited.items() if judged}


def _bounds(change: ChangeRequest) -> dict[str, str]:
    return {name: f"{sentence(name)}, at {'least' if lower else 'most'}" for name, lower in _are_lower(change).items()}


def _rests_on(change: ChangeRequest) -> dict:
    """Which bounds are lower ones, whatever the policy says later; whether it concerns persons; and its uses."""
    lower = {name for name, is_lower in _are_lower(change).items() if is_lower}
    told = {AT_LEAST: sorted(lower & change.terms["bounds"].keys()), CONCERNS_PERSONS: natural_persons(change)}
    return told | terms_of_uses(change)


def _who_promotes(change: ChangeRequest) -> list[str]:
    return whom_promotion_needs(change.policy.document, change.model)


def _ruled_out(change: ChangeRequest) -> str:
    _, policy = Policy.objects.document_in_force()
    if allows_envelope(policy, change.model.tier):
        return ""
    return f"The policy allows no envelope in tier {change.model.tier}: every retrained version is approved by itself."


def _why_not(change: ChangeRequest) -> list[str]:
    (_, policy), model, terms = Policy.objects.document_in_force(), change.model, change.terms
    if ruled_out := _ruled_out(change):
        return [ruled_out]
    reasons = why_not_until(terms["ends_on"], most_days=days_of_envelope(policy))
    in_use = model.production_version()
    if in_use is None:
        return [*reasons, f"{model} has no version in production, so there is nothing to retrain."]
    for kind, wanted in _wanted(change).items():
        if not why_not_of_kind(in_use, kind) and not wanted & terms["bounds"].keys():
            reasons.append(f"Set a bound on {words(' or '.join(sorted(wanted)))}: {kind.label.lower()} must not fall.")
    for use in uses_left_out(model, terms):
        reasons.append(
            f"Name use {use.number}, {use.title}: it is in use, and goes on only with what is approved for it."
        )
    running = _running(change)
    if running and running != change.renews and not why_over(running, model):
        reasons.append(f"{running.reference} already holds; end it, or ask for its renewal.")
    if change.renews and change.renews.state != ArrangementState.ACTIVE:
        reasons.append(f"{change.renews.reference} is {change.renews.state}; only one in force is renewed.")
    return reasons


def _running(change: ChangeRequest) -> Arrangement | None:
    return Arrangement.objects.active().filter(model=change.model, kind=Arrangement.Kind.ENVELOPE).first()


def _wanted(change: ChangeRequest) -> dict[Kind, set[str]]:
    """Of what kind at least one bound must be, where the version in use can be measured for it."""
    offered = {kind: {name for name in _are_lower(change) if MEASURES[name].kind == kind} for kind in OF_KINDS}
    offered[Kind.EXPLAINABILITY] &= {REASONS}
    if not natural_persons(change):
        offered.pop(Kind.BIAS)
    return {kind: names for kind, names in offered.items() if names}


def _allow(change: ChangeRequest, actor) -> str:
    running = _running(change)
    if running and running != change.renews and (because := why_over(running, change.model)):
        arrangements.release(arrangements.locked(running), because=because, actor=None)
    envelope = arrangements.begin(
        change,
        Arrangement.Kind.ENVELOPE,
        title=f"retrained versions of {change.model} inside the bounds",
        ends_at=end_of(change.terms["ends_on"]),
        actor=actor,
    )
    return f"{envelope.reference} holds until {change.terms['ends_on']}."


RETRAINING_ENVELOPE = ChangeKind(
    about="model",
    purpose="Approve beforehand what retraining may change by itself: a predetermined change plan.",
    if_approved="Until its end a breach that calls for retraining starts it, and a retrained version inside every "
    "bound, as measured by runs that count, goes into production on this approval when the gate is open and waives "
    "nothing. Any other is decided about by itself, with each bound that failed named.",
    if_not="Every retraining, and every retrained version, is decided about by itself.",
    on_lapse="At its end retrained versions are decided about one by one again. So they are after a material change, "
    "another tier, a suspension or a roll-back, which end it; and where the policy wants others to agree to a "
    "promotion, or whether the model concerns natural persons has changed.",
    terms=(
        Term(name=WINDOW, label="Trained on at most so many days", shape="number"),
        Term(name=ROWS, label="Trained on at least so many rows", shape="number"),
        Term(
            name="bounds",
            label="Bounds of what is measured",
            shape="numbers",
            choices=_bounds,
            help="Left empty, it is no bound. The worst group, and each measure as the gate counts it, must keep it.",
        ),
        USES,
        Term(name="ends_on", label="Until", shape="day", help="A year at most under the standard policy."),
    ),
    ruled_out=_ruled_out,
    why_not=_why_not,
    carry_out=_allow,
    at_stake=the_model,
    also_awaits=_who_promotes,
    evidence=_rests_on,
    renews=Arrangement.Kind.ENVELOPE,
    concerns=natural_persons,
)
