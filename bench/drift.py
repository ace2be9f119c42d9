"""A whole drift assessment: every statistic of every column, from Parquet, beside the floor and hand-written SciPy."""

from pathlib import Path

import pyarrow.parquet as pq

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.profiles.profile import Profile
from audits.statistics import drift
from audits.statistics.estimates import Estimate
from audits.statistics.quality.faults import missing_rate
from bench.measure import Row, cost_of, printed
from bench.tables import COLUMNS, FOLDER, NAMES, NUMBERS, ROWS, TEXTS, parquet

STATISTICS = {
    "psi": drift.population_stability_index,
    "jensen_shannon": drift.jensen_shannon_distance,
    "kolmogorov_smirnov": drift.kolmogorov_smirnov,
    "wasserstein": drift.wasserstein_distance,
    "chi_square": drift.chi_square_test,
    "hellinger": drift.hellinger_distance,
    "missing": missing_rate,
}

# The reference is profiled once when a version is registered; per size, what that spares every batch is kept here.
_frozen: dict[Path, Profile] = {}


def judged(reference: Profile, current: Profile) -> dict[str, dict[str, Estimate]]:
    """Every statistic of every column."""
    return {
        name: {
            statistic: measure(reference.counts(name), current.counts(name))
            for statistic, measure in STATISTICS.items()
        }
        for name in reference.grid.names
    }


def with_frozen_reference(reference: Path, current: Path):
    if reference not in _frozen:
        _frozen[reference] = scan(reference, freeze_grid(reference, COLUMNS))
    profile = _frozen[reference]
    return judged(profile, scan(current, profile.grid))


def from_both_files(reference: Path, current: Path):
    grid = freeze_grid(reference, COLUMNS)
    return judged(scan(reference, grid), scan(current, grid))


def read(path: Path):
    """The floor: pyarrow, multi-threaded, decoding the same columns."""
    return pq.read_table(path, columns=NAMES)


_frames: dict[Path, object] = {}


def by_hand(reference: Path, current: Path) -> dict[str, dict[str, float]]:
    """The same statistics as SciPy and pandas users write them, on frames that are already read."""
    import numpy as np
    import pandas as pd
    from scipy import stats
    from scipy.spatial.distance import jensenshannon

    for path in (reference, current):
        if path not in _frames:
            _frames[path] = pd.read_parquet(path)
    before, after = _frames[reference], _frames[current]

    def of_shares(p, q) -> dict[str, float]:
        expected, actual = p / p.sum(), q / q.sum()
        floor = np.clip(expected, 1e-4, None), np.clip(actual, 1e-4, None)
        return {
            "psi": np.sum((floor[1] - floor[0]) * np.log(floor[1] / floor[0])),
            "jensen_shannon": jensenshannon(expected, actual, base=2),
            "hellinger": np.sqrt(np.sum((np.sqrt(expected) - np.sqrt(actual)) ** 2) / 2),
            "chi_square": stats.chi2_contingency([p[p + q > 0], q[p + q > 0]])[1],
        }

    found = {}
    for name in NUMBERS:
        first, second = before[name].dropna().to_numpy(), after[name].dropna().to_numpy()
        inner = np.unique(np.quantile(first, np.linspace(0, 1, 11)[1:-1]))
        edges = np.concatenate([[-np.inf], inner, [np.inf]])
        found[name] = of_shares(np.histogram(first, edges)[0], np.histogram(second, edges)[0])
        found[name]["kolmogorov_smirnov"] = stats.ks_2samp(first, second, method="asymp").statistic
        found[name]["wasserstein"] = stats.wasserstein_distance(first, second)
    for name in TEXTS:
        first, second = before[name].value_counts(), after[name].value_counts()
        both = first.index.union(second.index)
        found[name] = of_shares(first.reindex(both, fill_value=0), second.reindex(both, fill_value=0))
    for name in NAMES:
        found[name]["missing"] = after[name].isna().mean() - before[name].isna().mean()
    return found


def run(rows: int = ROWS, small: int = ROWS // 10, *, folder: Path = FOLDER, times: int = 6) -> str:
    large = [parquet(rows, seed, shift, folder=folder) for seed, shift in ((1, 0.0), (2, 0.05))]
    tenth = [parquet(small, seed, shift, folder=folder) for seed, shift in ((3, 0.0), (4, 0.05))]
    floor = cost_of(read, large[1], times=times)
    frozen = cost_of(with_frozen_reference, *large, times=times)
    both = cost_of(from_both_files, *large, times=times)
    tiny = cost_of(with_frozen_reference, *tenth, times=times)
    hand = cost_of(by_hand, *large, times=2)
    hand_tiny = cost_of(by_hand, *tenth, times=2)
    table = [
        Row("floor: pyarrow reads the columns", floor),
        Row(
            "reference frozen", frozen, "≤ 0.8 s, ≤ 4 × the floor, ≤ 900 MiB",
            f"{frozen.seconds / floor.seconds:.1f} × the floor, SciPy {hand.seconds / frozen.seconds:.0f} × ours",
        ),
        Row(
            "reference not profiled yet", both, "≤ 1.6 s, ≤ 600 MiB, SciPy ≥ 8 × ours",
            f"SciPy {hand.seconds / both.seconds:.1f} × ours",
        ),
        Row("hand-written SciPy + pandas, reading left out", hand),
        Row(f"reference frozen, {small:,} rows", tiny, "≤ 0.15 s"),
        Row(f"hand-written SciPy + pandas, {small:,} rows", hand_tiny),
    ]  # fmt: skip
    return printed(f"Drift of {rows:,} rows × {len(COLUMNS)} columns, every statistic of every column", table)
