"""What a material change leads to by itself: a validation when it is asked for, and a review after it went live."""

from datetime import datetime

from audits.trail.services import governed
from audits.workflows.models import ChangeRequest, Classification, ValidationOpinion, ValidationRequest
from audits.workflows.services.classification.weighing import RELEASES
from audits.workflows.services.validations.requests import request_validation
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.models import Model, Policy
from inventory.states import Stage
from mrm.pages.wording import day
from mrm.sweeps import one_by_one

Kind = ValidationRequest.Kind
AT_ONCE = 100
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


def open_due_reviews(now: datetime) -> int:
    """Ask what came of each material change in use, as long after it as the policy says; how many were asked for."""
    document = Policy.objects.in_force().document
    lasts = policies.review_after(document)
    done_by = now - lasts + policies.validation_opens_before(document)
    due = Classification.objects.filter(
        change_class=policies.MATERIAL,
        change__kind__in=RELEASES,
        change__state=ChangeState.COMPLETED,
        change__completed_at__lte=done_by,
        change__version__stage=Stage.PRODUCTION,
    ).exclude(change__version__validations__kind=Kind.POST_IMPLEMENTATION)
    found = due.select_related("change__version__model").order_by("change__completed_at")
    return one_by_one(found[:AT_ONCE], lambda one: _open_review(one, (one.change.completed_at + lasts).date()))


@governed()
def _open_review(found: Classification, due_on) -> bool:
    """Once per version, whoever asks first."""
    change = found.change
    Model.objects.select_for_update().get(pk=change.model_id)
    if change.version.validations.filter(kind=Kind.POST_IMPLEMENTATION).exists():
        return False
    trigger = (
        f"{change.reference}, a material change, is in use since {day(change.completed_at)}. Say what came of it "
        f"beside what was predicted: {_predicted(found)}"
    )
    request_validation(change.version, kind=Kind.POST_IMPLEMENTATION, trigger=trigger, due_on=due_on, actor=None)
    return True


def _predicted(found: Classification) -> str:
    told = {one["name"]: one["told"] for one in found.step["criteria"]}
    return f"{told['output']} {told['classes']}"
