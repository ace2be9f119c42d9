"""Measuring a change against what it replaces, and against what was validated in full last. Slow, so before the pen."""

from dataclasses import dataclass

from audits.assessments.measures.effect import Effect, effect_between
from audits.statistics.estimates import Estimate
from audits.workflows.models import ChangeRequest, Classification, ValidationOpinion
from inventory.models import ModelVersion
from inventory.policies import FULL_TYPES
from mrm.pages.wording import day

Kind = ChangeRequest.Kind
RELEASES = (Kind.PROMOTION, Kind.BREAK_GLASS)  # What puts a version in the place of another.
CLASSIFIED = (*RELEASES, Kind.RETRAINING)


@dataclass(frozen=True)
class Weighed:
    """What was measured of one step: from which version, why from that one, and how far it goes."""

    before: ModelVersion
    because: str
    effect: Effect


@dataclass(frozen=True)
class Weights:
    """A release against the version in use, and against what the last full validation looked at."""

    step: Weighed
    cumulative: Weighed


def weigh(kind: str, version: ModelVersion | None) -> Weights | None:
    """Nothing where nothing in use would be replaced: a first version is no change, and is validated as what it is."""
    in_use = version.model.production_version() if version is not None and kind in RELEASES else None
    if in_use is None or in_use.pk == version.pk:
        return None
    step = Weighed(in_use, "It is in use.", effect_between(in_use, version))
    base, because = baseline(version, in_use)
    if base.pk == in_use.pk:
        return Weights(step, Weighed(base, because, step.effect))
    return Weights(step, Weighed(base, because, _added_up(base, version, step.effect)))


def baseline(version: ModelVersion, in_use: ModelVersion) -> tuple[ModelVersion, str]:
    """What was validated in full last; where nothing was, what was in use first."""
    opinions = ValidationOpinion.objects.fit().filter(  # Nothing is measured from what failed.
        request__model=version.model_id, request__version__isnull=False, request__kind__in=FULL_TYPES
    )
    last = opinions.select_related("request__version__model").order_by("-effective_on", "-approved_at").first()
    if last:
        return last.request.version, f"Validated in full by {last.request.reference} on {day(last.effective_on)}."
    first = version.model.versions.filter(promoted_at__isnull=False).order_by("promoted_at").first() or in_use
    return first, "Nothing was validated in full yet; it was in use first."


def _added_up(base: ModelVersion, version: ModelVersion, step: Effect) -> Effect:
    """The whole way measured directly; where no rows allow that, the steps of which it is made, added up."""
    whole = effect_between(base, version)
    earlier = _steps_since(base)
    return Effect(
        whole.output if whole.output.value is not None else _sum("output", earlier, step.output, whole.output),
        whole.classes
        if whole.classes is None or whole.classes.value is not None
        else _sum("classes", earlier, step.classes, whole.classes),
        whole.population,
    )


def _steps_since(base: ModelVersion) -> list[dict]:
    """The effects of every release after the baseline's own."""
    later = Classification.objects.filter(change__model=base.model_id, change__version__promoted_at__isnull=False)
    if base.promoted_at:
        later = later.filter(change__version__promoted_at__gt=base.promoted_at)
    done = later.filter(change__state="completed", change__kind__in=RELEASES).order_by("change__completed_at")
    return [one.step.get("effect", {}) for one in done]


def _sum(name: str, earlier: list[dict], last: Estimate | None, whole: Estimate) -> Estimate:
    """The furthest that steps can lead: their sizes added, whichever way each went."""
    furthest = [step.get(name) for step in earlier] + [_furthest(last)]
    if any(one is None for one in furthest):
        return whole
    return Estimate(
        value=sum(furthest),
        method=f"the furthest ends of {len(furthest)} steps, added up, because no rows were scored by both ends",
    )


def _furthest(estimate: Estimate | None) -> float | None:
    if estimate is None or estimate.value is None:
        return None
    return max(abs(end) for end in (estimate.value, estimate.low, estimate.high) if end is not None)


def effect_as_json(effect: Effect) -> dict:
    """How far each measured criterion goes at most; null where it was not measured."""
    return {name: _furthest(getattr(effect, name)) for name in ("output", "classes", "population")}
