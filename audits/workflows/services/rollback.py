"""Going back to the version that was in production before, by one signature: it was approved, and still is.

Whatever was never approved stays out, and so does what a roll-back left: that is registered and decided anew.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from audits.assessments.services import begin_windows_anew
from audits.workflows.gates import gate_for_going_back
from audits.workflows.models import Arrangement
from audits.workflows.services import arrangements
from audits.workflows.services.findings.issuing import raise_finding
from audits.workflows.services.kinds.promotion import end_what_rested_on
from audits.workflows.services.suspension import ASKS, facts_of_use, role_that_suspends, why_not_suspend
from audits.workflows.states import ArrangementState
from inventory.models import Model, ModelVersion
from inventory.services import bound_in_force, return_version
from inventory.states import Stage
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require
from mrm.errors import NotPermitted, RuleBroken
from mrm.pages.wording import day

Kind = Arrangement.Kind


@dataclass(frozen=True)
class WayBack:
    """What a model goes back to, on which approval and until when; or why it cannot."""

    version: ModelVersion | None = None
    approval: Arrangement | None = None
    conditions: tuple[Arrangement, ...] = ()
    reasons: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()  # What is said against it, and a roll-back does not wait for.

    @property
    def ends_at(self) -> datetime:
        """The end of the approval, or the day of the first condition that nobody has shown to be met."""
        return min(one.ends_at for one in (self.approval, *self.conditions))


def _refuse(version: ModelVersion, *, actor) -> None:
    model = version.model
    require(actor, Permission.SUSPEND_MODEL, model.workspace_id, model_slug=model.slug)
    if why := why_not_suspend(model, actor):
        raise NotPermitted(why)
    if (instead := version_to_return_to(model)) != version:
        raise RuleBroken(f"{model} goes back to {instead}, and not to {version}.")


def _roll_back(version: ModelVersion, *, comment: str, signature: Signature, actor) -> Arrangement:
    """Put the version before back into production, at once. Who may is who may suspend the model."""
    model = version.model
    way, left = way_back(model), model.production_version()
    version = return_version(version, actor=actor, signature=signature.in_trail())
    arrangements.restrict_as_lapsed(model)
    rollback = arrangements.begin_of_rollback(
        way.approval,
        title=f"From version {left.number} back to {version.number}: {comment}",
        ends_at=way.ends_at,
        terms={
            "reason": comment,
            "left": left.number,
            "approval": way.approval.reference,
            "conditions": [one.reference for one in way.conditions],
            "passed_over": list(way.passed_over),
        },
        actor=actor,
    )
    end_what_rested_on(left, because=f"{rollback.reference} went back from {left} to {version}.", now=version)
    begin_windows_anew(version, now=rollback.starts_at)
    raise_finding(
        model,
        version=left,
        severity="medium",
        title=f"Rolled back by {rollback.reference}",
        observation=f"{left} was taken out of production at once, and {version} put back: {comment}",
        required_outcome=f"Why {left} failed is known, and what follows it is validated against that.",
        origin=f"rollback:{rollback.pk}",
        actor=None,
    )
    return rollback


def _facts(version: ModelVersion) -> dict:
    way = way_back(version.model)
    return facts_of_use(version.model) | {
        "back_to": version.number,
        "approval": way.approval.reference if way.approval else "",
        "conditions": [one.reference for one in way.conditions],
        "passed_over": list(way.passed_over),
        "ends_at": way.ends_at.isoformat() if way.approval else "",
    }


ROLL_BACK = Act(
    name="rolled_back",
    meaning=lambda version: f"I put {version} back into production at once, under the approval it had.",
    refuse=_refuse,
    facts=_facts,
    role=lambda version, person: role_that_suspends(version.model, person),
    done=_roll_back,
    bound=lambda version: bound_in_force("rollback", version.model),
    asks=ASKS,
)


def version_to_return_to(model: Model) -> ModelVersion:
    """The version that a roll-back would put into production; refused where there is no way back."""
    way = way_back(model)
    if way.reasons:
        raise RuleBroken(*way.reasons)
    return way.version


def _conditions_left(version: ModelVersion, approval: Arrangement) -> list[Arrangement]:
    """Those of the approval and of the validation that ended with it, and those that went on from another number of the
    same artifact.
    """
    ended = Arrangement.objects.filter(model=version.model_id, version__isnull=False, kind=Kind.CONDITION)
    ended = ended.filter(state=ArrangementState.CLOSED, ended_by=None).select_related("version").order_by("starts_at")
    return [
        one
        for one in ended
        if one.change_id == approval.change_id
        or (one.version_id == version.pk and one.validation_id)
        or (one.version_id != version.pk and one.ended_at >= version.promoted_at and one.is_held_against(version))
    ]


def _overlays_gone(version: ModelVersion) -> list[str]:
    """What adjusted its output until it was replaced, and does so no more."""
    gone = Arrangement.objects.filter(
        version=version, kind=Kind.OVERLAY, state=ArrangementState.CLOSED, ended_by=None, ended_at__gte=version.ended_at
    )
    return [
        f"{one.reference} adjusted its output until it was replaced, and does not now: {one.title}. Ask for it anew."
        for one in gone.order_by("starts_at")
    ]


def way_back(model: Model) -> WayBack:
    """The version that was in production before the present one and has not been left by a roll-back itself."""
    present = model.production_version()
    if present is None:
        return WayBack(reasons=(f"Nothing of {model} is in production.",))
    left = Arrangement.objects.filter(model=model, kind=Kind.ROLLBACK).values_list("terms__left", flat=True)
    before = model.versions.filter(stage=Stage.SUPERSEDED, promoted_at__lt=present.promoted_at)
    version = before.exclude(number__in=list(left)).order_by("-ended_at").first()
    if version is None:
        return WayBack(reasons=(f"Before {present} no version was in production that one could go back to.",))
    ended = Arrangement.objects.filter(version=version, state=ArrangementState.CLOSED, ended_by=None)
    approval = ended.filter(kind=Kind.APPROVAL).select_related("model", "change").order_by("-starts_at").first()
    if approval is None:
        return WayBack(version, reasons=(f"{version} had no full approval in force when it was replaced.",))
    unmet = tuple(_conditions_left(version, approval))
    now, (reasons, passed_over) = timezone.now(), gate_for_going_back(version)
    if approval.ends_at <= now:
        reasons.append(f"The approval {approval.reference} of {version} ended on {day(approval.last_day)}.")
    reasons += [
        f"The condition {one.reference} of its approval or validation was due on {day(one.last_day)} and is not shown "
        "to be met."
        for one in unmet
        if one.ends_at <= now
    ]
    return WayBack(version, approval, unmet, tuple(reasons), (*passed_over, *_overlays_gone(version)))
