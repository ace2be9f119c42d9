"""What an approved opinion does: it holds until its end, its conditions hold, or what is in use is restricted."""

from django.db.models import F, Q
from django.utils import timezone

from audits.workflows.models import Arrangement, Finding, ValidationOpinion
from audits.workflows.models.opinions import ENTITLING
from audits.workflows.services import arrangements
from audits.workflows.services.findings.issuing import raise_finding
from audits.workflows.services.kinds.kind import end_of
from inventory.models import ModelVersion
from inventory.policies import FULL_TYPES
from inventory.states import Stage

Kind = Arrangement.Kind
Outcome = ValidationOpinion.Outcome


def take_effect(opinion: ValidationOpinion, *, actor) -> None:
    """Put an approved opinion into force in place of those it replaces. Call inside `governed()`."""
    validation = opinion.request
    for earlier in replaced_by(opinion):
        earlier.superseded_at = timezone.now()
        earlier.save(update_fields=["superseded_at"])
    opinion.approved_at = timezone.now()
    opinion.save(update_fields=["approved_at"])
    for condition in opinion.conditions:
        _begin(opinion, Kind.CONDITION, condition["text"], condition["due_on"], actor)
    if opinion.outcome == Outcome.NOT_FIT:
        _restrict(opinion, actor)
    elif validation.kind in ENTITLING:
        _hold(opinion, actor)
    elif validation.version is None:
        _settle(opinion, actor)


def replaced_by(opinion: ValidationOpinion):
    """Earlier opinions on the same version, or on the model as a whole.

    A lighter review that finds no fault leaves a full opinion in force.
    What a full validation found not fit is found fit by another full one only.
    """
    validation = opinion.request
    earlier = ValidationOpinion.objects.approved().filter(
        request__model=validation.model, request__version=validation.version, superseded_at__isnull=True
    )
    earlier = earlier.exclude(pk=opinion.pk).select_for_update(of=("self",))
    if opinion.outcome != Outcome.NOT_FIT and validation.kind not in FULL_TYPES:
        earlier = earlier.exclude(outcome=Outcome.NOT_FIT, request__kind__in=FULL_TYPES)
    if validation.kind in ENTITLING or opinion.outcome == Outcome.NOT_FIT:
        return earlier
    return earlier.exclude(request__kind__in=ENTITLING)


def _hold(opinion: ValidationOpinion, actor) -> None:
    validation = opinion.request
    because = f"Validated again by {validation.reference}."
    for earlier in Arrangement.objects.active().filter(version=validation.version, kind=Kind.VALIDATION):
        arrangements.end(arrangements.locked(earlier), because=because, actor=actor)
    title = f"{validation.version}: {opinion.get_outcome_display().lower()}"
    _begin(opinion, Kind.VALIDATION, title, opinion.expires_on.isoformat(), actor)
    _settle(opinion, actor)


def _settle(opinion: ValidationOpinion, actor) -> None:
    """What had lapsed about the model as a whole, or the version, is in order, unless it is not fit still.

    So is what lapsed because the same artifact was found not fit under another number.
    """
    model, version = opinion.request.model, opinion.request.version
    about = Q(version=version)
    if version:
        about |= Q(version__in=ModelVersion.objects.of_artifact(version)) & ~Q(validation__version=F("version"))
    lapsed = Arrangement.objects.unsettled().filter(about, model=model, kind=Kind.VALIDATION).select_related("version")
    in_order = [one.pk for one in lapsed if not _is_unfit_still(one)]
    because = f"Validated again by {opinion.request.reference}."
    arrangements.settle(model, (Kind.VALIDATION,), because=because, actor=actor, pk__in=in_order)


def _is_unfit_still(lapsed: Arrangement) -> bool:
    """What is said of its model as a whole is held for itself."""
    of_the_model = Q(request__model=lapsed.model_id, request__version=None)
    if lapsed.version is None:
        return ValidationOpinion.objects.not_fit().filter(of_the_model).exists()
    return ValidationOpinion.objects.against(lapsed.version).exclude(of_the_model).exists()


def _restrict(opinion: ValidationOpinion, actor) -> None:
    """What is in use and not fit, by whatever number, is restricted at once, until it is validated again or replaced.

    A model that is not fit as a whole is not mended by another version alone: it is reviewed again.
    """
    validation, model, version = opinion.request, opinion.request.model, opinion.request.version
    because = f"{validation.reference} found {version or model} not fit for use."
    for earlier in Arrangement.objects.active().filter(model=model, version=version, kind=Kind.VALIDATION):
        arrangements.end(arrangements.locked(earlier), because=because, actor=actor)
    in_use = model.production_version()
    _tell_elsewhere(opinion, version or in_use, because)
    if in_use is None or (version and not version.is_same_artifact(in_use)):
        return
    concerned = in_use if version else None
    title = f"{concerned or model}: not fit for use"
    arrangement = arrangements.begin_of_validation(
        validation, Kind.VALIDATION, title=title, ends_at=timezone.now(), version=concerned, actor=actor
    )
    arrangements.lapse(arrangement, because=because, now=timezone.now())


def _tell_elsewhere(opinion: ValidationOpinion, version: ModelVersion | None, because: str) -> None:
    """A finding about each other model that has the same artifact in production: its own second line decides there."""
    if version is None:
        return
    twins = ModelVersion.objects.of_artifact(version).filter(stage=Stage.PRODUCTION)
    for twin in twins.exclude(model=opinion.request.model_id).select_related("model").order_by("registered_at"):
        raise_finding(
            twin.model,
            version=twin,
            severity=Finding.Severity.HIGH,
            title="The same artifact was found not fit for use",
            observation=f"{because} {twin}, which is in production, is the same artifact.",
            required_outcome=f"{twin} is validated, replaced, or restricted to what it is fit for.",
            criterion="clauses.validation",
            origin=f"opinion:{opinion.pk}:{twin.model_id}",
            actor=None,
        )


def _begin(opinion: ValidationOpinion, kind: str, title: str, last_day: str, actor) -> None:
    arrangements.begin_of_validation(opinion.request, kind, title=title, ends_at=end_of(last_day), actor=actor)
