"""Carrying out one run: claim it, measure outside any transaction, write the results and their consequences as one."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audits.assessments.measures import Measured, Measurement, NotEnoughData, Subject, measure
from audits.assessments.models import Result, Run
from audits.assessments.services.breaches import open_breaches
from audits.assessments.services.holding_back import hold_back
from audits.assessments.states import FINISHED, WITHOUT_ANSWER, after
from audits.scoring.errors import ArtifactRefused, ScoringFailed, ScoringTimedOut
from audits.statistics.limits import judge, worst
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import ModelVersion
from mrm.adapters import storage
from mrm.errors import TookTooLong, UnusableData
from mrm.locks import held
from mrm_verify.canonical import canonical

MOST_ATTEMPTS = 3
logger = logging.getLogger(__name__)


def execute(run_id: UUID) -> Run | None:
    """Carry out a run, unless it is finished or another worker has it in hand; then None.

    Safe to call any number of times. A worker that is killed takes its database session, and so its hold on the run,
    with it; the next call takes over.
    """
    with held(run_id) as mine:
        run = _claim(run_id) if mine else None
        if run is None:
            return None
        try:
            measured = measure(run.plan.kind, subject_of(run, report_progress=_progress_of(run)))
        except NotEnoughData as lack:
            return _finish(run, "lack_data", reason=str(lack))
        except (ScoringTimedOut, TookTooLong) as late:
            return _finish(run, "time_out", reason=str(late))
        except (ArtifactRefused, ScoringFailed, UnusableData) as failure:
            return _finish(run, "fail", reason=str(failure))
        return _finish(run, "succeed", measured=measured)


def _claim(run_id: UUID) -> Run | None:
    """Make this the attempt that may write the results. After too many attempts the run fails instead."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state in FINISHED:
            return None
        run.state, run.attempt = after(run.state, "claim"), run.attempt + 1
        run.started_at = run.started_at or timezone.now()
        run.save(update_fields=["state", "attempt", "started_at"])
    run = Run.objects.select_related("version__model", "version__reference", "plan", "policy").get(pk=run_id)
    if run.attempt > MOST_ATTEMPTS:
        reason = f"Stopped after {MOST_ATTEMPTS} attempts, each of which ended without an answer; the log says more."
        _finish(run, "fail", reason=reason)
        return None
    return run


def _progress_of(run: Run) -> Callable[[int, str], None]:
    def report_progress(percent: int, step: str) -> None:
        Run.objects.filter(pk=run.pk, attempt=run.attempt).update(progress=percent, step=step)

    return report_progress


def subject_of(
    run: Run,
    *,
    report_progress: Callable[[int, str], None],
    files: frozenset[str] | None = None,
    readings: Mapping[str, dict] | None = None,
) -> Subject:
    """What a run measures; `files` and `readings` limit the data to those it read the first time."""
    return Subject(
        version=run.version,
        policy=run.policy,
        start=run.window_start,
        end=run.window_end,
        seed=_seed(run.window_start),
        report_progress=report_progress,
        files=files,
        tier=run.inputs.get("tier"),
        readings=readings,
        replaces=_replaced_by(run),
    )


def _replaced_by(run: Run) -> ModelVersion | None:
    """What is in production when a version with one before it is measured; that one, where nothing else is.

    Measured again, a run keeps to what it named then; one from before runs named it compared with the one before.
    """
    version = run.version
    if number := run.inputs.get("replaces"):
        return version.model.versions.get(number=number)
    in_use = None if run.inputs or version.predecessor is None else version.model.production_version()
    return version.predecessor if in_use in (None, version) else in_use


def _seed(window_start: datetime) -> int:
    """The same for the same window, so that a re-run gives the same numbers."""
    return int(window_start.timestamp()) % 2**31


def _finish(run: Run, event: str, *, measured: Measured | None = None, reason: str = "") -> Run | None:
    """Write what came of it; None if a later attempt has taken over meanwhile."""
    for counts in measured.kept if measured else ():
        storage.put(counts)
    with governed():
        attempt = run.attempt
        run = Run.objects.select_for_update().get(pk=run.pk)
        if run.state in FINISHED or run.attempt != attempt:
            logger.warning("Run %s: attempt %s came too late and wrote nothing", run.pk, attempt)
            return None
        results = (
            [result_of(run, position, one) for position, one in enumerate(measured.measurements)] if measured else []
        )
        hold_back(run, results)
        Result.objects.bulk_create(results)
        verdicts = [result.verdict for result in results if result.verdict]
        run.state = after(run.state, event)
        run.verdict = "insufficient" if event == "lack_data" else worst(verdicts)
        run.reason, run.progress, run.step, run.finished_at = reason, 100, "", timezone.now()
        if measured:
            run.inputs, run.environment = measured.inputs, measured.environment
        run.save()
        action = Action.ASSESSMENT_FAILED if run.state in WITHOUT_ANSWER else Action.ASSESSMENT_COMPLETED
        record(
            action,
            actor=None,
            subject=run,
            verdict=run.verdict,
            results=len(results),
            results_digest=results_digest(results),
            policy=run.policy.number,
            **({"reason": reason} if reason else {}),
            **({"requested_by": str(run.requested_by_id)} if run.requested_by_id else {}),
        )
        open_breaches(run, results)
    return run


def result_of(run: Run, position: int, measurement: Measurement) -> Result:
    """The row, not saved, that says what was measured and how the run's policy judges it."""
    estimate, limit = measurement.estimate, measurement.limit
    return Result(
        run=run,
        position=position,
        measure=measurement.measure,
        column=measurement.column,
        segment=measurement.segment,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        level=estimate.level,
        statistic=estimate.statistic,
        p_value=estimate.p_value,
        sizes=dict(estimate.sizes),
        method=estimate.method,
        reason=estimate.reason,
        limit=_limit_as_data(limit, run.policy.number) if limit else None,
        verdict=measurement.verdict or (judge(estimate, limit) if limit else ""),
        detail=dict(estimate.detail),
    )


def _limit_as_data(limit, policy_number: int) -> dict:
    return {
        "amber": limit.amber,
        "red": limit.red,
        "direction": str(limit.direction),
        "decided_by": str(limit.decided_by),
        "minimum_size": limit.minimum_size,
        "significance": limit.significance,
        "policy_version": policy_number,
    } | ({} if limit.tolerance is None else {"tolerance": limit.tolerance})


EVIDENCE_FIELDS = (
    "measure",
    "column",
    "segment",
    "value",
    "low",
    "high",
    "p_value",
    "sizes",
    "limit",
    "verdict",
    "reason",
)


def results_digest(results) -> str:
    """The SHA-256 that the trail keeps of a run's results, recomputable from the rows."""
    rows = [{name: getattr(result, name) for name in EVIDENCE_FIELDS} for result in results]
    return hashlib.sha256(canonical(rows)).hexdigest()
