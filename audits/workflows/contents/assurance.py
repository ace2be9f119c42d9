"""What assessments, findings and decisions say about models: the attributes that nobody enters."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils import timezone

from audits.assessments.models import Plan, PlanRecord, Run
from audits.workflows.contents.residual import opinions_that_hold, residual_of
from audits.workflows.contents.retention import archived_of, record_kept
from audits.workflows.contents.standings import shown_verdict
from audits.workflows.contents.validations import Due, due_of
from audits.workflows.models import Arrangement, ChangeRequest, Finding, ValidationOpinion
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.attributes import Attribute, Kind
from inventory.contents.attributes import Told, told_of
from inventory.contents.derived import day, derived_of, together
from inventory.contents.history import in_production
from inventory.models import Model, ModelVersion, Moment, Policy
from mrm.pages.wording import counted

RECENT = 5


def attributes_of(model: Model) -> list[Told]:
    """Every attribute of a model, those included that follow from assessments, findings and decisions.

    Of an entry of the past as it was then; what nobody keeps as of a date says so.
    """
    policy = Policy.objects.in_force_at(model.stood_at).document
    return told_of(model, derived=assurance_of([model], policy)[model.pk], policy=policy)


def attribute_of(model: Model, attribute: Attribute) -> Told:
    """One attribute of a model; what nobody enters is computed only where it is asked for."""
    policy = Policy.objects.in_force_at(model.stood_at).document
    derived = assurance_of([model], policy)[model.pk] if attribute.kind == Kind.DERIVED else {}
    (told,) = told_of(model, derived=derived, policy=policy, attributes=[attribute])
    return told


def all_derived_of(models: Sequence[Model], moment: Moment | None) -> dict:
    """By model every attribute that nobody enters, as lines; of the past without those that nobody keeps."""
    policy = Policy.objects.in_force_at(moment).document
    register, more = derived_of(models, policy), assurance_of(models, policy)
    return {model.pk: together(register[model.pk], more[model.pk]) for model in models}


def assurance_of(models: Sequence[Model], policy: dict) -> dict:
    """By model what is known beyond the register, as lines; so many queries, however many models there are.

    Of entries of the past what is kept of then: of plans only since they are recorded.
    """
    if not models:
        return {}
    keys, moment = [model.pk for model in models], models[0].stood_at
    at = moment.instant if moment else timezone.now()
    versions = _versions_that_count(models, at)
    opinions = ValidationOpinion.objects.approved(at).filter(request__model__in=keys)
    opinions = opinions.select_related("request__version").defer("content").order_by("approved_at")
    opinions = _by(lambda one: one.request.model_id, opinions)
    holding = opinions_that_hold(at.date(), at).filter(request__model__in=keys).order_by()
    holding = _by(lambda row: row[0], holding.values_list("request__model", "request__version", "outcome"))
    arrangements = Arrangement.objects.filter(model__in=keys)
    arrangements = arrangements.stood_at(at) if moment else arrangements.standing(at)
    arrangements = _by(lambda one: (one.model_id, one.kind), arrangements.order_by("ends_at"))
    findings = Finding.objects.open_at(at) if moment else Finding.objects.open()
    findings = findings.filter(model__in=keys).order_by().values_list("model", "severity")
    severities = _by(lambda pair: pair[0], findings)
    runs = Run.objects.filter(version__in=[version.pk for version in versions.values()])
    runs = (runs.filter(finished_at__lte=at) if moment else runs).latest_per_plan()
    runs = _by(lambda run: run.version_id, runs.only("plan", "version", "verdict", "state", "window_end"))
    first, changes = _first_promoted(keys, at), _completed_changes(keys, at)
    archived = archived_of(keys).filter(archived_at__lte=at)
    archived = {one.change.model_id: one for one in archived}
    found = {}
    for model in models:
        version, own = versions.get(model.pk), opinions[model.pk]
        measured = runs[version.pk] if version else []
        said = {outcome for _, about, outcome in holding[model.pk] if about in (None, version and version.pk)}
        counts = Counter(severity for _, severity in severities[model.pk])
        held = {kind: arrangements[model.pk, kind] for kind in Arrangement.Kind}
        found[model.pk] = {
            "first_validated": [_opinion(one) for one in own if one.request.kind in policies.FULL_TYPES][:1],
            "last_validated": [_opinion(one) for one in own[-1:]],
            "open_findings": [f"{counts[one]} {one}" for one in Finding.Severity.values if counts[one]],
            "conditions": _orders(held["suspension"] + held["restriction"]) + _held(held["condition"]),
            "exceptions": _held(held["exception"] + held["acceptance"]),
            "overlays": _held(held["overlay"]),
            "record_kept_until": record_kept(
                model,
                policy,
                hold=min(held["legal_hold"], key=lambda one: one.starts_at, default=None),
                archived=archived.get(model.pk),
            ).lines,
            "first_production": _production(first.get(model.pk), changes[model.pk]),
            "residual_rating": residual_of(
                model, policy, runs=measured, outcomes=said, severities=counts, latest=own[-1] if own else None
            ),
        }
    _add_what_is_planned(found, models, policy, versions, runs)
    return found


def _add_what_is_planned(found: dict, models: Sequence[Model], policy: dict, versions: dict, runs: dict) -> None:
    """What is due and how it is watched; not of a day on which plans were not recorded yet."""
    plans = plans_at([version.pk for version in versions.values()], models[0].stood_at)
    due = due_of(models, document=policy)
    for model in models:
        version = versions.get(model.pk)
        kept, measured = (plans[version.pk], runs[version.pk]) if version else ([], [])
        if None in kept:
            continue
        watched = sorted((plan for plan in kept if plan.enabled), key=lambda plan: plan.next_due_at)
        next_runs = [f"{plan.get_kind_display()} on {day(plan.next_due_at)}" for plan in watched[:RECENT]]
        found[model.pk] |= {
            "next_due": _validation_due(due.get(model.pk)) + next_runs,
            "monitoring": _monitoring(watched, measured),
        }


def plans_at(versions: list, moment: Moment | None) -> dict[object, list[Plan | None]]:
    """By version its plans, as they stand or stood; None for one that was there already and not recorded yet."""
    plans = Plan.objects.filter(version__in=versions)
    if moment is None:
        return _by(lambda plan: plan.version_id, plans)
    plans = plans.filter(created_at__lte=moment.instant)
    stood = {
        one.subject: one.as_row() for one in PlanRecord.objects.standing(moment).filter(subject__in=plans.values("pk"))
    }
    found = defaultdict(list)
    for plan in plans:
        found[plan.version_id].append(stood.get(plan.pk))
    return found


def _by(key: Callable, rows: Iterable) -> dict:
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _versions_that_count(models: Sequence[Model], at: datetime) -> dict:
    """Of each model the version in production, else the newest."""
    newest = ModelVersion.objects.filter(model__in=[model.pk for model in models], registered_at__lte=at)
    newest = newest.order_by("model_id", "-number").distinct("model_id").only("model", "number")
    return {version.model_id: version for version in newest} | in_production(models)


def _first_promoted(keys: list, at: datetime) -> dict:
    promoted = ModelVersion.objects.filter(model__in=keys, promoted_at__lte=at)
    first = promoted.order_by("model_id", "promoted_at").distinct("model_id").only("model", "number", "promoted_at")
    return {version.model_id: version for version in first}


def _completed_changes(keys: list, at: datetime) -> dict:
    """Of each model, the oldest first."""
    done = ChangeRequest.objects.filter(model__in=keys, state=ChangeState.COMPLETED, completed_at__lte=at)
    told = done.order_by("completed_at").only("model", "kind", "reference", "completed_at")
    return _by(lambda change: change.model_id, told)


def _orders(arrangements: list[Arrangement]) -> list[str]:
    """What somebody ordered of the model or of one of its uses, which holds until somebody lifts it."""
    return [
        f"{one.reference}: {one.get_kind_display()} since {day(one.starts_at)}: {one.title} (until it is lifted)"
        for one in arrangements
    ]


def _held(arrangements: list[Arrangement]) -> list[str]:
    """Conditions, exceptions, accepted risks or overlays, each with its end."""
    return [
        f"{one.reference}: {one.title}" + (f" (until {day(one.last_day)})" if one.last_day else "")
        for one in arrangements
    ]


def _opinion(opinion: ValidationOpinion) -> str:
    request = opinion.request
    about = f"version {request.version.number}" if request.version else "the model as a whole"
    outcome = opinion.get_outcome_display().lower()
    when, until = day(opinion.effective_on), day(opinion.expires_on)
    return f"{request.get_kind_display()} of {about} on {when}: {outcome} until {until} ({request.reference})"


def _validation_due(due: Due | None) -> list[str]:
    return [f"Full revalidation on {day(due.full_on)}", f"Review on {day(due.review_on)}"] if due else []


def _monitoring(plans: list[Plan], runs: list[Run]) -> list[str]:
    verdicts = {run.plan_id: (shown_verdict(run.verdict, run.state), run.window_end) for run in runs}
    lines = []
    for plan in plans:
        verdict, until = verdicts.get(plan.pk, ("", None))
        lines.append(f"{plan.get_kind_display()}: " + (f"{verdict} until {day(until)}" if verdict else "not run yet"))
    return lines


def _production(promoted: ModelVersion | None, changes: list[ChangeRequest]) -> list[str]:
    lines = [f"First in production on {day(promoted.promoted_at)} (version {promoted.number})"] if promoted else []
    if changes:
        last = changes[-1]
        what = f"{last.get_kind_display()} on {day(last.completed_at)} ({last.reference})"
        lines.append(f"Last change: {what}; {counted(len(changes), 'change')} in all")
    return lines
