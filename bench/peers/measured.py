"""Runs inside a peer's environment: `python -m bench.peers.measured ANSWER JOB PATH ...` writes what the job cost."""

import dataclasses
import importlib
import json
import sys
import time
import warnings
from pathlib import Path

from bench.measure import Cost, peak_mib


def main(answer: str, name: str, *paths: str) -> None:
    warnings.simplefilter("ignore")
    module = importlib.import_module(f"bench.peers.jobs.{name}")
    given = module.read(*paths)
    start, worked = time.perf_counter(), time.process_time()
    found = module.job(*given)
    cost = Cost(time.perf_counter() - start, time.process_time() - worked, peak_mib())
    Path(answer).write_text(json.dumps({"cost": dataclasses.asdict(cost), "found": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
