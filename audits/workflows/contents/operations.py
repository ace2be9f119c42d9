"""What a monitoring system asks: whether this installation can work, and how much waits. Numbers only, no names."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max
from django.utils import timezone
from redis.exceptions import RedisError

from audits.assessments.models import Breach, Plan, Run
from audits.trail.models import Checkpoint, Entry
from audits.workflows.models import Arrangement, Attestation, ChangeRequest, Finding
from audits.workflows.states import AttestationState
from inventory.models import Model
from mrm.accounts.models import Notice
from mrm.adapters import storage

Sample = tuple[dict[str, str], float]


def faults() -> dict[str, str]:
    """Each part that work needs, and what is wrong with it; empty where nothing is."""
    return {name: check() for name, check in CHECKS.items()}


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "It does not answer."
    return f"{len(waiting)} migrations are not applied; run manage.py migrate." if waiting else ""


def _queue() -> str:
    try:
        cache.get("operations")
    except RedisError:
        return "It does not answer."
    return ""


def _storage() -> str:
    try:
        storage.exists("0" * 64)
    except OSError:
        return "It does not answer."
    return ""


CHECKS: dict[str, Callable[[], str]] = {"database": _database, "queue": _queue, "storage": _storage}


def gauges() -> list[tuple[str, str, list[Sample]]]:
    """Name, what it says, and its samples with their labels."""
    now = timezone.now()
    newest, signed = Entry.objects.aggregate(last=Max("position"))["last"], Checkpoint.objects.first()
    unsigned = Entry.objects.filter(position__gte=signed.size if signed else 0).order_by("position").first()
    return [
        ("mrm_models", "Models in the register, by status", _by("status", Model.objects.all())),
        ("mrm_runs_unfinished", "Assessments that are queued or running", _by("state", Run.objects.unfinished())),
        ("mrm_plans_due", "Monitoring plans whose next run is due", _one(Plan.objects.due(now).count())),
        ("mrm_breaches_open", "Open breaches", _by("verdict", Breach.objects.open())),
        ("mrm_changes_pending", "Change requests that await a decision", _by("kind", ChangeRequest.objects.pending())),
        ("mrm_findings_open", "Open findings", _by("severity", Finding.objects.open())),
        (
            "mrm_arrangements_lapsed",
            "What has lapsed and is not in order",
            _one(Arrangement.objects.unsettled().count()),
        ),
        (
            "mrm_attestations_open",
            "Attestations that owners are asked for",
            _one(Attestation.objects.filter(state=AttestationState.OPEN).count()),
        ),
        ("mrm_notices_waiting", "Mails that are not sent yet", _one(Notice.objects.to_send(now).count())),
        ("mrm_trail_entries", "Entries of the trail", _one(0 if newest is None else newest + 1)),
        ("mrm_trail_signed_entries", "Entries under the newest checkpoint", _one(signed.size if signed else 0)),
        (
            "mrm_trail_unsigned_seconds",
            "Age of the oldest entry that no checkpoint covers yet",
            _one((now - unsigned.at).total_seconds() if unsigned else 0),
        ),
    ]


def as_text(measured: list[tuple[str, str, list[Sample]]]) -> str:
    """In the text format that Prometheus reads, version 0.0.4."""
    lines = []
    for name, told, samples in measured:
        lines += [f"# HELP {name} {told}.", f"# TYPE {name} gauge"]
        for labels, value in samples:
            shown = ",".join(f'{label}="{_escaped(word)}"' for label, word in labels.items())
            lines.append(f"{name}{{{shown}}} {value:g}" if shown else f"{name} {value:g}")
    return "\n".join(lines) + "\n"


def _by(field: str, rows) -> list[Sample]:
    counted = rows.order_by().values(field).annotate(number=Count("pk")).order_by(field)
    return [({field: str(row[field])}, row["number"]) for row in counted]


def _one(value: float) -> list[Sample]:
    return [({}, value)]


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
