"""The work queue: what is asked of one person now, the single action, by when, and what happens otherwise."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from audits.assessments.models import Run
from audits.assessments.states import WITHOUT_ANSWER, RunState
from audits.statistics.limits import Verdict
from audits.workflows import policies
from audits.workflows.contents.access import access_tasks
from audits.workflows.contents.asked import MOST_OF_A_KIND, SOON, Task
from audits.workflows.contents.breaches import breach_tasks
from audits.workflows.contents.findings import FIRST, is_asked, next_step
from audits.workflows.contents.retirements import retirement_tasks
from audits.workflows.models import (
    Arrangement,
    Attestation,
    ChangeRequest,
    Decision,
    Finding,
    ValidationRequest,
    ValidatorAssignment,
)
from audits.workflows.states import ENDED_FINDINGS, ArrangementState, ChangeState, FindingState, ValidationState
from inventory.contents.ownership import held_lately
from inventory.models import Model, ModelVersion, TierAssessment, TierDoubt
from inventory.policies import validation_approvers
from inventory.states import Stage, Status
from mrm.accounts.policies import Permission
from mrm.pages.wording import counted, sentence, words

RESTING = (FindingState.RISK_ACCEPTED, *ENDED_FINDINGS)


def work_for(person, *, now: datetime) -> list[Task]:
    """Everything asked of this person: overdue first, then by date, then what has no date, oldest first."""
    models = Model.objects.visible_to(person).exclude(status=Status.RETIRED)
    tasks = [
        *_changes_to_decide(person),
        *_arrangements(person, models, now),
        *_findings(person, models),
        *breach_tasks(person, models),
        *_candidates_and_failed_runs(person, models),
        *_tiers_to_confirm(person, models),
        *_tiers_to_assess_again(person, models),
        *retirement_tasks(person, models),
        *access_tasks(person, now),
        *_attestations(person),
        *_validations(person, models),
    ]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(tasks, key=lambda task: (not task.is_overdue(now), task.due_at or far, task.since or now))


def _may(person, permission: Permission, model: Model) -> bool:
    return permission in person.permissions_in(model.workspace_id, model.slug)


def _changes_to_decide(person) -> Iterator[Task]:
    """Pending requests that await a role this person holds and that nothing in their history keeps them from."""
    decided = Prefetch("decisions", Decision.objects.order_by("decided_at"), to_attr="all_decisions")
    pending = (
        ChangeRequest.objects.visible_to(person)
        .pending()
        .exclude(model__owner=person)
        .exclude(requester=person)
        .exclude(version__registered_by=person)
        .exclude(version__retraining__change__requester=person)
        .select_related("model", "version__model")
        .prefetch_related(decided)
    )
    for change in pending[:MOST_OF_A_KIND]:
        decisions = [one for one in change.all_decisions if one.voided_at is None]
        filled = [one.role for one in decisions if one.approved and one.role != policies.COMMITTEE]
        filled += [policies.COMMITTEE] if change.minutes.get("outcome") == "approved" else []
        roles = person.roles_in(change.workspace_id, change.model_slug) if change.model else person.all_roles()
        if any(decision.person_id == person.pk for decision in decisions):
            continue
        if not policies.role_to_fill(roles, roles_required=change.roles_required, roles_filled=filled):
            continue
        voided = [one.voided_because for one in change.all_decisions if one.voided_at and one.person_id == person.pk]
        again = voided[-1] if voided else ""
        why = f"Your signature no longer holds. {again}" if again else change.reason
        yield Task(
            icon="exchange",
            what=f"Decide{' again' if again else ''}: {change.title}",
            why=f"{change.reference}. {why} Without a decision the request expires.",
            brief=f"{change.reference}, {change.title}",
            action="Decide",
            address=reverse("change", args=[change.reference]),
            due_at=change.expires_at,
            since=change.requested_at,
        )


def _arrangements(person, models, now: datetime) -> Iterator[Task]:
    """What has lapsed and holds a model back, what soon will, and what is suspended."""
    holding = (
        Arrangement.objects.holding()
        .filter(model__in=models)
        .filter(Q(state=ArrangementState.EXPIRED) | Q(ends_at__lte=now + SOON) | Q(kind=Arrangement.Kind.SUSPENSION))
    )
    holding = holding.select_related("model", "version__model", "change", "use__model").order_by("ends_at")
    holding = holding[: 2 * MOST_OF_A_KIND]
    used = ModelVersion.objects.filter(stage=Stage.PRODUCTION, model__in={one.model_id for one in holding})
    in_use = {version.model_id: version for version in used}
    for one in holding:
        is_mine = person.pk in (one.model.owner_id, one.change.requester_id if one.change else one.begun_by_id)
        judges = not is_mine and _may(person, one.permission_to_close, one.model)
        if not is_mine and not (
            judges and one.state == ArrangementState.EXPIRED and one.kind not in Arrangement.ENDED_BY_DECISION
        ):
            continue
        where = f"{one.reference} of {one.model.name}"
        name = f"{one.get_kind_display().lower()} {where}"
        means = one.what_a_lapse_means(in_use.get(one.model_id))
        if one.kind == Arrangement.Kind.SUSPENSION:
            what, why = f"Have the suspension of {one.use or one.model.name} lifted, or end its use", one.title
            action = "Have it lifted"
        elif one.state == ArrangementState.EXPIRED:
            what, why = f"Put in order: {name}", f"{one.ended_because} Until somebody puts it in order, {means}."
            action = "Put in order"
        else:
            what, why = f"Renew or end: {name}", f"{sentence(one.title)}. When it lapses, {means}."
            action = "Renew or end"
        yield Task(
            icon="clock",
            what=what,
            why=why,
            brief=f"{one.get_kind_display()} {where}",
            action=action,
            address=reverse("arrangement", args=[one.reference]),
            due_at=datetime.combine(one.last_day, time.max, tzinfo=UTC) if one.last_day else None,
            since=one.starts_at,
        )


def _findings(person, models) -> Iterator[Task]:
    """Each finding's single next step, where it is asked of this person."""
    findings = Finding.objects.visible_to(person).filter(model__in=models).exclude(state__in=RESTING).with_steps()
    steps = [(finding, next_step(finding)) for finding in findings.order_by("due_at", "id")[: 4 * MOST_OF_A_KIND]]
    models = {finding.model for finding, step in steps if step and step.of != FIRST}
    owned = held_lately(models, person, office="owner")
    for finding, step in steps:
        if step is None or not is_asked(step, finding, person, owned_lately=owned):
            continue
        due_at = step.due_at or finding.due_at
        yield Task(
            icon="flag",
            what=f"{step.what}: {finding.title}",
            why=f"{finding.get_severity_display()} finding {finding.reference} on {finding.model.name}. {step.why}",
            brief=f"Finding {finding.reference} on {finding.model.name}",
            action=step.action,
            address=reverse("finding", args=[finding.reference]),
            due_at=datetime.combine(due_at, time.max, tzinfo=finding.raised_at.tzinfo) if due_at else None,
            since=finding.raised_at,
        )


def _candidates_and_failed_runs(person, models) -> Iterator[Task]:
    watched = ModelVersion.objects.filter(
        model__in=models, stage__in=(Stage.CANDIDATE, Stage.CHALLENGER, Stage.PRODUCTION)
    )
    latest = Run.objects.filter(version__in=watched).latest_per_plan().select_related("plan", "version__model")
    runs_of = {}
    for run in latest:
        runs_of.setdefault(run.version, []).append(run)
        if run.state in WITHOUT_ANSWER and _may(person, Permission.RUN_ASSESSMENT, run.version.model):
            yield Task(
                icon="repeat",
                what=f"Run again: {run.plan.get_kind_display().lower()} of {run.version}",
                why=f"It {words(run.state)}: {run.reason} Until it succeeds nothing of this kind is known.",
                brief=f"Failed run, {run.plan.get_kind_display().lower()} of {run.version}",
                action="Run again",
                address=reverse("run", args=[run.pk]),
                since=run.finished_at,
            )
    asked_for = set(
        ChangeRequest.objects.filter(
            version__in=[version.pk for version in runs_of],
            kind=ChangeRequest.Kind.PROMOTION,
            state__in=(ChangeState.PENDING, ChangeState.APPROVED),
        ).values_list("version", flat=True)
    )
    for version, runs in runs_of.items():
        if version.stage == Stage.CANDIDATE and version.pk not in asked_for:
            yield from _candidate_to_promote(person, version, runs)


def _candidate_to_promote(person, version: ModelVersion, runs: list[Run]) -> Iterator[Task]:
    model = version.model
    is_mine = person.pk in (model.owner_id, model.registered_by_id, version.registered_by_id)
    done = all(run.state == RunState.SUCCEEDED and run.verdict != Verdict.RED for run in runs)
    if is_mine and done and _may(person, Permission.REQUEST_CHANGE, model):
        yield Task(
            icon="arrow",
            what=f"Ask for the promotion of {version}",
            why="It is assessed and nothing is red. Until it is promoted the version before it stays in use.",
            brief=f"{version} can be promoted",
            action="See the gate",
            address=reverse("version", args=[model.slug, version.number]),
            since=version.registered_at,
        )


def _tiers_to_confirm(person, models) -> Iterator[Task]:
    if Permission.CONFIRM_TIER not in person.permissions_in(None):
        return
    proposed = TierAssessment.objects.proposed().filter(model=OuterRef("pk")).values("tier")[:1]
    asked_for = ChangeRequest.objects.pending().filter(kind=ChangeRequest.Kind.TIER_CHANGE, model=OuterRef("pk"))
    unconfirmed = (
        models.counted()
        .filter(~Exists(asked_for), tier_confirmed_at__isnull=True)
        .annotate(proposed_tier=Coalesce(Subquery(proposed), "tier"))
    )
    for model in unconfirmed.exclude(owner=person).exclude(registered_by=person)[:MOST_OF_A_KIND]:
        if _may(person, Permission.CONFIRM_TIER, model):
            told = f"tier {model.proposed_tier}" if model.proposed_tier else "exempt"
            yield Task(
                icon="scale",
                what=f"Confirm the tier of {model.name}",
                why=f"Proposed: {told}. A model with a provisional tier cannot be promoted.",
                brief=f"Tier of {model.name}",
                action="Confirm",
                address=reverse("confirm-tier", args=[model.slug]),
                since=model.registered_at,
            )


def _tiers_to_assess_again(person, models) -> Iterator[Task]:
    """Confirmed tiers on which something cast doubt since, for whoever owns the model."""
    doubts = TierDoubt.objects.standing().filter(model__in=models.counted(), model__owner=person)
    doubted = doubts.filter(model__tier_confirmed_at__isnull=False).exclude(model__status=Status.RETIRED)
    told = defaultdict(list)
    for doubt in doubted.select_related("model").order_by("raised_at", "reason")[:MOST_OF_A_KIND]:
        told[doubt.model].append(doubt)
    for model, ones in told.items():
        yield Task(
            icon="scale",
            what=f"Assess the tier of {model.name} again",
            why=f"{ones[0].reason} Tier {model.tier} holds until another is confirmed.",
            brief=f"Tier of {model.name}",
            action="Answer the scorecard",
            address=reverse("answer-scorecard", args=[model.slug]),
            since=ones[0].raised_at,
        )


def _validations(person, models) -> Iterator[Task]:
    """The next step of each open validation, for whom it waits; and challenges that the owner should answer."""
    found = (
        ValidationRequest.objects.open().filter(model__in=models).select_related("model", "version__model", "policy")
    )
    found = found.prefetch_related("assignments", "challenges__entries").order_by("requested_at")
    for validation in found[: 2 * MOST_OF_A_KIND]:
        mine = next(
            (one for one in validation.assignments.all() if one.ended_at is None and one.person_id == person.pk), None
        )
        step = _step_of_validator(validation, mine) if mine else _step_of_others(validation, person)
        if step:
            what, why, action = step
            yield Task(
                icon="circle-check",
                what=f"{what}: {validation.title}",
                why=f"{validation.reference}. {why}",
                brief=f"{validation.reference}, {validation.title}",
                action=action,
                address=reverse("validation", args=[validation.reference]),
                due_at=datetime.combine(validation.due_on, time.max, tzinfo=UTC) if validation.due_on else None,
                since=validation.requested_at,
            )


def _step_of_validator(validation: ValidationRequest, mine: ValidatorAssignment) -> tuple[str, str, str] | None:
    """What is asked of somebody assigned, why, and the word of the button."""
    if mine.attested_at is None:
        return "Attest to your independence", "Before that you cannot work on it.", "Attest"
    if mine.role == ValidatorAssignment.Role.SECOND:
        awaited = validation.state == ValidationState.REVIEW
        return ("Review the opinion", "The lead has signed it.", "Review") if awaited else None
    working = (ValidationState.PLANNING, ValidationState.IN_PROGRESS, ValidationState.RETURNED)
    if validation.state not in working:
        return None
    returned = validation.state == ValidationState.RETURNED
    return "Go on with", f"Returned: {validation.reason}" if returned else "You lead it.", "Go on"


def _step_of_others(validation: ValidationRequest, person) -> tuple[str, str, str] | None:
    model = validation.model
    if model.owner_id == person.pk:
        unanswered = [one for one in validation.challenges.all() if one.awaits_an_answer]
        what = f"Answer {counted(len(unanswered), 'challenge')}"
        return (what, "There is no opinion before all challenges are settled.", "Answer") if unanswered else None
    if validation.state == ValidationState.PENDING_APPROVAL:
        approvers = validation_approvers(validation.policy.document, model.tier)
        if person.roles_in(model.workspace_id, model.slug) & set(approvers):
            return "Approve the opinion", "The second validator agrees with it.", "Decide"
    if not validation.assignments.all() and _may(person, Permission.ASSIGN_VALIDATOR, model):
        return "Assign validators", "Nobody works on it yet.", "Assign"
    return None


def _attestations(person) -> Iterator[Task]:
    """Models of theirs whose entry an owner is asked to confirm."""
    asked = Attestation.objects.visible_to(person).open().filter(model__owner=person).select_related("model")
    for attestation in asked.order_by("due_at")[:MOST_OF_A_KIND]:
        yield Task(
            icon="circle-check",
            what=f"Attest to {attestation.model.name}",
            why="Confirm that its entry in the register is right. Left open, it counts as overdue for the whole firm.",
            brief=f"Attestation of {attestation.model.name}",
            action="Read and attest",
            address=reverse("attestation", args=[attestation.pk]),
            due_at=datetime.combine(attestation.due_at, time.max, tzinfo=attestation.opened_at.tzinfo),
            since=attestation.opened_at,
        )
