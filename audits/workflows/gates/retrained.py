"""What the policy asks of a version that a retraining made: compared with what it replaces, and run beside it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Run
from audits.assessments.states import RunState
from audits.workflows.gates.gate import Blocker
from audits.workflows.models import ChangeRequest
from inventory import frames
from inventory.models import ModelVersion, PredictionBatch, Source
from inventory.policies import OfCandidate, ParallelRun, asked_of_candidate
from inventory.states import UNDECIDED
from mrm.pages.wording import counted

COMPARED, PARALLEL_RUN = "retraining.compared", "retraining.parallel_run"


def asked_of(version: ModelVersion, document: dict) -> OfCandidate | None:
    """What it must show besides what every version must; nothing where no retraining made it, or it is in use."""
    if not version.origin or version.stage not in UNDECIDED:
        return None
    requests = ChangeRequest.objects.filter(kind=ChangeRequest.Kind.RETRAINING, model=version.model_id)
    if not requests.filter(reference=version.origin).exists():
        return None
    return asked_of_candidate(document, version.model.tier)


def blockers_in_comparison(version: ModelVersion, asked: OfCandidate, latest: Mapping[str, Run]) -> list[Blocker]:
    """Assessments that compare it with nothing, or no longer with what it would replace."""
    blockers, in_use = [], version.model.production_version()
    for kind in dict.fromkeys(MEASURES[measure].kind for measure in asked.decided):
        run = latest.get(kind)
        if run is None or run.state != RunState.SUCCEEDED:
            continue  # That there is none blocks by itself, where one is possible.
        wanted = [measure for measure in asked.decided if MEASURES[measure].kind == kind]
        if not run.results.filter(measure__in=wanted).exists():
            why = " ".join(f"{sentence}." for sentence in run.inputs.get("not_examined", []))
            text = (
                f"The latest {kind} assessment does not compare {version}, which was retrained, with what it replaces."
            )
            blockers.append(Blocker(COMPARED, f"{text} {why}".strip()))
            continue
        named = run.inputs.get("replaces", version.predecessor and version.predecessor.number)
        if in_use is not None and named != in_use.number:
            text = (
                f"The latest {kind} assessment compares {version}, which was retrained, with version {named}, and "
                f"{in_use} is in production now: measure it again."
            )
            blockers.append(Blocker(COMPARED, text))
    return blockers


def blockers_in_parallel_run(version: ModelVersion, asked: ParallelRun) -> list[Blocker]:
    """That it has not scored the traffic of the version in use for long enough."""
    champion = version.model.production_version()
    if champion is None or not (asked.days or asked.rows):
        return []
    days, rows = ran_beside(version, champion)
    if days >= asked.days and rows >= asked.rows:
        return []
    text = (
        f"{version} was retrained, and has scored the traffic of {champion} on {days} of {counted(asked.days, 'day')} "
        f"and {rows} of {counted(asked.rows, 'row')} that the policy asks for since it was registered. "
        "Let it run as a challenger until then."
    )
    return [Blocker(PARALLEL_RUN, text)]


def ran_beside(version: ModelVersion, champion: ModelVersion) -> tuple[int, int]:
    """On how many days since it was registered both have logged predictions, and its rows in the batches of those.

    What a retraining scored itself (nobody sent it) is no traffic.
    """
    since = version.registered_at
    sent = version.batches.filter(last_at__gte=since, received_from__isnull=False)
    own = [(_days_of(batch, since), batch.rows) for batch in sent]
    own += [(_days_between(one, since), one.rows or 0) for one in version.sources.open().filter(first_at__gte=since)]
    traffic = set().union(
        *(_days_of(batch, since) for batch in champion.batches.filter(last_at__gte=since)),
        *(_days_between(one, since) for one in champion.sources.open().filter(last_at__gte=since)),
    )
    both = set().union(*(days for days, _ in own)) & traffic
    return len(both), sum(rows for days, rows in own if days & both)


def _days_of(batch: PredictionBatch, since: datetime) -> set[date]:
    """Those that hold rows of it: read, unless its ends say it."""
    if batch.first_at >= since and (batch.last_at.date() - batch.first_at.date()).days <= 1:
        return {batch.first_at.date(), batch.last_at.date()}
    return frames.days_of(batch, since)


def _days_between(source: Source, since: datetime) -> set[date]:
    """Of a table elsewhere only its ends are known here."""
    start = max(source.first_at, since).date()
    return {start + timedelta(days=n) for n in range((source.last_at.date() - start).days + 1)}
