"""What validators have signed about a version and nobody has approved: it is known, though it is not in force yet."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from audits.workflows.gates.gate import NOT_FIT, Blocker
from audits.workflows.models import ValidationOpinion, ValidationRequest
from audits.workflows.states import ValidationState
from inventory.models import ModelVersion

Outcome = ValidationOpinion.Outcome


def blockers_in_signed_opinions(version: ModelVersion) -> list[Blocker]:
    """That a signed opinion says it is not fit, while its review or approval is awaited; or, where what it was about
    has changed since, while nobody has signed another in its place."""
    not_fit = _about(version).filter(outcome=Outcome.NOT_FIT)
    blockers = [
        Blocker(NOT_FIT, f"{one.person} signed that {_what(one)} is not fit for use; {_awaits(one.request)}.")
        for one in not_fit.standing().filter(approved_at=None)
    ]
    signed_since = ValidationOpinion.objects.standing().filter(request=OuterRef("request"))
    left = not_fit.filter(~Exists(signed_since), voided_at__isnull=False)
    left = left.exclude(request__state__in=(ValidationState.APPROVED, ValidationState.CANCELLED))
    latest = {one.request_id: one for one in left}
    return blockers + [
        Blocker(NOT_FIT, f"{one.person} signed that {_what(one)} was not fit for use; {one.request.reference} goes on.")
        for one in latest.values()
    ]


def warnings_of_signed_opinions(version: ModelVersion) -> list[str]:
    """Other opinions that await others; and what was signed not fit and is void, unless it was validated after all."""
    awaited = Q(voided_at=None, approved_at=None) & ~Q(outcome=Outcome.NOT_FIT)
    void = Q(voided_at__isnull=False, outcome=Outcome.NOT_FIT) & ~Q(request__state=ValidationState.APPROVED)
    return [_told(one) for one in _about(version).filter(awaited | void)]


def _about(version: ModelVersion) -> QuerySet[ValidationOpinion]:
    """Those on this version, on the same artifact under whatever name, and on its model as a whole."""
    about = Q(request__version=version) | Q(request__version=None, request__model=version.model_id)
    if version.artifact_sha256:
        about |= Q(request__version__artifact_sha256=version.artifact_sha256)
    opinions = ValidationOpinion.objects.filter(about).select_related("person", "request__model", "request__version")
    return opinions.select_related("request__version__model").order_by("given_at", "pk")


def _told(opinion: ValidationOpinion) -> str:
    validation, said = opinion.request, opinion.get_outcome_display().lower()
    signed = f"{opinion.person} signed that {_what(opinion)} is {said}"
    if opinion.voided_at is None:
        return f"{signed}; {_awaits(validation)}."
    if validation.state == ValidationState.CANCELLED:
        return f"{signed}; {validation.reference} was cancelled: {validation.reason}"
    return f"{signed}; that is void in {validation.reference}: {opinion.voided_because}"


def _what(opinion: ValidationOpinion) -> str:
    return str(opinion.request.version or opinion.request.model)


def _awaits(validation: ValidationRequest) -> str:
    step = "approval" if validation.state == ValidationState.PENDING_APPROVAL else "review"
    return f"{validation.reference} awaits its {step}"
