"""Where the register itself is wrong: one rule a line, each a condition on models, so that its list is one query."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from audits.assessments.models import Plan, Run
from audits.workflows.contents.validations import due_before
from audits.workflows.models import Arrangement, Attestation, Finding
from inventory import policies
from inventory.contents.cadences import looser
from inventory.contents.dependencies import orphan_dependencies
from inventory.models import (
    Document,
    ModelVersion,
    OutcomeBatch,
    Policy,
    PredictionBatch,
    ReferenceData,
    Source,
    Use,
    UseApproval,
    lacking,
)
from inventory.states import RELIED_ON, Stage, Status

ALIVE = ~Q(status=Status.RETIRED)
IN_USE = Q(status__in=(Status.IN_USE, Status.RESTRICTED))
IN_PRODUCTION = Q(status__in=RELIED_ON)
OVERDUE_BY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """What a register must never show: whom it is asked of, and when it is broken."""

    name: str
    title: str
    remedy: str
    scope: Q
    broken: Callable[[datetime, dict], Q]  # With the policy in force.


def _of_version(versions: QuerySet) -> Q:
    return Q(pk__in=versions.values("model"))


def _in_production(**condition) -> QuerySet:
    return ModelVersion.objects.filter(stage=Stage.PRODUCTION, **condition)


def unapproved_versions(now: datetime) -> QuerySet:
    """The versions in production without an approval that stands, as a whole or for a use that is live.

    An emergency release is no approval; the full one that follows it is.
    """
    approving = (Arrangement.Kind.APPROVAL, Arrangement.Kind.ROLLBACK)
    approved = Arrangement.objects.standing(now).filter(kind__in=approving, version=OuterRef("pk"))
    granted = UseApproval.objects.standing(now).filter(version=OuterRef(OuterRef("pk")), use=OuterRef("pk"))
    left_without = Use.objects.in_use().filter(~Exists(granted), model=OuterRef("model"))
    return _in_production().filter(~Exists(approved) | Exists(left_without))


def _unapproved(now: datetime, policy: dict) -> Q:
    return _of_version(unapproved_versions(now))


def _tier_review(now: datetime, policy: dict) -> Q:
    days = policies.section(policy, "tiering")["review_after_days"]
    return Q(tier_confirmed_at__lt=now - timedelta(days=days))


def _without_batch(now: datetime, policy: dict) -> Q:
    since = now - policies.hygiene(policy).predictions_within
    recent = PredictionBatch.objects.filter(last_at__gte=since)
    elsewhere = Source.objects.open().filter(last_at__gte=since)
    return ~_of_version(ModelVersion.objects.filter(pk__in=recent.values("version"))) & ~_of_version(
        ModelVersion.objects.filter(pk__in=elsewhere.values("version"))
    )


def _without_labels(now: datetime, policy: dict) -> Q:
    recent = OutcomeBatch.objects.filter(received_at__gte=now - policies.hygiene(policy).outcomes_within)
    return ~Q(pk__in=recent.values("model"))


def _unassessed(now: datetime, policy: dict) -> Q:
    return ~_of_version(_in_production(pk__in=Run.objects.finished().values("version")))


def _assessment_overdue(now: datetime, policy: dict) -> Q:
    plans = Plan.objects.filter(enabled=True, next_due_at__lt=now - OVERDUE_BY)
    return _of_version(_in_production(pk__in=plans.values("version")))


def _incomplete(now: datetime, policy: dict) -> Q:
    return lacking(policy)


def _held(**condition) -> Q:
    return Q(pk__in=Arrangement.objects.on_hold().filter(**condition).values("model"))


HELD = _held()
RULES = (
    Rule("no_active_owner", "No active owner", "Name an owner who still works here.", ALIVE,
         lambda now, policy: Q(owner__is_active=False)),
    Rule("incomplete", "Required attributes missing", "Say what its page lists as missing.", ALIVE, _incomplete),
    Rule("tier_provisional", "Tier provisional", "Have a risk officer confirm the tier.", ALIVE,
         lambda now, policy: Q(tier_confirmed_at__isnull=True)),
    Rule("tier_review_overdue", "Tier confirmed too long ago", "Assess the tier again.", ALIVE, _tier_review),
    Rule("attestation_overdue", "Attestation overdue", "Ask the owner to confirm the entry.", ALIVE,
         lambda now, policy: Q(pk__in=Attestation.objects.overdue(now.date()).values("model"))),
    Rule("validation_overdue", "Validation overdue", "Ask for its validation, or assign whoever validates.", ALIVE,
         lambda now, policy: due_before(now.date(), document=policy)),
    Rule("cadence_looser", "Looked at less often than the policy wants", "See that its reason still holds.",
         ALIVE, lambda now, policy: Q(pk__in=looser(today=now.date()).values("model"))),
    Rule("finding_overdue", "Finding overdue", "Answer the finding, or ask for its closure.", ALIVE,
         lambda now, policy: Q(pk__in=Finding.objects.overdue(now.date()).values("model"))),
    Rule("not_approved", "Version in use not approved", "Ask for its approval, or retire it.", IN_PRODUCTION,
         _unapproved),
    Rule("no_use", "In use for no registered use", "Register what it is used for, and start what is approved.",
         IN_USE, lambda now, policy: ~Q(pk__in=Use.objects.in_use().values("model"))),
    Rule("orphan_dependency", "Depends on a retired model", "Say what takes its place, or end the dependency.", ALIVE,
         lambda now, policy: Q(pk__in=orphan_dependencies().values("model"))),
    Rule("stale_document", "Document to be reviewed", "Attach its next edition, or end the old one.", ALIVE,
         lambda now, policy: Q(pk__in=Document.objects.standing().filter(review_by__lt=now.date()).values("model"))),
    Rule("no_reference", "No reference data", "Send the reference data of the version in use.", IN_USE,
         lambda now, policy: _of_version(_in_production().exclude(pk__in=ReferenceData.objects.values("version")))),
    Rule("not_assessed", "Never assessed", "Nothing is known of its health until a first run is finished.", IN_USE,
         _unassessed),
    Rule("assessment_overdue", "Assessment overdue", "Look why its plans do not run.", IN_USE, _assessment_overdue),
    Rule("hold_to_review", "On legal hold for long", "Ask whether the matter is over, then for release.", HELD,
         lambda now, policy: _held(starts_at__lt=now - policies.hygiene(policy).holds_reviewed_after)),
    Rule("no_batch", "No recent predictions", "Log its predictions, or say that it is no longer used.", IN_USE,
         _without_batch),
    Rule("no_labels", "No recent outcomes", "Send what came of its predictions.", IN_USE, _without_labels),
)  # fmt: skip
# What a baseline excuses: what takes time to say and to look at. Nothing else that is wrong today waits for its day.
EXCUSED = {"incomplete", "tier_provisional", "tier_review_overdue", "attestation_overdue", "validation_overdue"}
BY_NAME = {rule.name: rule for rule in RULES}


@dataclass(frozen=True)
class Standing:
    """How the register stands with one rule: models that break it, those of them with dated debt, and who is asked."""

    rule: Rule
    broken: int
    dated: int
    asked: int


def hygiene_of(models: QuerySet, *, now: datetime) -> list[Standing]:
    """Every rule over these models but the tools, in one query beside those for the policy and for set cadences."""
    counts, policy = {}, Policy.objects.in_force().document
    for rule in RULES:
        broken = rule.scope & rule.broken(now, policy)
        counts |= {
            f"{rule.name}_broken": Count("pk", filter=broken),
            f"{rule.name}_asked": Count("pk", filter=rule.scope),
        }
        if rule.name in EXCUSED:
            # Few are baselined, and of all others the database need not ask the rest a second time.
            counts[f"{rule.name}_dated"] = Count("pk", filter=_baselined(now.date()) & broken)
    found = models.counted().order_by().aggregate(**counts)
    numbers = {rule: [found.get(f"{rule.name}_{what}", 0) for what in ("broken", "dated", "asked")] for rule in RULES}
    return [Standing(rule, broken - dated, dated, asked) for rule, (broken, dated, asked) in numbers.items()]


def breaking(models: QuerySet, rule: Rule, *, now: datetime, dated: bool = False) -> QuerySet:
    """The models that break a rule: those that must not, or those whose debt is dated."""
    baselined, policy = _baselined(now.date()), Policy.objects.in_force().document
    broken = models.counted().filter(rule.scope & rule.broken(now, policy))
    if rule.name not in EXCUSED:
        return broken.none() if dated else broken
    return broken.filter(baselined if dated else ~baselined)


def settled(models: QuerySet, *, now: datetime) -> QuerySet:
    """Those of these models that break no rule that a baseline excuses."""
    broken, policy = Q(), Policy.objects.in_force().document
    for rule in (BY_NAME[name] for name in sorted(EXCUSED)):
        broken |= rule.scope & rule.broken(now, policy)
    return models.exclude(broken)


def _baselined(today: date) -> Q:
    return Q(baselined_until__isnull=False, baselined_until__gte=today)
