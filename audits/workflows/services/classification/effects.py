"""What a material change leads to by itself: a validation when it is asked for, and a review after it went live."""

from audits.workflows.models import ChangeRequest, ValidationOpinion, ValidationRequest
from audits.workflows.services.classification.weighing import RELEASES
from audits.workflows.services.validations.requests import request_validation
from inventory import policies

Kind = ValidationRequest.Kind
AT_ONCE = 100


def ask_for_validation(change: ChangeRequest) -> ValidationRequest | None:
    """A validation after the change, where the policy asks for one and nobody validates the version already."""
    version = change.version
    if change.kind not in RELEASES or not policies.validated_after_change(change.policy.document, change.tier):
        return None
    concluded = ValidationOpinion.objects.approved().filter(request__version=version)
    if version.validations.open().exists() or concluded.exists():
        return None
    in_use = change.classification.step["baseline"]
    trigger = f"{change.reference}: {version} is a material change of version {in_use}, which is in use."
    return request_validation(version, kind=Kind.CHANGE_TRIGGERED, trigger=trigger, actor=None)
