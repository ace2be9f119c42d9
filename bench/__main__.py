"""`make bench`: prints the tables of docs/scale.md, measured on this machine."""

import argparse
import os
import platform

from bench import counting, drift, estimation, explanation, fairness, memory, registry, survey, trail, year

BENCHMARKS = {
    "drift": drift.run,
    "year": year.run,
    "fairness": fairness.run,
    "estimation": estimation.run,
    "explanation": explanation.run,
    "counting": counting.run,
    "trail": trail.run,
    "survey": survey.run,
}
LARGE_BENCHMARKS = {"memory": memory.run, "registry": registry.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = [*BENCHMARKS, *LARGE_BENCHMARKS]
    parser.add_argument("names", nargs="*", metavar="name", help=f"which of: {', '.join(known)}")
    parser.add_argument("--large", action="store_true", help="also those that need minutes and gigabytes of disk")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    chosen = options.names or [*BENCHMARKS, *(LARGE_BENCHMARKS if options.large else ())]
    busy, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    print(f"{cores} cores, Python {platform.python_version()}, {busy:.1f} processes were running when this began.")
    for name in chosen:
        print((BENCHMARKS | LARGE_BENCHMARKS)[name](), flush=True)


if __name__ == "__main__":
    main()
