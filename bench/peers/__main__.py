"""`make bench-peers`: the same jobs by other libraries on the same data, side by side with ours.

Each peer lives in an environment of its own under var/bench-peers, some gigabytes together, which is made when it is
first needed; deleting the folder takes nothing else away. Peers are measured without reading the file, ours with it.
Their licences are their own (deepchecks: AGPL, alibi-detect: Business Source License); nothing of theirs is passed on.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.statistics.fairness import group_table
from bench import drift, explanation, fairness, registry
from bench.measure import Row, cost_of, printed
from bench.peers.environments import Peer, PeerMissing, measured
from bench.tables import COLUMNS, FOLDER, parquet

ROWS = 100_000
SECONDS = 1800.0
BOUNDS = ("pandas<3", "scikit-learn<1.7", "setuptools<81")
BEFORE_NUMPY_2 = (*BOUNDS, "numpy<2", "pyarrow<20")
PEERS = {
    "drift": (
        Peer("evidently", "evidently", BOUNDS),
        Peer("nannyml", "nannyml", (*BOUNDS, "statsmodels")),
        Peer("whylogs", "whylogs", (*BOUNDS, "whylogs[viz]", "ipython")),
        Peer("alibi_detect", "alibi-detect", BEFORE_NUMPY_2),
        Peer("deepchecks", "deepchecks", BEFORE_NUMPY_2),
    ),
    "fairness": (Peer("aif360", "aif360", BOUNDS),),
    "explanation": (Peer("woodelf", "woodelf-explainer", (*BOUNDS, "xgboost-cpu")),),
    "registry": (registry.MLFLOW,),
}
NAMES = [peer.name for peers in PEERS.values() for peer in peers]

Found = dict[str, dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="peer", help=f"which of: {', '.join(NAMES)}")
    parser.add_argument("--rows", type=int, default=ROWS, help="of either side (%(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="after which a peer is stopped (%(default)g)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no peer {unknown[0]!r}; there are {', '.join(NAMES)}")
    if options.rows < 1000:
        parser.error("at least 1000 rows are needed")
    for job, beside in JOBS.items():
        chosen = [peer for peer in PEERS[job] if peer.name in (options.names or NAMES)]
        if chosen:
            print(beside(chosen, options.rows, options.seconds), flush=True)


def drift_beside(peers: list[Peer], rows: int, seconds: float, *, folder: Path = FOLDER) -> str:
    pair = [parquet(rows, seed, shift, folder=folder) for seed, shift in ((3, 0.0), (4, 0.05))]
    ours = cost_of(drift.from_both_files, *pair, times=3)
    table = [Row("mrm, every statistic of every column, reading included", ours)]
    table += rows_of(peers, pair, seconds, ours.seconds, values_of_drift(*pair))
    return printed(f"Drift of {rows:,} rows × {len(COLUMNS)} columns, the reference not profiled yet", table)


def values_of_drift(reference: Path, current: Path) -> Found:
    grid = freeze_grid(reference, COLUMNS)
    estimates = drift.judged(scan(reference, grid), scan(current, grid))
    return {
        column: {statistic: one.value for statistic, one in measured.items() if one.value is not None}
        for column, measured in estimates.items()
    }


def fairness_beside(peers: list[Peer], rows: int, seconds: float, *, folder: Path = FOLDER) -> str:
    path = fairness.decisions(rows, folder=folder)
    ours = cost_of(fairness.from_the_file, path, times=3)
    table = [Row("mrm, three attributes intersected, 1 000 replicates, reading included", ours)]
    table += rows_of(peers, [path], seconds, ours.seconds, values_of_fairness(path))
    return printed(f"Fairness of {rows:,} rows", table)


def values_of_fairness(path: Path) -> Found:
    """Of one attribute at a time, its values numbered in the order of their names."""
    cells, found = fairness.counted(path), {}
    for attribute in fairness.ATTRIBUTES:
        groups = group_table(cells, attribute).groups
        for place, name in enumerate(sorted(groups)):
            found[f"{attribute} {place}"] = {metric: groups[name][metric].value for metric in fairness.FAIRLEARN}
    return found


def explanation_beside(peers: list[Peer], rows: int, seconds: float, *, folder: Path = FOLDER) -> str:
    model, explained = explanation.trained(folder), min(rows, explanation.CHOSEN_ROWS)
    population = explanation.population(explanation.POPULATION)
    given = [model, folder / "explained.npy", folder / "background.npy"]
    np.save(given[1], population[:explained])
    np.save(given[2], population[-explanation.BACKGROUND :])
    values, _ = explanation.until_enough(model, explanation.interventional)
    ours = cost_of(explanation.until_enough, model, explanation.interventional, times=1)
    found = {str(place): {"share": float(share)} for place, share in enumerate(explanation.shares(values))}
    table = [Row(f"mrm with shap, until enough are explained ({len(values)} rows)", ours)]
    table += rows_of(peers, given, seconds, ours.seconds, found)
    return printed(f"Interventional SHAP, {explanation.BACKGROUND} background rows; peers explain {explained:,}", table)


def registry_beside(peers: list[Peer], rows: int, seconds: float) -> str:
    """Two servers by the same calls, each as long as `python -m bench registry` takes; rows are none of theirs."""
    return registry.run()


JOBS: dict[str, Callable[[list[Peer], int, float], str]] = {
    "drift": drift_beside,
    "fairness": fairness_beside,
    "explanation": explanation_beside,
    "registry": registry_beside,
}


def rows_of(peers: list[Peer], paths: list[Path], seconds: float, ours: float, values: Found) -> list[Row]:
    """One line per peer, in the order of the list; a peer that cannot be measured is named with the reason."""
    table = []
    for peer in peers:
        try:
            answer = measured(peer, paths, seconds=seconds)
        except PeerMissing as reason:
            print(f"{peer.name} is left out: {reason}", flush=True)
            continue
        note = f"{answer.cost.seconds / ours:.1f} × ours{compared(answer.found, values)}"
        table.append(Row(f"{peer.name} {answer.version}", answer.cost, note=note))
    return table


def compared(theirs: Found, ours: Found) -> str:
    """The largest difference of each statistic that both define alike; nothing where there is none."""
    largest: dict[str, float] = {}
    for column, statistics in theirs.items():
        for statistic, value in statistics.items():
            apart = abs(value - ours[column][statistic])
            largest[statistic] = max(largest.get(statistic, 0.0), apart)
    if not largest:
        return ""
    return "; largest difference to ours: " + ", ".join(f"{name} {apart:.1g}" for name, apart in largest.items())


if __name__ == "__main__":
    main()
