"""Which runs count at the gate: the latest scheduled one; one over a chosen time may close it, and never opens it."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from audits.assessments.models import Run
from inventory.models import ModelVersion
from mrm.pages.wording import day


@dataclass(frozen=True)
class Counted:
    """What counts of one plan: its latest run over a window of the schedule, and a later one over a chosen time."""

    whole: Run | None
    part: Run | None = None

    @property
    def runs(self) -> list[Run]:
        return [run for run in (self.whole, self.part) if run]

    @property
    def told(self) -> str:
        """That somebody chose the time; empty where nobody did since."""
        if self.part is None:
            return ""
        run, by = self.part, f" by {self.part.requested_by}" if self.part.requested_by else ""
        return (
            f"The latest {run.plan.get_kind_display().lower()} assessment, of {day(run.window_start)} to "
            f"{day(run.window_end)}, was asked for{by} over a time of their choice"
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
    """The finished runs of its plan over a window as the schedule had it, also where somebody measured that again.

    However long another window is, who chose it knew what it would find: no such run stands for what the schedule saw.
    """
    scheduled = Run.objects.filter(plan=run.plan_id, requested_by=None, rerun_of=None)
    same_window = scheduled.filter(window_start=OuterRef("window_start"), window_end=OuterRef("window_end"))
    return Run.objects.finished().filter(Exists(same_window), plan=run.plan_id)
