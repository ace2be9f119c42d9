"""Which runs count at the gate: one over a part of the time that is due may close it, and never opens it."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from audits.assessments.models import Run
from inventory.contents.cadences import cadence_of
from inventory.models import ModelVersion
from mrm.pages.wording import day


@dataclass(frozen=True)
class Counted:
    """What counts of one plan: its latest run over the whole time, and a later one over a part of it."""

    whole: Run | None
    part: Run | None = None

    @property
    def runs(self) -> list[Run]:
        return [run for run in (self.whole, self.part) if run]

    @property
    def told(self) -> str:
        """That somebody chose a shorter time; empty where nobody did since."""
        if self.part is None:
            return ""
        run, by = self.part, f" by {self.part.requested_by}" if self.part.requested_by else ""
        return (
            f"The latest {run.plan.get_kind_display().lower()} assessment, of {day(run.window_start)} to "
            f"{day(run.window_end)}, was asked for{by} over a part of the time that is due"
        )


def runs_that_count(version: ModelVersion) -> dict[str, Counted]:
    """By kind of assessment. Who asks for a run chooses its window, but never what the gate looks at."""
    latest = Run.objects.filter(version=version).latest_per_plan().select_related("plan", "version", "requested_by")
    return {run.plan.kind: _counted(run) for run in latest}


def _counted(run: Run) -> Counted:
    if run.requested_by_id is None and run.rerun_of_id is None:
        return Counted(run)
    whole = (
        over_the_whole(run)
        .select_related("plan", "version", "requested_by")
        .order_by("-window_end", "-queued_at")
        .first()
    )
    return Counted(whole) if whole == run else Counted(whole, run)


def over_the_whole(run: Run):
    """The finished runs of its plan that leave nothing out.

    They are as the schedule has it, at least as long as a window of the plan is, from the first row that was ever
    logged, or over all that the schedule looked at last.
    """
    version, scheduled = run.version, Run.objects.filter(plan=run.plan_id, requested_by=None, rerun_of=None)
    same_window = scheduled.filter(window_start=OuterRef("window_start"), window_end=OuterRef("window_end"))
    whole = Q(Exists(same_window))
    whole |= Q(window_end__gte=F("window_start") + cadence_of(version.model, run.plan.kind).span)
    first_at, _ = version.logged_ends()
    if first_at:
        whole |= Q(window_start__lte=first_at)
    if last := scheduled.finished().order_by("-window_end").first():
        whole |= Q(window_start__lte=last.window_start, window_end__gte=last.window_end)
    return Run.objects.finished().filter(whole, plan=run.plan_id)
