"""`make bench-register`: fills a PostgreSQL of its own once, then asks each list over HTTP, again and again.

Two web processes as in production, one caller. It prints the table of docs/scale.md.
"""

import argparse
import http.client
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.serving import free_port, serving, web
from mrm import embedded

PROCESSES = 2
SEARCH = "/api/2.0/mlflow/registered-models/search"
FILES = ("csv", "json", "xlsx")
FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench" / "register"
PAGES = (
    ("the list, its first page and all facets", "/models/", "≤ 300 ms"),
    ("filtered by tier, status and unit", "/models/?tier=1&status=in_use&business_unit=Coast+credit", "≤ 300 ms"),
    ("sorted by owner", "/models/?ordering=owner", "≤ 300 ms"),
    ("search: one word in a tenth of the models", "/models/?search=credit", "≤ 300 ms"),
    ("search: three beginnings of words", "/models/?search=cred+def+nor", "≤ 300 ms"),
    ("the list as of a past day", "/models/?as_of=2025-06-30", "≤ 1 s"),
    ("the list as of a past day, with hindsight", "/models/?as_of=2025-06-30&known_on=2026-06-30", "≤ 1 s"),
    ("as of a past day, sorted by owner", "/models/?as_of=2025-06-30&ordering=owner", "≤ 1 s"),
    ("search as of a past day", "/models/?as_of=2025-06-30&search=credit", "≤ 1 s"),
    ("differences between two days", "/register/differences/?since=2025-06-30&until=2025-09-30", ""),
    ("portfolio, tiles and the worst first", "/portfolio/", "≤ 300 ms"),
    ("portfolio: red, in weeks", "/portfolio/?verdict=red&by=week", "≤ 300 ms"),
    ("portfolio: a name or an owner", "/portfolio/?q=Owner+017", "≤ 300 ms"),
    ("API: the list", "/api/v1/models/", "≤ 300 ms"),
    ("API: search", "/api/v1/models/?search=credit&ordering=-edited_at", "≤ 300 ms"),
    ("API: what lacks an attribute that is said by rows", "/api/v1/models/?missing=limitations", "≤ 300 ms"),
    ("API: with the third version in production", "/api/v1/models/?production_version=3&ordering=owner", "≤ 300 ms"),
    ("API: the portfolio", "/api/v1/portfolio/", "≤ 300 ms"),
    ("API: the list as of a past day", "/api/v1/models/?as_of=2025-06-30", "≤ 1 s"),
    ("API: the facets", "/api/v1/register/facets/", "≤ 300 ms"),
    (
        "registry: search by name",
        "/api/2.0/mlflow/registered-models/search?filter=name+LIKE+%27Credit%25%27",
        "≤ 300 ms",
    ),
    (
        "registry: search by tag",
        "/api/2.0/mlflow/registered-models/search?filter=tags.team+%3D+%27team+7%27",
        "≤ 300 ms",
    ),
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


def table(ask: Callable[[str], int], population, times: int) -> Iterator[str]:
    """Every page: how many queries it takes, asked in this process, and how long it takes over HTTP."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, signed = Client(SERVER_NAME="127.0.0.1"), {"authorization": f"Bearer {population.token()}"}
    client.force_login(population.auditor())
    yield "| page | median | p95 | target | queries |\n|---|---:|---:|---:|---:|"
    for name, address, target in PAGES:
        with CaptureQueriesContext(connection) as captured:
            client.get(address, headers=signed if SEARCH in address else None)
            queries = len(captured)  # Now: the next request empties the list.
        median, high = measured(lambda address=address: ask(address), times)
        yield f"| {name} | {median:.0f} ms | {high:.0f} ms | {target} | {queries} |"


def files(ask: Callable[[str], int]) -> Iterator[str]:
    """The whole register, in each kind of file."""
    yield "| everything as | size | time |\n|---|---:|---:|"
    for kind in FILES:
        start = time.perf_counter()
        size = ask(f"/register/models.{kind}")
        yield f"| {kind} | {size / 1e6:.0f} MB | {time.perf_counter() - start:.0f} s |"


def asking(port: int, population) -> Callable[[str], int]:
    """Asks for an address as the auditor, on a connection that stays; how many bytes were answered."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(population.auditor())
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    token, connection = f"Bearer {population.token()}", http.client.HTTPConnection("127.0.0.1", port, timeout=900)

    def answer_to(address: str) -> http.client.HTTPResponse:
        signed = {"Authorization": token} if SEARCH in address else {"Cookie": cookie}
        connection.request("GET", address, headers=signed)
        return connection.getresponse()

    def ask(address: str) -> int:
        try:
            response = answer_to(address)
        except http.client.RemoteDisconnected:  # It idled for longer than the server keeps one.
            response = answer_to(address)
        size = 0
        while part := response.read(1 << 20):
            size += len(part)
        if response.status != 200:
            raise SystemExit(f"{address} was answered with {response.status}.")
        return size

    return ask


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.register", description=__doc__)
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--files", action="store_true", help="how long the files of the register take, instead")
    parser.add_argument("--only-fill", action="store_true", help="write the register, and measure another time")
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
    with embedded.running(settings.VAR, purpose="the benchmark of the register", durable=False) as crew:
        call_command("migrate", verbosity=0)
        if not population.is_there():
            start = time.perf_counter()
            population.populate(options.models)
            population.analyze()
            print(f"{options.models:,} models written in {time.perf_counter() - start:.0f} s.", flush=True)
        count_all_marked()
        if options.only_fill:
            return
        port, address = free_port(), embedded.redis_url(settings.VAR)
        env = os.environ | {"REDIS_URL": address, "REGISTRY_CALLS_PER_MINUTE": "1000000", "LOG_LEVEL": "WARNING"}
        with serving(crew, web(port, PROCESSES), env, Path(settings.VAR) / "web.log", port):
            ask = asking(port, population)
            for line in files(ask) if options.files else table(ask, population, options.times):
                print(line, flush=True)


if __name__ == "__main__":
    main()
