"""Proposing the class of a change from its criteria; what people said of the same version before still holds."""

from audits.workflows.models import ChangeRequest, Classification
from audits.workflows.services.classification.criteria import criteria_of, criteria_of_retraining
from audits.workflows.services.classification.weighing import (
    CLASSIFIED,
    RELEASES,
    Weighed,
    Weights,
    effect_as_json,
    weigh,
)
from audits.workflows.services.kinds.promotion import uses_of
from inventory.models import ModelVersion, Use, UseApproval
from inventory.policies import MATERIAL, NON_MATERIAL, Criterion, class_of


def propose_class(change: ChangeRequest, weights: Weights | None) -> Classification | None:
    """The class of a request that changes what is in use, unsaved; None of any other. Call inside `governed()`."""
    if change.kind not in CLASSIFIED:
        return None
    if change.kind == ChangeRequest.Kind.RETRAINING:
        criteria = criteria_of_retraining(change.version)
        told = _told(change.version, "It is what is retrained.", criteria, {})
        proposed = class_of(criteria)
        return Classification(change=change, proposed=proposed, change_class=proposed, step=told, cumulative=told)
    in_use = change.model.production_version()
    if in_use is None or in_use.pk == change.version_id:
        return None
    if weights is None or weights.step.before.pk != in_use.pk:  # Another went into production meanwhile.
        weights = weigh(change.kind, change.version)
    step = _criteria(change, weights.step)
    is_same_step = weights.cumulative.before.pk == weights.step.before.pk
    cumulative = step if is_same_step else _criteria(change, weights.cumulative)
    proposed = class_of([*step, *cumulative])
    raised = _raised_before(change)
    return Classification(
        change=change,
        proposed=MATERIAL if raised else proposed,
        change_class=MATERIAL if raised else proposed,
        step=_told(weights.step.before, weights.step.because, step, effect_as_json(weights.step.effect)),
        cumulative=_told(
            weights.cumulative.before, weights.cumulative.because, cumulative, effect_as_json(weights.cumulative.effect)
        ),
        remark=f"Raised before: {raised.remark}" if raised else "",
    )


def why_outdated(change: ChangeRequest) -> str:
    """Why the class no longer says anything: what is in use is not what it was proposed against."""
    if change.kind not in RELEASES:
        return ""
    in_use, classified = change.model.production_version(), getattr(change, "classification", None)
    then = classified.step["baseline"] if classified else None
    if in_use is None or in_use.pk == change.version_id or in_use.number == then:
        return ""
    return f"What is in use has changed since {change.reference} was classified; withdraw it and ask again."


def classified_facts(change: ChangeRequest) -> dict:
    """What deciders are shown, and sign; nothing for what has no class."""
    found = getattr(change, "classification", None)
    if found is None:
        return {}
    shown = {name: getattr(found, name) for name in ("proposed", "change_class", "step", "cumulative")}
    return {"classification": shown | {"remark": found.remark if found.was_raised else ""}}


def _criteria(change: ChangeRequest, weighed: Weighed) -> list[Criterion]:
    return criteria_of(
        weighed.before,
        change.version,
        weighed.effect,
        added_uses=_added_uses(change, weighed.before),
        document=change.policy.document,
    )


def _added_uses(change: ChangeRequest, before: ModelVersion) -> list[Use]:
    """What it would be used for that the version before was never approved for."""
    if before.pk == change.version_id:
        return []
    approved = set(UseApproval.objects.filter(version=before).values_list("use", flat=True))
    return [use for use in uses_of(change) if use.pk not in approved]


def _raised_before(change: ChangeRequest) -> Classification | None:
    """That somebody raised the class of the same version: asking again does not lower it."""
    same = Classification.objects.filter(
        change__model=change.model, change__version__in=ModelVersion.objects.of_artifact(change.version)
    )
    return same.filter(proposed=NON_MATERIAL, change_class=MATERIAL).first()


def _told(before: ModelVersion, because: str, criteria: list[Criterion], effect: dict) -> dict:
    return {
        "baseline": before.number,
        "because": because,
        "criteria": [one.as_json() for one in criteria],
        "effect": effect,
    }
