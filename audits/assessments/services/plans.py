"""Which plans a version has, and until when the next run of each looks."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Min

from audits.assessments.models import Kind, Plan
from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import policies
from inventory.models import ModelVersion, Policy
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require

WATCHED = (Stage.CANDIDATE, Stage.CHALLENGER, Stage.PRODUCTION)


def create_missing_plans() -> list[Plan]:
    """Give each watched version that has a reference and predictions the plans it lacks and can be assessed for."""
    versions = (
        ModelVersion.objects.filter(stage__in=WATCHED, reference__isnull=False, batches__isnull=False)
        .annotate(plan_count=Count("plans", distinct=True), first_at=Min("batches__first_at"))
        .filter(plan_count__lt=len(Kind.values))
        .select_related("model")
    )
    created = []
    for version in versions:
        existing = set(version.plans.values_list("kind", flat=True))
        created += [_create(version, kind) for kind in kinds_for(version) if kind not in existing]
    return created


def kinds_for(version: ModelVersion) -> list[Kind]:
    """What this version can be assessed for, given its schema and artifact."""
    has_output = version.column_with(Role.SCORE) or version.column_with(Role.PREDICTION)
    return [
        kind
        for kind, possible in {
            Kind.DRIFT: True,
            Kind.BIAS: bool(version.columns_with(Role.PROTECTED) and version.column_with(Role.SCORE)),
            Kind.EXPLAINABILITY: bool(version.artifact_sha256),
            Kind.PERFORMANCE: bool(has_output and version.column_with(Role.LABEL) and version.column_with(Role.ID)),
        }.items()
        if possible
    ]


@governed()
def change_plan(plan: Plan, *, enabled: bool, actor) -> Plan:
    """Switch a plan off or on again."""
    require(actor, Permission.CHANGE_PLAN, plan.version.model.workspace_id, model_slug=plan.model_slug)
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.enabled != enabled:
        plan.enabled = enabled
        plan.save(update_fields=["enabled"])
        record(Action.PLAN_CHANGED, actor=actor, subject=plan, enabled=enabled)
    return plan


def next_window(plan: Plan, policy: Policy):
    """The half-open window that follows the plan's present one."""
    length = policies.cadence(policy.document, plan.version.model.tier, plan.kind)
    return plan.next_due_at, plan.next_due_at + length


def first_window(version: ModelVersion, kind: str, policy: Policy, *, from_: datetime) -> tuple[datetime, datetime]:
    """The window that begins on the day of `from_`: as long as the cadence says.

    A candidate is judged at once, on everything it has scored so far, because the gate waits for it.
    """
    start = _day_of(from_)
    if version.stage == Stage.CANDIDATE:
        last_at = version.batches.aggregate(last=Max("last_at"))["last"]
        return start, _day_of(last_at) + timedelta(days=1)
    return start, start + policies.cadence(policy.document, version.model.tier, kind)


def _day_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@governed()
def _create(version: ModelVersion, kind: Kind) -> Plan:
    first_at = version.batches.aggregate(first=Min("first_at"))["first"]
    start, due = first_window(version, kind, Policy.objects.in_force(), from_=first_at)
    plan, is_new = Plan.objects.get_or_create(
        version=version, kind=kind, defaults={"window_start": start, "next_due_at": due}
    )
    if is_new:
        record(Action.PLAN_CREATED, actor=None, subject=plan, first_due=due.isoformat())
    return plan
