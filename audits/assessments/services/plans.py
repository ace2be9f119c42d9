"""Which plans a version has, and until when the next run of each looks."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from audits.assessments.models import Kind, Plan
from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import policies
from inventory.contents.cadences import cadence_of
from inventory.contents.making import made_version
from inventory.contents.ownership import developed_model, owned_model
from inventory.models import Cadence, Determination, ModelVersion, Policy, PredictionBatch, Source
from inventory.services.signing import bound_in_force
from inventory.states import Stage
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require, role_with
from mrm.errors import NotPermitted, RuleBroken, Shown, entry_behind
from mrm.sweeps import one_by_one

LONGEST_REASON = 2000
WATCHED = (Stage.CANDIDATE, Stage.CHALLENGER, Stage.PRODUCTION)


def create_missing_plans() -> list[Plan]:
    """Give each watched version that has a reference and predictions the plans it lacks and can be assessed for."""
    batches = PredictionBatch.objects.filter(version=OuterRef("pk"))
    sources = Source.objects.open().filter(version=OuterRef("pk"), first_at__isnull=False)
    versions = (
        ModelVersion.objects.filter(stage__in=WATCHED, reference__isnull=False)
        .filter(Exists(batches) | Exists(sources))
        .annotate(plan_count=Count("plans", distinct=True))
        .filter(plan_count__lt=len(Kind.values))
        .exclude(model__tier=policies.EXEMPT)
        .exclude(model__in=Determination.objects.tools())
        .select_related("model")
    )
    created = []
    one_by_one(versions, lambda version: created.extend(_create_missing(version)))
    return created


def _create_missing(version: ModelVersion) -> list[Plan]:
    existing = set(version.plans.values_list("kind", flat=True))
    return [_create(version, kind, actor=None)[0] for kind in kinds_for(version) if kind not in existing]


def kinds_for(version: ModelVersion) -> list[Kind]:
    """What this version can be assessed for, given its schema and artifact."""
    return [kind for kind in Kind if not why_not_of_kind(version, kind)]


def why_not_of_kind(version: ModelVersion, kind: str) -> str:
    """What the version lacks to be assessed for this kind of thing; empty where it lacks nothing."""
    score, prediction = version.column_with(Role.SCORE), version.column_with(Role.PREDICTION)
    label = version.column_with(Role.LABEL)
    vague = next((column for column in (prediction, label) if column and column.names_no_event), None)
    predicts_class = prediction is not None and (score is not None or not prediction.is_numeric)
    match kind:
        case Kind.BIAS if not version.columns_with(Role.PROTECTED):
            return "its schema has no protected attribute"
        case Kind.BIAS if version.decision_threshold is None and not predicts_class:
            return "nothing says what it decides: no prediction of a class, and no decision threshold"
        case Kind.BIAS | Kind.PERFORMANCE if vague := next(
            (one for one in (prediction, label) if one and one.names_no_event), None
        ):
            return f"its schema does not list the categories of {vague.name}, so nothing says which one is the event"
        case Kind.EXPLAINABILITY if version.artifact_bytes is None:
            return "its artifact is not here"
        case Kind.EXPLAINABILITY if not version.columns_with(Role.FEATURE):
            return "its schema has no feature"
        case Kind.PERFORMANCE if not (label and version.column_with(Role.ID)):
            return "its schema has no label, or no id to join outcomes by"
        case Kind.PERFORMANCE if not score and not (prediction.is_numeric and label.is_numeric):
            return "it gives neither a score nor a number to compare with outcomes"
    return ""


@governed()
def set_plan(version: ModelVersion, kind: str, *, actor) -> tuple[Plan, bool]:
    """Switch the version's plan of this kind on, making it first where it is missing; whether it was made."""
    require(actor, Permission.CHANGE_PLAN, version.model.workspace_id, model_slug=version.model_slug)
    if plan := version.plans.filter(kind=kind).first():
        return switch_on(plan, actor=actor), False
    if reasons := _why_not_plan(version, kind):
        raise RuleBroken(*reasons)
    return _create(version, Kind(kind), actor=actor)


@governed()
def switch_on(plan: Plan, *, actor) -> Plan:
    """Let its runs become due again. Switching off is signed (`PLAN_SWITCH_OFF`)."""
    require(actor, Permission.CHANGE_PLAN, plan.version.model.workspace_id, model_slug=plan.model_slug)
    plan = _locked(plan)
    if not plan.enabled:
        plan.enabled = True
        plan.save(update_fields=["enabled"])
        record(Action.PLAN_CHANGED, actor=actor, subject=plan, enabled=True)
    return plan


def _locked(plan: Plan) -> Plan:
    return Plan.objects.select_for_update(of=("self",)).select_related("version__model").get(pk=plan.pk)


def why_not_switch_off(version: ModelVersion, person) -> str:
    """Why the version is this person's own work, with the entry that shows it; empty where it is not."""
    fact = owned_model(version.model, person) or developed_model(version.model, person) or made_version(version, person)
    if not fact:
        return ""
    rule = "Nobody who owns or develops a model, or made the version, switches its monitoring off"
    return Shown(f"{rule}: you {fact}.", entry=entry_behind(fact))


def _refuse_off(plan: Plan, *, actor) -> None:
    require(actor, Permission.DECIDE_PLAN, plan.version.model.workspace_id, model_slug=plan.model_slug)
    if why := why_not_switch_off(plan.version, actor):
        raise NotPermitted(why)
    if not plan.enabled:
        raise RuleBroken(f"{plan} is switched off already.")


def _off(plan: Plan, *, comment: str, signature: Signature, actor) -> Plan:
    plan = _locked(plan)
    plan.enabled = False
    plan.save(update_fields=["enabled"])
    told = {"reason": comment, "signature": signature.in_trail()}
    record(Action.PLAN_SWITCHED_OFF, actor=actor, subject=plan, **_what(plan), **told)
    return plan


def _what(plan: Plan) -> dict:
    return {"kind": plan.kind, "version": plan.version.number}


def _facts(plan: Plan) -> dict:
    version = plan.version
    told = {"plan": str(plan.pk), "model": str(version.model_id), "stage": version.stage, "enabled": plan.enabled}
    return told | _what(plan)


def _role_that_decides(plan: Plan, person) -> str:
    return role_with(Permission.DECIDE_PLAN, person, plan.version.model.workspace_id, plan.model_slug)


# Nothing of the kind is measured from then on (governance.md, section 7): the head of validation or a risk officer
# decides that, and nobody whose own work it watches.
PLAN_SWITCH_OFF = Act(
    name="plan_switched_off",
    meaning=lambda plan: f"Nothing of this kind is measured until it is switched on again: {plan}.",
    refuse=_refuse_off,
    facts=_facts,
    role=_role_that_decides,
    done=_off,
    bound=lambda plan: bound_in_force("cadence_change", plan.version.model),
    asks="Say why it is switched off, and what watches the version meanwhile.",
    longest=LONGEST_REASON,
    terms=_what,
)


def next_window(plan: Plan, policy: Policy):
    """The half-open window that follows the plan's present one."""
    return plan.next_due_at, plan.next_due_at + _length(plan.version, plan.kind, policy)


def first_window(version: ModelVersion, kind: str, policy: Policy, *, from_: datetime) -> tuple[datetime, datetime]:
    """The window that begins on the day of `from_`, today at the latest: as long as the cadence says.

    A candidate is judged at once, on everything it has scored so far, because the gate waits for it: its window ends
    with the day of its newest row, or just after that row where the day is not over; now, where a source has rows of
    days to come.
    """
    now = timezone.now()
    start = _day_of(min(from_, now))
    if version.stage == Stage.CANDIDATE:
        _, last_at = version.logged_ends()
        last_at = min(last_at, now)
        end_of_day = _day_of(last_at) + timedelta(days=1)
        return start, end_of_day if end_of_day <= now else last_at + timedelta(microseconds=1)
    return start, start + _length(version, kind, policy)


def begin_windows_anew(version: ModelVersion, *, now: datetime) -> None:
    """Let what closed while a version was out of production begin today: it had nothing to score meanwhile."""
    policy = Policy.objects.in_force()
    closed = version.plans.filter(next_due_at__lte=now)
    for plan in closed.select_for_update(of=("self",)).select_related("version__model"):
        plan.window_start, plan.next_due_at = first_window(version, plan.kind, policy, from_=now)
        plan.save(update_fields=["window_start", "next_due_at"])


def shorten_windows(now: datetime) -> int:
    """End the windows under way of models whose cadence was tightened where they end by now; how many were shortened.

    A looser cadence holds from the next window on. A candidate's window is as long as its predictions reach.
    """
    policy, tightened = Policy.objects.in_force(), Cadence.objects.holding(now.date()).filter(loosens=False)
    plans = Plan.objects.filter(next_due_at__gt=now, version__model__in=tightened.values("model"))
    running = plans.exclude(version__stage=Stage.CANDIDATE).values_list("pk", flat=True)
    return sum(_shorten(key, policy) for key in running)


@governed()
def _shorten(plan_id, policy: Policy) -> bool:
    plan = Plan.objects.select_for_update(of=("self",)).select_related("version__model").get(pk=plan_id)
    due = plan.window_start + _length(plan.version, plan.kind, policy)
    if due >= plan.next_due_at:
        return False
    plan.next_due_at = due
    plan.save(update_fields=["next_due_at"])
    record(Action.PLAN_SHORTENED, actor=None, subject=plan, due=due.isoformat())
    return True


def _length(version: ModelVersion, kind: str, policy: Policy) -> timedelta:
    """How long a window of this kind is for this model, and so how often its plan is due."""
    return cadence_of(version.model, kind, document=policy.document).span


def _day_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _why_not_plan(version: ModelVersion, kind: str) -> list[str]:
    lacks = {
        f"it is {version.stage}": version.stage not in WATCHED,
        "it has no reference data": not hasattr(version, "reference"),
        "it has no predictions yet": version.logged_ends()[0] is None,
        why_not_of_kind(version, kind): True,
    }
    return [f"{version} cannot be assessed for {kind}: {lack}." for lack, is_so in lacks.items() if lack and is_so]


@governed()
def _create(version: ModelVersion, kind: Kind, *, actor) -> tuple[Plan, bool]:
    first_at, _ = version.logged_ends()
    start, due = first_window(version, kind, Policy.objects.in_force(), from_=first_at)
    plan, is_new = Plan.objects.get_or_create(
        version=version, kind=kind, defaults={"window_start": start, "next_due_at": due}
    )
    if is_new:
        record(Action.PLAN_CREATED, actor=actor, subject=plan, first_due=due.isoformat())
    return plan, is_new
