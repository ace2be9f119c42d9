"""A breach is one case: it is opened once, joined by later ones, and closed with a reason."""

from django.utils import timezone

from audits.assessments.models import Breach, BreachStep, Result, Run
from audits.assessments.states import breach_after
from audits.statistics.limits import Verdict
from audits.trail.models import Action
from audits.trail.services import governed, record, recorded_together
from inventory.contents.making import made_version
from inventory.contents.ownership import developed_model, owned_model
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken, Shown, UnusableData, entry_behind
from mrm.pages.wording import words

LONGEST_TEXT = 4000
STEPS = {
    BreachStep.Kind.TRIAGE: Action.BREACH_TRIAGED,
    BreachStep.Kind.ROOT_CAUSE: Action.BREACH_EXPLAINED,
}
WITH_BREACHES = (Stage.CHALLENGER, Stage.PRODUCTION)  # A candidate's shortcomings are the gate's business.


def open_breaches(run: Run, results: list[Result]) -> list[Breach]:
    """Open a case for each amber or red result, or join the case that is open. Call inside `governed()`.

    What the policy holds back opens none (`audits.assessments.services.holding_back`).
    """
    if run.version.stage not in WITH_BREACHES:
        return []
    bad = [result for result in results if result.verdict in (Verdict.AMBER, Verdict.RED)]
    return [_open_or_join(run, result) for result in bad if "held_back" not in result.detail]


def locked(breach: Breach) -> Breach:
    """The breach as it is now, with the owner its model has now."""
    return Breach.objects.select_for_update(of=("self",)).select_related("version__model").get(pk=breach.pk)


@governed()
def take_step(breach: Breach, *, kind: str, text: str, actor) -> BreachStep:
    """Take up a breach, or say its root cause: one after the other, each on record.

    Whoever answers for the model, or judges it, does. What is done about it is decided and signed
    (`audits.assessments.services.decisions`).
    """
    _require_investigator(breach, actor)
    if fault := _fault(kind, text):
        raise UnusableData(fault)
    breach = locked(breach)
    if breach_after(breach.state, kind) is None:
        wanted = {"root_cause": "Take it up before you say why."}
        raise RuleBroken(f"The breach is {words(breach.state)}. {wanted.get(kind, '')}".strip())
    step = BreachStep.objects.create(breach=breach, kind=kind, text=text.strip(), person=actor)
    record(STEPS[kind], actor=actor, subject=breach, reason=step.text)
    return step


def why_not_step(breach: Breach, kind: str, person) -> str:
    """Why this person may not take this step; empty if they may."""
    model = breach.version.model
    may = person.permissions_in(model.workspace_id, model.slug)
    if kind == BreachStep.Kind.DECISION:
        if Permission.CLOSE_FINDING not in may:
            return "The second line decides what is done about a breach."
        return why_not_judge(breach, person)
    allowed = {Permission.ANSWER_FINDING, Permission.CLOSE_FINDING} & may
    return "" if allowed else "Whoever answers for the model, or judges it, looks into its breaches."


def _require_investigator(breach: Breach, actor) -> None:
    """Refuse whoever neither answers for the model nor judges it."""
    model = breach.version.model
    answers = actor is not None and Permission.ANSWER_FINDING in actor.permissions_in(model.workspace_id, model.slug)
    needed = Permission.ANSWER_FINDING if answers else Permission.CLOSE_FINDING
    require(actor, needed, model.workspace_id, model_slug=model.slug)


def require_judge(breach: Breach, actor) -> None:
    """Refuse whoever may neither decide what is done about a breach nor close it."""
    if actor is None:
        raise NotPermitted("A person of the second line decides what is done about a breach, and closes it.")
    require(actor, Permission.CLOSE_FINDING, breach.version.model.workspace_id, model_slug=breach.model_slug)
    if why_not := why_not_judge(breach, actor):
        raise NotPermitted(why_not)


def why_not_judge(breach: Breach, person) -> str:
    """That they made the version, own the model or develop it, or did until lately, with the entry; else empty."""
    model = breach.version.model
    if fact := owned_model(model, person) or developed_model(model, person):
        rule = "Neither owner nor developer decides on a breach of their model or closes it, nor for a year after"
    elif fact := made_version(breach.version, person):
        rule = "Whoever made a version neither decides on a breach of it nor closes it"
    return Shown(f"{rule}: you {fact}. Another of the second line does.", entry=entry_behind(fact)) if fact else ""


def _fault(kind: str, text: str) -> dict | None:
    if kind not in STEPS:
        return {"message": f"A step is one of {', '.join(STEPS)}; a decision is signed.", "field": "kind"}
    if not text.strip():
        return {"message": "Say it in a sentence: whoever reads the case later needs to know.", "field": "text"}
    if len(text) > LONGEST_TEXT:
        return {"message": f"The text has {len(text)} characters; at most {LONGEST_TEXT} fit.", "field": "text"}
    return None


@governed()
def close_breach(breach: Breach, *, reason: str, actor) -> Breach:
    """Only the second line closes a breach, never on a model that was its own, and after the decision was signed."""
    breach = locked(breach)
    require_judge(breach, actor)
    if not reason.strip():
        raise RuleBroken("Say why the breach can be closed.")
    if breach.closed_at:
        raise RuleBroken("This breach is already closed.")
    if not breach.steps.filter(kind=BreachStep.Kind.DECISION).exists():
        raise RuleBroken("Decide first what is done about it, and sign that: to do nothing is a decision as well.")
    return close_locked(breach, reason=reason, actor=actor)


@governed()
def close_breaches_of(version, *, reason: str, actor) -> None:
    """Close what is open on a version that ends; called by the change that ends it."""
    breaches, now = list(version.breaches.open().select_for_update()), timezone.now()
    for breach in breaches:
        breach.closed_at, breach.closing_reason = now, reason
    Breach.objects.bulk_update(breaches, ["closed_at", "closing_reason"])
    with recorded_together():
        for breach in breaches:
            record(Action.BREACH_CLOSED, actor=actor, subject=breach, reason=reason)


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


def close_locked(breach: Breach, *, reason: str, actor) -> Breach:
    """Close a breach that the caller has locked and asked about."""
    breach.closed_at, breach.closing_reason = timezone.now(), reason
    breach.save(update_fields=["closed_at", "closing_reason"])
    record(Action.BREACH_CLOSED, actor=actor, subject=breach, reason=reason)
    return breach
