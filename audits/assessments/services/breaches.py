"""A breach is one case: it is opened once, joined by later ones, and closed with a reason."""

from django.utils import timezone

from audits.assessments.models import Breach, Result, Run
from audits.statistics.limits import Verdict
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken

WITH_BREACHES = (Stage.CHALLENGER, Stage.PRODUCTION)  # A candidate's shortcomings are the gate's business.


def open_breaches(run: Run, results: list[Result]) -> list[Breach]:
    """Open a case for each amber or red result, or join the case that is open. Call inside `governed()`."""
    if run.version.stage not in WITH_BREACHES:
        return []
    return [_open_or_join(run, result) for result in results if result.verdict in (Verdict.AMBER, Verdict.RED)]


@governed()
def close_breach(breach: Breach, *, reason: str, actor) -> Breach:
    """Only the second line closes a breach, and never on a model of its own."""
    require(actor, Permission.CLOSE_FINDING, breach.version.model.workspace_id, model_slug=breach.model_slug)
    if actor and actor.pk == breach.version.model.owner_id:
        raise NotPermitted("You own this model; somebody else must close its breaches.")
    if not reason.strip():
        raise RuleBroken("Say why the breach can be closed.")
    breach = Breach.objects.select_for_update().get(pk=breach.pk)
    if breach.closed_at:
        raise RuleBroken("This breach is already closed.")
    return _close(breach, reason, actor)


@governed()
def close_breaches_of(version, *, reason: str, actor) -> list[Breach]:
    """Close what is open on a version that ends; called by the change that ends it."""
    return [_close(breach, reason, actor) for breach in version.breaches.open().select_for_update()]


def _open_or_join(run: Run, result: Result) -> Breach:
    case = {"version": run.version, "measure": result.measure, "column": result.column, "segment": result.segment}
    breach = Breach.objects.open().select_for_update().filter(**case).first()
    if breach is None:
        breach = Breach.objects.create(**case, verdict=result.verdict, first_run=run, last_run=run)
        record(Action.BREACH_OPENED, actor=None, subject=breach, run=str(run.pk), verdict=result.verdict)
        return breach
    if run.window_end >= breach.last_run.window_end:
        breach.verdict, breach.last_run = result.verdict, run
    breach.occurrences += 1
    breach.save(update_fields=["verdict", "last_run", "occurrences"])
    return breach


def _close(breach: Breach, reason: str, actor) -> Breach:
    breach.closed_at, breach.closing_reason = timezone.now(), reason
    breach.save(update_fields=["closed_at", "closing_reason"])
    record(Action.BREACH_CLOSED, actor=actor, subject=breach, reason=reason)
    return breach
