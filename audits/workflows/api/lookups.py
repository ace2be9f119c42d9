"""What an address or a body names, among what the caller may see."""

from django.http import Http404

from audits.assessments.models import Breach
from audits.workflows.models import Arrangement, ChangeRequest, Finding, ValidationRequest
from inventory.models import Model, ModelVersion
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import UnusableData


def readable_changes(request):
    require(request.user, Permission.READ, None, model_slug=None)
    return ChangeRequest.objects.visible_to(request.user).select_related(
        "model__workspace", "version", "breach", "requester", "policy", "renews"
    )


def change_for(request, reference: str, *, reading: bool = True) -> ChangeRequest:
    changes = readable_changes(request) if reading else ChangeRequest.objects.visible_to(request.user)
    return _found(changes.filter(reference=reference).first(), f"change request {reference}")


def readable_arrangements(request):
    require(request.user, Permission.READ, None, model_slug=None)
    return Arrangement.objects.visible_to(request.user).select_related(
        "model__workspace", "version", "change", "validation", "renews", "use", "begun_by"
    )


def arrangement_for(request, reference: str) -> Arrangement:
    return _found(readable_arrangements(request).filter(reference=reference).first(), f"arrangement {reference}")


def named_arrangement(model: Model | None, reference: str | None) -> Arrangement | None:
    if reference is None:
        return None
    found = Arrangement.objects.filter(model=model, reference=reference).first()
    return _named(found, "renews", f"{model or 'The policy'} has no arrangement {reference}.")


def readable_findings(request):
    require(request.user, Permission.READ, None, model_slug=None)
    return _visible_findings(request)


def finding_for(request, reference: str, *, reading: bool = True) -> Finding:
    findings = readable_findings(request) if reading else _visible_findings(request)
    return _found(findings.filter(reference=reference).first(), f"finding {reference}")


def readable_validations(request):
    require(request.user, Permission.READ, None, model_slug=None)
    return ValidationRequest.objects.visible_to(request.user).select_related(
        "model__workspace", "model__owner", "version__model", "policy", "requested_by"
    )


def validation_for(request, reference: str, *, reading: bool = True) -> ValidationRequest:
    everything = ValidationRequest.objects.visible_to(request.user).select_related("model__workspace", "version")
    rows = readable_validations(request) if reading else everything
    return _found(rows.filter(reference=reference).first(), f"validation {reference}")


def item_for(validation: ValidationRequest, component: str):
    item = validation.items.select_related("request__model").filter(component=component).first()
    return _found(item, f"component {component} of {validation.reference}")


def evidence_for(item, key):
    return _found(item.evidence.select_related("item__request").filter(pk=key).first(), f"evidence {key}")


def challenge_for(validation: ValidationRequest, number: int):
    challenge = validation.challenges.select_related("request__model").filter(number=number).first()
    return _found(challenge, f"challenge {number} of {validation.reference}")


def validator_for(validation: ValidationRequest, key):
    assignment = validation.assignments.select_related("request__model", "person").filter(pk=key).first()
    return _found(assignment, f"validator {key} of {validation.reference}")


def named_model(request, slug: str) -> Model:
    """The model that a body names."""
    model = Model.objects.visible_to(request.user).select_related("workspace").filter(slug=slug).first()
    return _named(model, "model", f"There is no model {slug} that you may see.")


def named_version(model: Model, number: int) -> ModelVersion:
    version = model.versions.filter(number=number).first()
    return _named(version, "version", f"{model} has no version {number}.")


def named_breach(model: Model, key) -> Breach | None:
    if key is None:
        return None
    breach = Breach.objects.filter(version__model=model, pk=key).select_related("version").first()
    return _named(breach, "breach", f"{model} has no breach {key}.")


def _visible_findings(request):
    findings = Finding.objects.visible_to(request.user)
    return findings.select_related("model__workspace", "model__owner", "owner", "version", "breach", "policy")


def _found(row, what: str):
    if row is None:
        raise Http404(f"There is no {what} that you may see.")
    return row


def _named(row, field: str, message: str):
    if row is None:
        raise UnusableData({"message": message, "field": field})
    return row
