"""What could make the step from one version to another material: read from what was registered, or measured."""

from collections.abc import Iterable
from datetime import datetime

from audits.assessments.measures.effect import Effect
from audits.profiles.schema import Column, Role, columns_to_json
from audits.statistics.estimates import Estimate
from audits.workflows.models import ValidationOpinion
from inventory.models import DataSource, Dependency, ModelVersion, Use
from inventory.policies import FULL_TYPES, Criterion
from inventory.policies.change_classes import BEYOND, NOT_APPLICABLE, NOT_MEASURED, SAME, WITHIN, limit_of
from mrm.pages.wording import told

MOST_NAMED = 5
AFTER_TRAINING = ("sources", "population", "output", "classes")


def criteria_of(
    before: ModelVersion, after: ModelVersion, effect: Effect, *, added_uses: Iterable[Use], document: dict
) -> list[Criterion]:
    """Every criterion, each with where it stands and why; what nobody could measure says so."""
    return [
        _method(before, after),
        _drivers(before, after),
        _sources(before, after),
        _target(before, after),
        _uses(list(added_uses)),
        measured("population", effect.population, document=document),
        measured("output", effect.output, document=document),
        measured("classes", effect.classes, document=document),
    ]


def criteria_of_retraining(version: ModelVersion) -> list[Criterion]:
    """A retraining keeps what it fits again; what it does cannot be known before there is a candidate."""
    later = "Not measured: there is no candidate yet; its promotion is classified by what it does."
    return [
        Criterion(name="method", standing=SAME, told=f"The estimator of {version} is fitted again."),
        Criterion(name="drivers", standing=SAME, told="The columns stay as they are."),
        Criterion(name="target", standing=SAME, told="The target stays as it is."),
        *(Criterion(name=name, standing=NOT_MEASURED, told=later) for name in AFTER_TRAINING),
    ]


def measured(name: str, estimate: Estimate | None, *, document: dict) -> Criterion:
    """A measured criterion; an interval that reaches beyond the limit counts as beyond it."""
    if estimate is None:
        return Criterion(name=name, standing=NOT_APPLICABLE, told="The model predicts a number and decides nothing.")
    if estimate.value is None:
        return Criterion(name=name, standing=NOT_MEASURED, told=f"Not measured: {estimate.reason}.")
    limit = limit_of(document, name)
    furthest = max(abs(end) for end in (estimate.value, estimate.low, estimate.high) if end is not None)
    standing = BEYOND if furthest > limit else WITHIN
    return Criterion(name=name, standing=standing, told=_in_words(name, estimate, limit))


def _in_words(name: str, estimate: Estimate, limit: float) -> str:
    if name == "population":
        of = f" (of {estimate.detail['column']})" if "column" in estimate.detail else ""
        return f"The largest PSI between the reference data is {estimate.value:.2g}{of}; material above {limit:g}."
    ends = "" if estimate.low is None or estimate.low == estimate.high else _ends(estimate)
    what = "The mean output moves by" if name == "output" else "Decided differently:"
    of = f" of {estimate.sizes['rows']} cases" if estimate.sizes.get("rows") else ""
    return f"{what} {_percent(estimate.value)}{ends}{of}; material beyond {_percent(limit)}."


def _ends(estimate: Estimate) -> str:
    return f" ({_percent(estimate.low)} to {_percent(estimate.high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace("-", "−")


def _method(before: ModelVersion, after: ModelVersion) -> Criterion:
    if before.pk == after.pk or (before.artifact_sha256 and before.artifact_sha256 == after.artifact_sha256):
        return Criterion(name="method", standing=SAME, told="The artifact is the same.")
    if before.framework and after.framework and before.framework != after.framework:
        words = f"The framework was {before.framework} and is {after.framework}."
        return Criterion(name="method", standing=BEYOND, told=words)
    both = before.params.keys() & after.params.keys()
    if other := sorted(name for name in both if before.params[name] != after.params[name]):
        named = [f"{name} {told(before.params[name])} → {told(after.params[name])}" for name in other[:MOST_NAMED]]
        return Criterion(name="method", standing=BEYOND, told=f"Parameters differ: {'; '.join(named)}.")
    if not both:
        words = "Not measured: the two versions state no parameters that could be compared."
        return Criterion(name="method", standing=NOT_MEASURED, told=words)
    return Criterion(name="method", standing=SAME, told=f"Framework and {len(both)} parameters are the same.")


def _drivers(before: ModelVersion, after: ModelVersion) -> Criterion:
    """Features and segments: a model that is cut up otherwise is another one."""
    if not (before.is_described and after.is_described):
        return _not_described("drivers")
    then, now = ({c.name: c for c in _columns(version, Role.FEATURE, Role.SEGMENT)} for version in (before, after))
    parts = {
        "new": [name for name in now if name not in then],
        "gone": [name for name in then if name not in now],
        "described otherwise": [name for name in now if name in then and _as_told(now[name]) != _as_told(then[name])],
    }
    if not any(parts.values()):
        return Criterion(name="drivers", standing=SAME, told=f"The {len(now)} features and segments are the same.")
    words = "; ".join(f"{what}: {', '.join(names[:MOST_NAMED])}" for what, names in parts.items() if names)
    return Criterion(name="drivers", standing=BEYOND, told=f"{words[:1].upper()}{words[1:]}.")


def _sources(before: ModelVersion, after: ModelVersion) -> Criterion:
    """What the register says the model takes in now, and what it said when the version before went into use, or when it
    was validated in full since."""
    since, what = _known_since(before)
    data, upstream = (table.objects.filter(model=after.model_id) for table in (DataSource, Dependency))
    then = _sources_named(data.stood_at(since), upstream.stood_at(since))
    now = _sources_named(data.standing(), upstream.standing())
    if added := [name for key, name in now.items() if key not in then]:
        words = f"New since {what}: {', '.join(added[:MOST_NAMED])}."
        return Criterion(name="sources", standing=BEYOND, told=words)
    if not now:
        return Criterion(name="sources", standing=SAME, told="The register names no data source, neither then nor now.")
    words = f"The register names what it named then: {', '.join(list(now.values())[:MOST_NAMED])}."
    return Criterion(name="sources", standing=SAME, told=words)


def _known_since(version: ModelVersion) -> tuple[datetime, str]:
    """When what a version takes in was looked at last, and in what."""
    used = version.promoted_at or version.registered_at
    full = ValidationOpinion.objects.fit().filter(request__version=version, request__kind__in=FULL_TYPES)
    if last := full.filter(approved_at__gt=used).select_related("request").order_by("-approved_at").first():
        return last.approved_at, f"{last.request.reference} validated {version} in full"
    return used, f"{version} went into use"


def _sources_named(data: Iterable[DataSource], upstream: Iterable[Dependency]) -> dict[str, str]:
    """By what makes them the same: data sources by their names however written, and the models upstream."""
    named = {one.name.casefold(): one.name for one in data}
    return named | {f"model {one.upstream_id}": f"the model {one.upstream}" for one in upstream}


def _target(before: ModelVersion, after: ModelVersion) -> Criterion:
    then, now = (version.column_with(Role.LABEL) for version in (before, after))
    if then is None or now is None:
        return _not_described("target")
    if _as_told(then) == _as_told(now):
        return Criterion(name="target", standing=SAME, told=f"Both predict {now.name}, described alike.")
    words = f"Before {then.name}, now {now.name}." if then.name != now.name else f"{now.name} is described otherwise."
    return Criterion(name="target", standing=BEYOND, told=words)


def _uses(added: list[Use]) -> Criterion:
    if not added:
        return Criterion(name="uses", standing=SAME, told="For no use that the version before was not approved for.")
    words = ", ".join(f"{use.number} ({use.title})" for use in added[:MOST_NAMED])
    return Criterion(name="uses", standing=BEYOND, told=f"Also for use {words}.")


def _not_described(name: str) -> Criterion:
    words = "Not measured: the columns of one of the versions do not say."
    return Criterion(name=name, standing=NOT_MEASURED, told=words)


def _columns(version: ModelVersion, *roles: Role) -> list[Column]:
    return [column for column in version.columns() if set(roles) & set(column.roles)]


def _as_told(column: Column) -> dict:
    return columns_to_json([column])[0]
