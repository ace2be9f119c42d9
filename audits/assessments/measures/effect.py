"""What putting one version in the place of another does: to outputs, to decisions, and to whom it was built on."""

from dataclasses import dataclass

import polars as pl

from audits.assessments.measures.swap import common_span, newest_rows, swapped_between
from audits.profiles.engines.arrow import scan
from audits.profiles.grid import Grid
from audits.profiles.profile import Profile
from audits.profiles.schema import Role
from audits.statistics.drift import population_stability_index
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.performance import mean_moved
from inventory.artifacts import output_column
from inventory.models import ModelVersion
from mrm.adapters import storage

FEWEST_ROWS = 30
METHOD = "the newest rows that both versions scored, joined by their id"


@dataclass(frozen=True)
class Effect:
    """How far the mean output moves, how many cases change class, and how other the reference population is.

    classes  None where the model decides nothing: it predicts a number
    """

    output: Estimate
    classes: Estimate | None
    population: Estimate


def effect_between(before: ModelVersion, after: ModelVersion) -> Effect:
    """Everything that can be measured of the step from one version to the other; reads rows, so it takes its time."""
    decides = before.column_with(Role.SCORE) is not None or after.column_with(Role.SCORE) is not None
    if _are_the_same(before, after):
        same = Estimate(value=0.0, low=0.0, high=0.0, method="the same artifact, columns and threshold")
        return Effect(same, same if decides else None, population_between(before, after))
    classes = swapped_between(before, after) if decides else None
    if classes is not None and classes.value is not None and classes.sizes["rows"] < FEWEST_ROWS:
        classes = _too_few(classes.sizes["rows"])
    return Effect(_output_moved(before, after), classes, population_between(before, after))


def population_between(before: ModelVersion, after: ModelVersion) -> Estimate:
    """The largest PSI of any feature between the reference data of the two, over the grid of the earlier."""
    lacking = [str(version) for version in (before, after) if not hasattr(version, "reference")]
    if lacking:
        return could_not_compute(f"reference population: {' and '.join(lacking)} has no reference data")
    if before.reference.sha256 == after.reference.sha256:
        return Estimate(value=0.0, method="the same reference data")
    grid = Grid.from_json(before.reference.grid)
    then = Profile.from_bytes(storage.read(before.reference.profile_sha256), grid)
    now = scan(storage.local_path(after.reference.sha256), grid)
    features = {column.name for column in before.columns_with(Role.FEATURE)}
    features &= {column.name for column in after.columns_with(Role.FEATURE)}
    measured = {
        cells.name: population_stability_index(then.counts(cells.name), now.counts(cells.name))
        for cells in grid.columns
        if cells.source in features
    }
    found = {name: one.value for name, one in measured.items() if one.value is not None}
    if not found:
        return could_not_compute("reference population: the two versions share no feature that could be compared")
    largest = max(found, key=found.get)
    return Estimate(
        value=found[largest],
        sizes=measured[largest].sizes,
        method="largest PSI of a feature between the two reference data",
        detail={"column": largest, "compared": len(found)},
    )


def _are_the_same(before: ModelVersion, after: ModelVersion) -> bool:
    told = [(one.artifact_sha256, one.schema, one.decision_threshold) for one in (before, after)]
    return before.pk == after.pk or (bool(before.artifact_sha256) and told[0] == told[1])


def _output_moved(before: ModelVersion, after: ModelVersion) -> Estimate:
    for version in (before, after):
        if why := _why_no_outputs(version):
            return could_not_compute(f"mean output: {why}", method=METHOD)
    start, end = common_span(before, after)
    if start >= end:
        why = "no stored rows of the two versions fall into the same time, so none were scored by both"
        return could_not_compute(f"mean output: {why}", method=METHOD)
    sides = [_outputs(version, start, end, name) for version, name in ((before, "before"), (after, "after"))]
    both = sides[0].join(sides[1], on="id")
    if both.height < FEWEST_ROWS:
        return _too_few(both.height)
    return mean_moved(both["before"].to_numpy(), both["after"].to_numpy())


def _outputs(version: ModelVersion, start, end, name: str) -> pl.DataFrame:
    identity, output = version.column_with(Role.ID).name, output_column(version).name
    rows = newest_rows(version, start, end).select(
        pl.col(identity).cast(pl.String).alias("id"), pl.col(output).cast(pl.Float64, strict=False).alias(name)
    )
    return rows.drop_nulls().filter(pl.col(name).is_finite()).unique("id", keep="last").collect()


def _why_no_outputs(version: ModelVersion) -> str:
    output = output_column(version)
    if version.column_with(Role.ID) is None:
        return f"the rows of {version} carry no id, so they cannot be joined"
    if output is None or not output.is_numeric:
        return f"{version} gives no number that could be averaged"
    if not version.batches.exists():
        return f"no scored rows of {version} are stored here"
    return ""


def _too_few(rows: int) -> Estimate:
    why = f"only {rows} rows were scored by both versions, and {FEWEST_ROWS} are needed"
    return could_not_compute(why, method=METHOD, sizes={"rows": rows})
