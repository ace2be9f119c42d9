"""Fairness of three attributes intersected, with a thousand bootstrap replicates, beside Fairlearn on the rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score, precision_score

from audits.profiles.cells import count_cells
from audits.statistics import fairness
from audits.statistics.estimates import Estimate
from audits.statistics.fairness import count_groups, group_table
from audits.statistics.fairness.cells import JOINER
from audits.statistics.resampling import resample_cells
from bench.measure import Row, cost_of, printed
from bench.tables import FOLDER, ROWS

ATTRIBUTES = {
    "sex": ("female", "male"),
    "age": ("under 25", "25 to 39", "40 to 61", "62 and over"),
    "race": ("Asian", "Black", "Hispanic", "other", "White"),
}
REPLICATES = 1000
EQUAL_TO = 1e-12
FAIRLEARN = {
    "selection_rate": selection_rate,
    "accuracy": accuracy_score,
    "true_positive_rate": true_positive_rate,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "precision": precision_score,
}
GAPS = {
    "selection_rate": fairness.demographic_parity,
    "true_positive_rate": fairness.equal_opportunity,
    "precision": fairness.predictive_parity,
    "equalized_odds": fairness.equalized_odds,
}


def decisions(rows: int, *, folder: Path = FOLDER) -> Path:
    """Outcomes and decisions of people of forty groups, written once."""
    path = folder / f"decisions-{rows}.parquet"
    if path.exists():
        return path
    rng = np.random.default_rng(5)
    codes = {name: rng.integers(0, len(values), rows) for name, values in ATTRIBUTES.items()}
    leaning = sum(codes[name] / len(values) for name, values in ATTRIBUTES.items()) / len(ATTRIBUTES)
    label = rng.random(rows) < 0.2 + 0.2 * leaning
    prediction = rng.random(rows) < 0.1 + 0.1 * leaning + 0.6 * label
    columns = {name: pa.array(values).take(pa.array(codes[name])) for name, values in ATTRIBUTES.items()}
    columns |= {"label": pa.array(label.astype(np.int8)), "prediction": pa.array(prediction.astype(np.int8))}
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    pq.write_table(pa.table(columns), unfinished, compression="snappy")
    return unfinished.rename(path)


def counted(path: Path) -> pl.DataFrame:
    return count_cells(path, [*ATTRIBUTES, "label", "prediction"])


def judged(cells: pl.DataFrame) -> dict[str, Estimate]:
    """What a run measures: every rate of every group, and the largest gaps with bootstrap intervals."""
    group_table(cells, list(ATTRIBUTES))
    rng = np.random.default_rng(0)
    return {name: gap(cells, list(ATTRIBUTES), rng=rng, replicates=REPLICATES) for name, gap in GAPS.items()}


def resampled(cells: pl.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What Fairlearn's own bootstrap gives: 95 % intervals of all six metrics, of each group and of the gap."""
    counts = count_groups(cells, list(ATTRIBUTES))
    drawn = resample_cells(counts.table.astype(np.int64), rng=np.random.default_rng(0), resamples=REPLICATES)
    intervals = {}
    for name, rate in _rates(drawn).items():
        both = np.column_stack([rate, np.ptp(rate, axis=1)])
        intervals[name] = tuple(np.quantile(both, (0.025, 0.975), axis=0))
    return intervals


def from_the_file(path: Path) -> dict[str, Estimate]:
    cells = counted(path)
    resampled(cells)
    return judged(cells)


def fairlearn(frame) -> MetricFrame:
    """One pass over the rows, without any interval."""
    return MetricFrame(
        metrics=FAIRLEARN,
        y_true=frame["label"],
        y_pred=frame["prediction"],
        sensitive_features=frame[list(ATTRIBUTES)],
    )


_frames: dict[Path, object] = {}


def fairlearn_on_rows(path: Path) -> MetricFrame:
    if path not in _frames:
        _frames[path] = pq.read_table(path).to_pandas()
    return fairlearn(_frames[path])


def largest_difference(cells: pl.DataFrame, theirs: MetricFrame) -> float:
    """Of any metric of any group, or of any gap, between ours from cells and Fairlearn's from rows."""
    ours, found = group_table(cells, list(ATTRIBUTES)), [0.0]
    for group, values in theirs.by_group.iterrows():
        mine = ours.groups[JOINER.join(group)]
        found += [abs(mine[metric].value - values[metric]) for metric in FAIRLEARN]
    gaps, expected = judged(cells), theirs.difference()
    found += [abs(gaps[metric].value - expected[metric]) for metric in GAPS if metric in FAIRLEARN]
    odds = max(expected["true_positive_rate"], expected["false_positive_rate"])
    return max(*found, abs(gaps["equalized_odds"].value - odds))


def run(rows: int = ROWS, *, folder: Path = FOLDER, times: int = 6) -> str:
    path = decisions(rows, folder=folder)
    cells = counted(path)
    apart = largest_difference(cells, fairlearn_on_rows(path))
    if not apart <= EQUAL_TO:
        raise AssertionError(f"Ours and Fairlearn's metrics differ by {apart:.3g}, more than {EQUAL_TO:g}.")
    _frames.clear()
    ours, again = cost_of(judged, cells, times=times), cost_of(resampled, cells, times=times)
    whole, theirs = cost_of(from_the_file, path, times=times), cost_of(fairlearn_on_rows, path, times=1)
    table = [
        Row("from cells: every rate of every group, four gaps with intervals", ours, "≤ 0.15 s"),
        Row("from cells: six metrics of every group and their gaps, as Fairlearn's bootstrap", again, "≤ 0.15 s"),
        Row("both, reading and counting the file included", whole),
        Row(
            "Fairlearn's MetricFrame on rows in memory, no interval", theirs, "",
            f"{theirs.seconds / whole.seconds:.0f} × ours; with {REPLICATES:,} replicates some "
            f"{(REPLICATES + 1) * theirs.seconds / whole.seconds:,.0f} ×, extrapolated",
        ),
    ]  # fmt: skip
    title = f"Fairness: {rows:,} rows, {len(cells)} cells, {len(FAIRLEARN)} metrics, {REPLICATES:,} replicates"
    return printed(f"{title}; ours and Fairlearn's differ by at most {apart:.1g}", table)


def _rates(drawn: np.ndarray) -> dict[str, np.ndarray]:
    """The six metrics from counts of shape (..., outcome, decision): one column per group."""
    (negative, positive) = (drawn[..., outcome, :].sum(-1) for outcome in (0, 1))
    selected, rows = drawn[..., 1].sum(-1), drawn.sum((-1, -2))
    true, false = drawn[..., 1, 1], drawn[..., 0, 1]
    return {
        "selection_rate": selected / rows,
        "accuracy": (true + drawn[..., 0, 0]) / rows,
        "true_positive_rate": true / positive,
        "false_positive_rate": false / negative,
        "false_negative_rate": 1 - true / positive,
        "precision": true / selected,
    }
