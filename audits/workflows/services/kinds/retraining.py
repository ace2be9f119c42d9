"""Retraining: ordered when approved; the pipeline does the work and the candidate is decided about on its own."""

from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services.kinds.kind import ChangeKind
from inventory.models import ModelVersion
from inventory.states import UNDECIDED, Stage


def why_not_retrain(version: ModelVersion) -> list[str]:
    """Every reason why this version cannot be retrained now."""
    reasons = []
    if version.stage not in (Stage.PRODUCTION, Stage.CHALLENGER):
        reasons.append(f"Only what runs can be retrained; {version} is {version.stage}.")
    if version.artifact_bytes is None:
        reasons.append(f"{version} has no artifact here to retrain.")
    waiting = Retraining.objects.filter(change__version=version, candidate__stage__in=UNDECIDED).first()
    if waiting:
        reasons.append(f"{waiting.candidate} was already retrained from it and awaits a decision.")
    return reasons


def _order(change: ChangeRequest, actor) -> str:
    """Waits for the dispatching task: the network has no rollback."""
    Retraining.objects.create(change=change)
    return ""


RETRAINING = ChangeKind(
    about="version",
    purpose="Fit the version in use again on newer outcomes.",
    if_approved="After the last approval the same estimator is fitted again on the labelled window and registered as a "
    "candidate. What is in use stays in use until a promotion is decided.",
    if_not="Nothing is retrained; the breach stays open and may ask again after the policy's waiting period.",
    why_not=lambda change: why_not_retrain(change.version),
    carry_out=_order,
)
