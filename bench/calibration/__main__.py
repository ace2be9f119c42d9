"""`make bench-calibration`: whether tests err, intervals cover and policies alarm as often as they say, by simulation.

The suite runs the same simulations at a few settings; the whole table of docs/calibration.md is written with `--write`.
"""

import argparse
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bench.calibration import simulations
from bench.calibration.simulations import (
    COVERAGES,
    FEATURES,
    NULL_SIZES,
    REFERENCE_ROWS,
    SHAPES,
    TOLERANCE_SIZES,
    TOLERANCES,
    WEEKLY_ROWS,
    WEEKS,
    Rate,
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "calibration.md"
REPLICATIONS = 2000
SEED = 20261121
PROMISE = 0.015
# As many standard errors of the simulation are allowed for, so that chance alone seldom makes a promise look broken.
STANDARD_ERRORS = 2


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.calibration", description=__doc__.partition("\n")[0])
    parser.add_argument("--replications", type=int, default=REPLICATIONS, help="of every simulation (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md as well as printing it")
    options = parser.parse_args()
    if options.replications < 1:
        parser.error("at least 1 replication is needed")
    text = document(options.replications)
    print(text)
    if options.write:
        DOCUMENT.write_text(text)


def document(replications: int) -> str:
    """Every table, each simulation with random numbers of its own, so that adding one changes no other."""
    begun = time.process_time()
    parts = [part(replications) for part in (null, tolerances, intervals, families, weeks)]
    return "\n".join([opening(replications, time.process_time() - begun), *parts])


def draw(*name: object) -> np.random.Generator:
    """Random numbers that depend on the simulation's name only, so that adding one changes no other."""
    return np.random.default_rng([SEED, zlib.crc32(repr(name).encode())])


def opening(replications: int, seconds: float) -> str:
    return f"""# Calibration: do the numbers err as often as they say?

*Written by `make bench-calibration ARGUMENTS="--replications {replications} --write"`, seed {SEED}; edit
`bench/calibration`.*

Every figure is a simulation of {replications:,} replications under a truth that is known, measured and judged by the
functions that mrm itself calls. After each stands the Monte-Carlo standard error, in points. A stated rate is promised
to within {100 * PROMISE:g} points; **bold** is what misses that by more than {STANDARD_ERRORS} standard errors of the
simulation. All of it took {seconds:.0f} seconds of one processor. The suite runs small versions
(`tests/statistics/test_calibrated.py`).
"""


def null(replications: int) -> str:
    lines = [
        "## PSI of a stable population\n",
        "Deciles of the reference, empty cells counted as half a row. Testing for *any* change at 5 % keeps its size;"
        " the customary\nlimit of 0.10 on the value itself is crossed by chance alone in small samples.\n",
        *head("reference and current", "test of no change rejects (stated 5 %)", "PSI above 0.10"),
    ]
    for sizes in NULL_SIZES:
        size, above = simulations.null_size(sizes, replications, draw("null", sizes))
        lines.append(f"| {size.what} | {shown(size)} | {shown(above)} |")
    return "\n".join(lines) + "\n"


def tolerances(replications: int) -> str:
    columns = [(shape, tolerance) for shape in SHAPES for tolerance in TOLERANCES]
    lines = [
        "## Tolerance test at its tolerance\n",
        'The true PSI *is* the tolerance, which is the hardest case of "the true PSI is at most the tolerance"; stated:'
        " 5 %.\nTwo shapes of shift, because the size depends a little on the shape when cells are few.\n",
        *head("reference and current", *(f"{shape}, {tolerance:.2f}" for shape, tolerance in columns)),
    ]
    for sizes in TOLERANCE_SIZES:
        found = [
            simulations.tolerance_size(sizes, tolerance, replications, draw(sizes, tolerance, shape), shape=shape)
            for shape, tolerance in columns
        ]
        lines.append(f"| {sizes[0]:,} and {sizes[1]:,} rows | {' | '.join(map(shown, found))} |")
    return "\n".join(lines) + "\n"


def intervals(replications: int) -> str:
    found = [simulations.coverage(name, replications, draw(name)) for name in COVERAGES]
    title = (
        "## Intervals of 95 %\n\nAssessments use DeLong's variance on the log-odds scale. The symmetric interval is the"
        "\ncustomary one, and too short where events are few and the AUC is high (Newcombe 2006).\n"
    )
    return rates(title, "interval", "holds the truth", found)


def families(replications: int) -> str:
    title = (
        f"## {FEATURES} features at once\n\nTested for any change of their PSI; {simulations.DRIFTED} did change."
        " The p-values err by themselves as the first table says.\n"
    )
    return rates(title, "adjustment and error", "happened", simulations.families(replications, draw("families")))


def weeks(replications: int) -> str:
    title = (
        f"## {WEEKS} weekly looks\n\nYears with at least one false alarm. PSI: {WEEKLY_ROWS:,} rows a week against"
        f" {REFERENCE_ROWS:,} reference rows; the others 50\nobservations a week, looked at after each one. At the very"
        " tolerance every look errs with 5 %, so that few years pass without\nan alarm; LORD++ spends one error rate"
        " over all of them.\n"
    )
    found = [
        simulations.policy_alarms(true_psi, replications, draw("policy", true_psi)) for true_psi in (0.0, 0.05, 0.10)
    ]
    watches = (
        simulations.change_alarms,
        simulations.spent_alarms,
        simulations.sequence_misses,
        simulations.betting_alarms,
        simulations.calibration_alarms,
    )
    found += [watch(replications, draw(watch.__name__)) for watch in watches]
    return rates(title, "watched by", "happened", found)


def rates(title: str, what: str, happened: str, found: Iterable[Rate]) -> str:
    lines = [title, *head(what, happened, "stated")]
    lines += [f"| {rate.what} | {shown(rate)} | {stated(rate)} |" for rate in found]
    return "\n".join(lines) + "\n"


def head(first: str, *others: str) -> list[str]:
    return [f"| {' | '.join((first, *others))} |", f"|---|{'---:|' * len(others)}"]


def stated(rate: Rate) -> str:
    return "–" if rate.stated is None else f"{'≤ ' if rate.at_most else ''}{100 * rate.stated:g} %"


def shown(rate: Rate) -> str:
    figure = f"{100 * rate.happened:.1f} % ± {100 * rate.error:.1f}"
    return figure if rate.keeps(PROMISE, STANDARD_ERRORS) else f"**{figure}**"


if __name__ == "__main__":
    main()
