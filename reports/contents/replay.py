"""A report's numbers computed again from the stored data, and held against its evidence bundle. Writes nothing."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from audits.assessments.models import Result, Run
from audits.assessments.services.measuring_again import CannotMeasureAgain, measure_again
from reports.contents.figures import find_figures
from reports.contents.results import result_of, source_key
from reports.verification import document, evidence

CLOSE_ENOUGH = 1e-9  # Relative: another processor may add the same numbers up in another order.
ZERO = 1e-12
IDENTITY = ("measure", "column", "segment")
COMPARED = ("value", "low", "high", "level", "p_value", "sizes", "method", "reason", "limit", "verdict")


@dataclass(frozen=True)
class Replayed:
    """What measuring one run again gave.

    results, figures  how many results, and how many printed figures of the report, come from this run
    fault             the first difference, or why there is nothing to compare; empty where everything is the same
    """

    run: str
    title: str
    results: int
    figures: int
    fault: str = ""


class _Different(Exception):
    """The numbers are not the same; the message names the first that is not."""


def bundle_in(data: bytes) -> dict:
    """The evidence bundle: of a report as PDF, or of the attachment saved from one."""
    attached = document.attached_evidence(data) if data.startswith(b"%PDF-") else data
    if attached is None:
        raise evidence.Faulty(f"The document must hold exactly one attachment named {evidence.EVIDENCE}.")
    bundle = evidence.parse(attached)
    results, items = bundle.get("results"), bundle.get("evidence")
    names = ("run", *IDENTITY)
    if not isinstance(results, list) or not all(
        isinstance(one, dict) and all(isinstance(one.get(name), str) for name in names) for one in results
    ):
        raise evidence.Faulty("evidence.json does not say from which runs its results are.")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise evidence.Faulty("evidence.json does not list the data it rests on.")
    return bundle


def replay(bundle: dict) -> Iterator[Replayed]:
    """Every run of the bundle, measured again one after the other."""
    told: dict[str, list[dict]] = {}
    for result in bundle["results"]:
        told.setdefault(result["run"], []).append(result)
    for run_id, results in told.items():
        yield _replay_run(run_id, results, bundle)


def _replay_run(run_id: str, told: list[dict], bundle: dict) -> Replayed:
    run = _find(run_id)
    if run is None:
        return Replayed(run_id, f"Run {run_id}", len(told), 0, "This installation knows no such run.")
    printed = {name: text for name, text in bundle["figures"].items() if name.startswith(f"{source_key(run)}.")}
    fault = ""
    try:
        _compare_inputs(run, bundle)
        with _reading_only():
            rows = measure_again(run)
        _compare_results(told, rows)
        _compare_figures(printed, run, rows)
    except (_Different, CannotMeasureAgain) as difference:
        fault = str(difference)
    return Replayed(run_id, str(run), len(told), len(printed), fault)


def _find(run_id: str) -> Run | None:
    try:
        key = UUID(run_id)
    except ValueError:
        return None
    related = ("version__model", "version__reference", "plan", "policy")
    return Run.objects.finished().select_related(*related).filter(pk=key).first()


@contextmanager
def _reading_only() -> Iterator[None]:
    """PostgreSQL itself refuses every write in here."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _compare_inputs(run: Run, bundle: dict) -> None:
    """The run's record must name no data but those that the report names."""
    named = {item.get("sha256") for item in bundle["evidence"]}
    read = [run.inputs["reference"]]
    read += [file for name in ("batches", "season", "outcomes") for file in run.inputs.get(name, [])]
    digests = [file["sha256"] for file in read]
    digests += [source["counts"] for source in run.inputs.get("sources", []) if "counts" in source]
    for digest in digests:
        if digest not in named:
            raise _Different(f"The run's record names the data {digest}, which the report does not name.")


def _compare_results(told: list[dict], rows: list[Result]) -> None:
    then = {tuple(result[name] for name in IDENTITY): result for result in told}
    now = {tuple(getattr(row, name) for name in IDENTITY): row for row in rows}
    for identity in [*then, *now]:
        what = " ".join(part for part in identity if part)
        if identity not in now:
            raise _Different(f"{what} is in the report but is not measured today.")
        if identity not in then:
            raise _Different(f"{what} is measured today but is not in the report.")
        for name in COMPARED:
            said, found = then[identity].get(name), getattr(now[identity], name)
            if not _is_same(said, found):
                raise _Different(f"{what}: the {name.replace('_', ' ')} is {found} today; the report says {said}.")


def _compare_figures(printed: dict[str, str], run: Run, rows: list[Result]) -> None:
    today = {figure.id: figure.text for row in rows if row.verdict for figure in find_figures(result_of(run, row))}
    for name, text in printed.items():
        if today.get(name) != text:
            raise _Different(
                f"The figure {name} would be printed as {today.get(name)} today; the report prints {text}."
            )


def _is_same(said, found) -> bool:
    if isinstance(said, dict) and isinstance(found, dict):
        return said.keys() == found.keys() and all(_is_same(said[name], found[name]) for name in said)
    if isinstance(said, int | float) and isinstance(found, int | float):
        return math.isclose(said, found, rel_tol=CLOSE_ENOUGH, abs_tol=ZERO)
    return said == found
