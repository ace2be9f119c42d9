"""Which runs there are to do. A plan's window becomes a run exactly once; measuring again is a re-run."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audits.assessments.models import Kind, Plan, Run
from audits.assessments.services.plans import WATCHED, first_window, next_window
from audits.assessments.states import RunState
from audits.trail.services import governed
from inventory.models import OutcomeBatch, Policy
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken
from mrm.sweeps import one_by_one


def queue_due_runs(now: datetime) -> list[Run]:
    """One run per window that has closed by now, also those that closed while nobody was looking."""
    policy = Policy.objects.in_force()
    queued = []
    due = Plan.objects.due(now).values_list("pk", flat=True)
    one_by_one(due, lambda plan: queued.extend(_queue_windows_of(plan, policy, now)))
    return queued


@transaction.atomic
def _queue_windows_of(plan_id, policy: Policy, now: datetime) -> list[Run]:
    plan = Plan.objects.select_for_update(of=("self",)).select_related("version__model").get(pk=plan_id)
    queued = []
    while plan.enabled and plan.next_due_at <= now:
        if not _is_worth_a_run(plan):
            if not _move_to_next_data(plan, policy, now):
                break
            continue
        window = {"window_start": plan.window_start, "window_end": plan.next_due_at}
        queued.append(Run(plan=plan, version=plan.version, policy=policy, **window))
        plan.window_start, plan.next_due_at = next_window(plan, policy)
    plan.save(update_fields=["window_start", "next_due_at"])
    return Run.objects.bulk_create(queued, ignore_conflicts=True)


def _is_worth_a_run(plan: Plan) -> bool:
    """A window without predictions is a fact to report only about a version that was in production then."""
    promoted_at = plan.version.promoted_at
    was_in_production = promoted_at is not None and promoted_at < plan.next_due_at
    return was_in_production or plan.version.has_logged_within(plan.window_start, plan.next_due_at)


def _move_to_next_data(plan: Plan, policy: Policy, now: datetime) -> bool:
    """Let the plan's window begin with the next predictions that were logged by now; False while there are none."""
    later = plan.version.next_logged_at(plan.next_due_at)
    if later is None or later > now:
        return False
    plan.window_start, plan.next_due_at = first_window(plan.version, plan.kind, policy, from_=later)
    return True


def queue_reruns_for_late_outcomes() -> list[Run]:
    """Performance runs that lacked outcomes are repeated once more outcomes have arrived since."""
    newer = OutcomeBatch.objects.filter(model=OuterRef("version__model"), received_at__gt=OuterRef("finished_at"))
    lacking = Run.objects.filter(
        plan__kind=Kind.PERFORMANCE, state=RunState.INSUFFICIENT_DATA, reruns__isnull=True, version__stage__in=WATCHED
    ).filter(Exists(newer))
    return [again for run in lacking if (again := _rerun_once(run))]


def waiting_runs() -> list:
    """Ids of the runs to be carried out: queued, or left running by a worker that was lost."""
    return list(Run.objects.unfinished().order_by("window_end").values_list("pk", flat=True))


@governed()
def request_run(plan: Plan, *, window_start: datetime | None = None, window_end: datetime | None = None, actor) -> Run:
    """Assess now instead of when due; by default from the start of the plan's present window until now."""
    require(actor, Permission.RUN_ASSESSMENT, plan.version.model.workspace_id, model_slug=plan.model_slug)
    now = timezone.now()
    window_start, window_end = window_start or plan.window_start, window_end or now
    if window_end <= window_start:
        raise RuleBroken("The window ends before it begins; choose a later end.")
    if window_end > now:
        raise RuleBroken("The window ends in the future; what will be logged until then cannot be assessed yet.")
    if plan.enabled and (window_start, window_end) == (plan.window_start, plan.next_due_at):
        raise RuleBroken("This window is due and is assessed by itself; ask for it again once that is done.")
    if Run.objects.unfinished().filter(plan=plan, requested_by__isnull=False).exists():
        raise RuleBroken("A run of this plan was already asked for and is not finished yet.")
    run = Run(plan=plan, version=plan.version, policy=Policy.objects.in_force(), requested_by=actor)
    run.window_start, run.window_end = window_start, window_end
    existing = Run.objects.filter(plan=plan, window_start=window_start, window_end=window_end, rerun_of=None).first()
    if existing:
        return _rerun(existing, requested_by=actor)
    run.save()
    return run


@governed()
def rerun(run: Run, *, actor) -> Run:
    """Measure the same window again, to compare."""
    require(actor, Permission.RUN_ASSESSMENT, run.version.model.workspace_id, model_slug=run.model_slug)
    run = Run.objects.select_for_update().get(pk=run.pk)
    if not run.is_finished:
        raise RuleBroken("This run is not finished yet.")
    if run.reruns.unfinished().exists():
        raise RuleBroken("This window is already being measured again; wait for that run to finish.")
    return _rerun(run, requested_by=actor)


@transaction.atomic
def _rerun_once(run: Run) -> Run | None:
    """A re-run unless another sweep has queued one meanwhile."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    return None if run.reruns.exists() else _rerun(run, requested_by=None)


def _rerun(run: Run, *, requested_by) -> Run:
    return Run.objects.create(
        plan=run.plan,
        version=run.version,
        policy=Policy.objects.in_force(),
        window_start=run.window_start,
        window_end=run.window_end,
        rerun_of=run,
        requested_by=requested_by,
    )
