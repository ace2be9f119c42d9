"""An overlay: an adjustment of the output for a known limitation, short-lived, with its effect measured."""

from datetime import datetime, timedelta

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import arrangements
from audits.workflows.services.findings.issuing import raise_finding
from audits.workflows.services.kinds.kind import ChangeKind, Term, end_of, why_not_until
from audits.workflows.states import ArrangementState
from inventory.models import Policy
from inventory.policies import is_material_overlay
from mrm.pages.wording import day
from mrm.reading import plain_form

DIRECTIONS = {"increases": "Increases the output", "decreases": "Decreases the output", "both": "Both, by case"}


def goes_on(change: ChangeRequest) -> list[Arrangement]:
    """The overlays in whose place this one would stand, the newest first, each for as long as the one after it.

    What held for the same limitation lately counts as well: letting one lapse, or ending it, to ask anew renews it.
    """
    row: list[Arrangement] = []
    lately = timedelta(days=Policy.objects.in_force().section("overlays")["most_days"])
    alike = Arrangement.objects.filter(model=change.model, kind=Arrangement.Kind.OVERLAY).order_by("-starts_at")
    overlay, limitation, begins = change.renews, change.terms["limitation"], timezone.now()
    while True:
        if overlay is None:
            before = (one for one in alike.filter(starts_at__lt=begins) if one not in row)
            overlay = next((one for one in before if _is_about(one, limitation) and _end(one) > begins - lately), None)
        if overlay is None:
            return row
        row.append(overlay)
        limitation, begins, overlay = overlay.terms["limitation"], overlay.starts_at, overlay.renews


def _is_about(overlay: Arrangement, limitation: str) -> bool:
    """However it is spaced and written: what reads alike is the same limitation."""
    return _plain(overlay.terms["limitation"]) == _plain(limitation)


def _plain(limitation: str) -> str:
    return plain_form(limitation).casefold().rstrip(".")


def _end(overlay: Arrangement) -> datetime:
    return overlay.ended_at or overlay.ends_at


def _why_not(change: ChangeRequest) -> list[str]:
    rules, renewed = Policy.objects.in_force().section("overlays"), change.renews
    reasons = why_not_until(change.terms["ends_on"], most_days=rules["most_days"])
    if renewed and (renewed.kind != Arrangement.Kind.OVERLAY or renewed.state != ArrangementState.ACTIVE):
        return [*reasons, f"{renewed.reference} is no overlay in force; only such a one is renewed."]
    before = goes_on(change)
    running = [one for one in before[:1] if one.state == ArrangementState.ACTIVE]
    if renewed is None and any(one.version is None or one.is_covered_by(change.version) for one in running):
        return [*reasons, f"{before[0].reference} is already about this limitation; ask for its renewal."]
    if renewed is None and before and before[0].terms["limitation"] != change.terms["limitation"]:
        called = before[0].terms["limitation"]
        reasons.append(f"{before[0].reference} was about this limitation, as “{called}”: call it the same.")
    if before and not change.terms.get("measured_effect"):
        until = day(before[0].ended_at or before[0].last_day)
        told = f"{before[0].reference} was about this limitation until {until}: it goes on, and so"
        begun = "An overlay is renewed only" if renewed else f"{told} this one begins only"
        reasons.append(f"{begun} with its effect measured: say what it was.")
    return reasons


def _apply(change: ChangeRequest, actor) -> str:
    terms, model, before = change.terms, change.model, goes_on(change)
    overlay = arrangements.begin(
        change, Arrangement.Kind.OVERLAY, title=terms["limitation"], ends_at=end_of(terms["ends_on"]), actor=actor
    )
    arrangements.settle(
        model,
        [Arrangement.Kind.OVERLAY],
        because=f"Decided anew by {change.reference}.",
        actor=actor,
        by=overlay,
        title=overlay.title,
    )
    outcome = f"{overlay.reference} holds until {terms['ends_on']}."
    renewals = len(before)
    if renewals < Policy.objects.in_force().section("overlays")["finding_at_renewal"]:
        return outcome
    finding = raise_finding(
        model,
        severity="medium",
        title=f"Overlay renewed {renewals} times: {overlay.title}"[:200],
        observation=f"{overlay.reference} goes on adjusting the output for the same limitation: {terms['limitation']}.",
        criterion="overlays",
        evidence=_entries([overlay, *before]),
        required_outcome="The limitation is removed from the model, or the overlay is no longer needed.",
        origin=f"overlay:{overlay.pk}",
        actor=None,
    )
    return f"{outcome} {finding.reference} was raised, because it is renewal {renewals} for the same limitation."


def _entries(overlays: list[Arrangement]) -> list[str]:
    """Where the trail says that each of them began."""
    begun = Entry.objects.about(*overlays).filter(action=Action.ARRANGEMENT_BEGUN).order_by("-position")
    return [f"entry {position}" for position in begun.values_list("position", flat=True)]


def _approved_as(change: ChangeRequest) -> str:
    is_material = is_material_overlay(change.policy.document, change.terms.get("size_percent", 0))
    return "overlay_material" if is_material else "overlay"


OVERLAY = ChangeKind(
    about="model",
    of_a_version=True,
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
    renews=Arrangement.Kind.OVERLAY,
    at_stake=lambda change: f"{change.model_id}:{_plain(change.terms['limitation'])}"[:200],
    approved_as=_approved_as,
)
