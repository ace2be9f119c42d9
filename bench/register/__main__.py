"""`make bench-register`: fills a PostgreSQL of its own once, then asks each list again and again and prints a table."""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from mrm import embedded

FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench" / "register"
PAGES = (
    ("the list, its first page and all facets", "/models/", "≤ 300 ms"),
    ("filtered by tier, status and unit", "/models/?tier=1&status=in_use&business_unit=Coast+credit", "≤ 300 ms"),
    ("sorted by owner", "/models/?ordering=owner", "≤ 300 ms"),
    ("search: one word in a tenth of the models", "/models/?search=credit", "≤ 300 ms"),
    ("search: three beginnings of words", "/models/?search=cred+def+nor", "≤ 300 ms"),
    ("the list as of a past day", "/models/?as_of=2025-06-30", "≤ 1 s"),
    ("the list as of a past day, with hindsight", "/models/?as_of=2025-06-30&known_on=2026-06-30", "≤ 1 s"),
    ("search as of a past day", "/models/?as_of=2025-06-30&search=credit", "≤ 1 s"),
    ("differences between two days", "/register/differences/?since=2025-06-30&until=2025-09-30", ""),
    ("portfolio, tiles and the worst first", "/portfolio/", "≤ 300 ms"),
    ("portfolio: red, in weeks", "/portfolio/?verdict=red&by=week", "≤ 300 ms"),
    ("portfolio: a name or an owner", "/portfolio/?q=Owner+017", "≤ 300 ms"),
    ("API: the list", "/api/v1/models/", "≤ 300 ms"),
    ("API: search", "/api/v1/models/?search=credit&ordering=-edited_at", "≤ 300 ms"),
    ("API: the list as of a past day", "/api/v1/models/?as_of=2025-06-30", "≤ 1 s"),
    ("hygiene, every rule", "/hygiene/", ""),
    ("indicators, every one", "/indicators/", ""),
)


def measured(ask: Callable[[], int], times: int) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after one asking that counts for nothing."""
    ask()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[min(int(len(taken) * 0.95), len(taken) - 1)]


def table(times: int) -> str:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from bench.register.population import auditor

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(auditor())
    lines = ["| page | median | p95 | target | queries |", "|---|---|---|---|---|"]
    for name, address, target in PAGES:

        def ask(address=address) -> int:
            status = client.get(address).status_code
            if status != 200:
                raise SystemExit(f"{address} was answered with {status}.")
            return status

        with CaptureQueriesContext(connection) as captured:
            ask()
            queries = len(captured)  # Now: the next request empties the list.
        median, high = measured(ask, times)
        lines.append(f"| {name} | {median:.0f} ms | {high:.0f} ms | {target} | {queries} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.register", description=__doc__)
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    options = parser.parse_args()
    os.environ.setdefault("MRM_VAR", str(FOLDER / str(options.models)))
    os.environ.setdefault("MRM_DEVELOPMENT", "true")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
    # As the role that owns the tables: nobody else may write records, or switch off what keeps them.
    owner = embedded.database_url(Path(os.environ["MRM_VAR"]), embedded.DATABASE, embedded.ROLE)
    os.environ["DATABASE_URL"] = owner

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from audits.workflows.services import count_all_marked
    from bench.register import population

    Path(settings.VAR).mkdir(parents=True, exist_ok=True)
    busy, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    print(f"{cores} cores; {busy:.1f} processes were running when this began.", flush=True)
    with embedded.running(settings.VAR, purpose="the benchmark of the register", durable=False):
        call_command("migrate", verbosity=0)
        if not population.is_there():
            start = time.perf_counter()
            population.populate(options.models)
            population.analyze()
            print(f"{options.models:,} models written in {time.perf_counter() - start:.0f} s.", flush=True)
        count_all_marked()
        print(table(options.times))


if __name__ == "__main__":
    main()
