"""Bias: what is decided for whom, per protected attribute and their intersections, from weighted cells."""

import hashlib
from itertools import combinations

import numpy as np
import polars as pl

from audits.assessments.measures.subject import Measured, Measurement, NotEnoughData, Subject, environment
from audits.assessments.measures.windows import inputs, logged_rows, nothing_logged, outcome_files
from audits.profiles.schema import Column, Role
from audits.statistics import fairness
from audits.statistics.limits import Verdict
from inventory import frames, policies
from inventory.artifacts import event
from inventory.models import ModelVersion

MOST_VALUES = 12  # A protected number with more values than this is cut into bands.
REPLICATES = 1000
LONGEST_NAME = 120  # Of a group; two of them and their joiner fit into a result.


def measure_bias(subject: Subject) -> Measured:
    """Impact ratio of every group, and the gaps between groups, on each attribute and each pair of attributes."""
    version = subject.version
    subject.report_progress(10, "Counting decisions per group")
    rows, elsewhere = logged_rows(subject)
    logged = rows.collect()
    if logged.is_empty():
        raise NotEnoughData(nothing_logged(subject))
    bands = {column.name: bands_of(column, version) for column in version.columns_with(Role.PROTECTED)}
    logged, undecided = split_decided(version, logged)
    if logged.is_empty():
        raise NotEnoughData(f"None of the {undecided} predictions of this window says what was decided.")
    decided = cells_of(version, logged, bands)
    labelled = frames.with_outcomes(version, rows, files=subject.files).collect()
    labelled, _ = split_decided(version, labelled)
    known = cells_of(version, labelled, bands, with_label=True) if not labelled.is_empty() else None
    measurements, attributes = [], list(bands)
    views = [[name] for name in attributes] + [list(pair) for pair in combinations(attributes, 2)]
    for position, view in enumerate(views):
        subject.report_progress(20 + 75 * position // len(views), f"Comparing groups by {' and '.join(view)}")
        measurements += _of_view(subject, view, decided, known)
    not_examined = [] if known is not None else ["equalized_odds: no outcome of this window is known yet."]
    if undecided:
        not_examined.append(f"{undecided} rows, of which nothing says what was decided.")
    facts = inputs(
        subject,
        elsewhere,
        outcomes=outcome_files(subject),
        rows={"logged": logged.height, "with outcome": labelled.height},
        not_examined=not_examined,
    )
    return Measured(measurements=measurements, inputs=facts, environment=environment(subject, replicates=REPLICATES))


def cells_of(version: ModelVersion, rows: pl.DataFrame, bands: dict, *, with_label: bool = False) -> pl.DataFrame:
    """Distinct combinations of group, decision and, where asked, outcome, each with how many rows it stands for."""
    columns = [in_bands(rows[name], edges).alias(name) for name, edges in bands.items()]
    columns.append(pl.Series("prediction", decisions(version, rows)))
    if with_label:
        columns.append(pl.Series("label", event(version.column_with(Role.LABEL), rows).astype(np.int64)))
    table = pl.DataFrame(columns)
    return table.group_by(table.columns, maintain_order=True).len("count").sort(table.columns)


def split_decided(version: ModelVersion, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows that say what was decided, and how many do not."""
    column = version.column_with(Role.PREDICTION) or version.column_with(Role.SCORE)
    decided = rows.drop_nulls(column.name)
    return decided, rows.height - decided.height


def decisions(version: ModelVersion, rows: pl.DataFrame) -> np.ndarray:
    """1 where the event was predicted, else 0."""
    prediction = version.column_with(Role.PREDICTION)
    if prediction is not None:
        return event(prediction, rows).astype(np.int64)
    return (rows[version.column_with(Role.SCORE).name].to_numpy() >= version.decision_threshold).astype(np.int64)


def favourable_code(version: ModelVersion) -> int:
    """1 where the event is what people hope for (a loan granted), 0 where it is not (a default predicted)."""
    for role in (Role.PREDICTION, Role.LABEL):
        column = version.column_with(role)
        if column is not None and column.favourable is not None:
            return int(event(column, pl.DataFrame({column.name: [column.favourable]}))[0])
    return 1


def bands_of(column: Column, version: ModelVersion) -> list[float]:
    """Where a protected number is cut: the quartiles of the reference; nowhere when it has few values."""
    values = frames.reference(version).select(column.name).collect()[column.name]
    if not values.dtype.is_numeric() or values.n_unique() <= MOST_VALUES:
        return []
    return sorted({values.drop_nulls().quantile(share) for share in (0.25, 0.5, 0.75)})


def in_bands(values: pl.Series, edges: list[float]) -> pl.Series:
    """The name of the band each value lies in; the values themselves as text where there are no bands."""
    if not edges:
        return _shortened(values.cast(pl.String)).fill_null("not stated")
    names = [f"below {edges[0]:g}", *(f"{a:g} to below {b:g}" for a, b in zip(edges, edges[1:], strict=False))]
    names.append(f"{edges[-1]:g} and above")
    places = np.searchsorted(edges, values.fill_null(0).to_numpy(), side="right")
    banded = pl.Series([names[place] for place in places])
    return pl.select(pl.when(values.is_null()).then(pl.lit("not stated")).otherwise(banded)).to_series()


def _shortened(names: pl.Series) -> pl.Series:
    """Names as they fit into a result; what is cut off is stood for by its digest, so that no two become one."""
    long = names.filter(names.str.len_chars() > LONGEST_NAME).unique()
    short = [f"{name[:LONGEST_NAME]}… {hashlib.sha256(name.encode()).hexdigest()[:8]}" for name in long]
    return names.replace(long.to_list(), short) if len(long) else names


def _of_view(subject: Subject, view: list[str], decided: pl.DataFrame, known: pl.DataFrame | None) -> list[Measurement]:
    attributes, name = list(view), " & ".join(view)
    rng = np.random.default_rng(subject.seed)
    shared = {"favourable": favourable_code(subject.version), "minimum_size": subject.minimum_group("gating")}
    reference = policies.reference_group(subject.policy.document)
    ratios = fairness.impact_ratio(decided, attributes, reference=reference, **shared)
    measurements = [
        Measurement(
            measure="impact_ratio",
            column=name,
            segment=group,
            estimate=estimate,
            limit=subject.limit("impact_ratio"),
            verdict=None if estimate.value is not None else Verdict.INSUFFICIENT,
        )
        for group, estimate in ratios.items()
    ]
    gaps = {"demographic_parity": fairness.demographic_parity(decided, attributes, rng=rng, **shared)}
    if known is not None:
        gaps["equalized_odds"] = fairness.equalized_odds(known, attributes, rng=rng, **shared)
    measurements += [
        Measurement(measure=measure, column=name, estimate=estimate, limit=subject.limit(measure))
        for measure, estimate in gaps.items()
    ]
    return measurements
