"""An overlay: an adjustment of the output for a known limitation, short-lived, with its effect measured."""

from audits.trail.models import Action, Entry
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import arrangements
from audits.workflows.services.findings.issuing import raise_finding
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, why_not_until
from audits.workflows.states import ArrangementState
from inventory.models import Policy

DIRECTIONS = {"increases": "Increases the output", "decreases": "Decreases the output", "both": "Both, by case"}


def times_renewed(overlay: Arrangement | None) -> int:
    """How often what is renewed now has been renewed before, this time included."""
    count = 0
    while overlay:
        count, overlay = count + 1, overlay.renews
    return count


def _why_not(change: ChangeRequest) -> list[str]:
    rules, renewed = Policy.objects.in_force().section("overlays"), change.renews
    reasons = why_not_until(change.terms["ends_on"], most_days=rules["most_days"])
    if renewed is None:
        limitation = change.terms["limitation"].casefold()
        for other in Arrangement.objects.active().filter(model=change.model, kind=Arrangement.Kind.OVERLAY):
            if other.terms["limitation"].casefold() == limitation:
                reasons.append(f"{other.reference} is already about this limitation; ask for its renewal.")
        return reasons
    if renewed.kind != Arrangement.Kind.OVERLAY or renewed.state != ArrangementState.ACTIVE:
        reasons.append(f"{renewed.reference} is no overlay in force; only such a one is renewed.")
    if not change.terms.get("measured_effect"):
        reasons.append("An overlay is renewed only with its effect measured: say what it was.")
    return reasons


def _apply(change: ChangeRequest, actor) -> str:
    terms, model = change.terms, change.model
    overlay = arrangements.begin(
        change, Arrangement.Kind.OVERLAY, title=terms["limitation"], ends_at=end_of(terms["ends_on"]), actor=actor
    )
    arrangements.settle(
        model,
        [Arrangement.Kind.OVERLAY],
        because=f"Decided anew by {change.reference}.",
        actor=actor,
        title=overlay.title,
    )
    outcome = f"{overlay.reference} holds until {terms['ends_on']}."
    renewals = times_renewed(change.renews)
    if renewals < Policy.objects.in_force().section("overlays")["finding_at_renewal"]:
        return outcome
    finding = raise_finding(
        model,
        severity="medium",
        title=f"Overlay renewed {renewals} times: {overlay.title}"[:200],
        observation=f"{overlay.reference} goes on adjusting the output for the same limitation: {terms['limitation']}.",
        criterion="overlays",
        evidence=_entries(overlay),
        required_outcome="The limitation is removed from the model, or the overlay is no longer needed.",
        origin=f"overlay:{overlay.pk}",
        actor=None,
    )
    return f"{outcome} {finding.reference} was raised, because it is renewal {renewals} for the same limitation."


def _entries(overlay: Arrangement) -> list[str]:
    """Where the trail says that each of the overlays in the row began."""
    begun = []
    while overlay:
        begun += Entry.objects.about(overlay).filter(action=Action.ARRANGEMENT_BEGUN).values_list("position", flat=True)
        overlay = overlay.renews
    return [f"entry {position}" for position in begun]


OVERLAY = ChangeKind(
    about="model",
    purpose="Adjust the output for a known limitation, for two quarters at most under the standard policy.",
    if_approved="The overlay stands in the register until its end.",
    if_not="The output is used as it comes.",
    on_lapse="At its end the use is restricted and a task is raised, unless it was renewed with its effect measured.",
    terms=(
        Term(name="limitation", label="Limitation", shape="line", help="What the model does not see or gets wrong."),
        Term(name="method", label="Method", help="How the output is adjusted."),
        Term(name="direction", label="Direction", shape="choice", choices=lambda change: DIRECTIONS),
        Term(name="size_percent", label="Size in percent", shape="number", help="Of the output it adjusts, in total."),
        Term(name="size_money", label="Size in money", shape="line", required=False, help="With its currency."),
        Term(name="computed", label="How its size is computed over time"),
        Term(name="told", label="Who was told", shape="lines", required=False, help="Downstream models and reports."),
        Term(name="measured_effect", label="Measured effect", required=False, help="Needed for a renewal."),
        Term(name="ends_on", label="Until", shape="day"),
    ),
    why_not=_why_not,
    carry_out=_apply,
    at_stake=lambda change: f"{change.model_id}:{change.terms['limitation'].casefold()}"[:200],
)
