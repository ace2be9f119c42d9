"""Assessed models for the tests of pages: rows as a worker would have left them, without the measuring."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from audits.assessments.models import Breach, Plan, Result, Run
from inventory.models import Policy
from tests.factories import make_model, make_version, promote

LIMIT = {
    "amber": 0.1, "red": 0.25, "direction": "upper", "decided_by": "tolerance", "minimum_size": 100,
    "significance": 0.05, "policy_version": 1,
}  # fmt: skip
BINS = [{"label": "low", "reference": 0.5, "current": 0.1}, {"label": "high", "reference": 0.5, "current": 0.9}]


def make_run(version, *, kind="drift", verdict="red", state="succeeded", months_ago=0, reason="") -> Run:
    """A run over a month, finished unless told otherwise."""
    end = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30 * months_ago)
    start = end - timedelta(days=30)
    plan, _ = Plan.objects.get_or_create(
        version=version, kind=kind, defaults={"window_start": end, "next_due_at": end + timedelta(days=30)}
    )
    is_finished = state not in ("queued", "running")
    return Run.objects.create(
        plan=plan,
        version=version,
        policy=Policy.objects.in_force(),
        window_start=start,
        window_end=end,
        state=state,
        verdict=verdict if state == "succeeded" else "",
        reason=reason,
        inputs={"reference": {"sha256": "a" * 64, "rows": 500, "grid": "b" * 64}, "rows": {"current": 200}},
        environment={"seed": 7, "libraries": {"numpy": "2.3"}},
        started_at=end,
        finished_at=end + timedelta(seconds=3) if is_finished else None,
    )


def make_result(run, *, measure="psi", column="income", segment="", value=0.4, verdict="red", **fields) -> Result:
    defaults = {
        "position": run.results.count(),
        "low": None if value is None else value * 0.9,
        "high": None if value is None else value * 1.1,
        "p_value": 0.0002,
        "sizes": {"reference": 500, "current": 200},
        "method": "sum (q - p) ln(q / p)",
        "limit": LIMIT,
        "detail": {"bins": BINS},
    }
    case = {"measure": measure, "column": column, "segment": segment}
    return Result.objects.create(run=run, value=value, verdict=verdict, **case, **defaults | fields)


def make_breach(run, *, measure="psi", column="income", verdict="red") -> Breach:
    case = {"measure": measure, "column": column}
    return Breach.objects.create(version=run.version, **case, verdict=verdict, first_run=run, last_run=run)


def make_assessed_model(*, name="", owner=None, verdict="red", **fields):
    """A model in use with one drift run of this verdict; its red or amber result is an open breach."""
    model = make_model(name=name, owner=owner, **fields)
    version = promote(make_version(model, framework="xgboost"))
    run = make_run(version, verdict=verdict)
    make_result(run, verdict=verdict)
    if verdict in ("red", "amber"):
        make_breach(run, verdict=verdict)
    return model


def long_ago() -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC)
