"""Abandoning what a retraining made: the candidate is not wanted, and whoever says so signs it with the reason."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Retraining, ValidationRequest
from audits.workflows.services.arrangements import end_with_version
from audits.workflows.services.transitions import move
from audits.workflows.states import retraining_after
from inventory.models import ModelVersion, UseApproval
from inventory.services import bound_in_force, retire_version
from inventory.states import UNDECIDED
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, role_with
from mrm.errors import NotPermitted, RuleBroken


def role_that_abandons(retraining: Retraining, person) -> str:
    """As what this person may abandon it: as the model's owner or of the second line; empty if they may not."""
    model = retraining.change.model
    if model.owner_id == person.pk:
        return "owner"
    return role_with(Permission.CLOSE_FINDING, person, model.workspace_id, model.slug)


def why_not_abandon(retraining: Retraining) -> list[str]:
    """Why there is nothing to abandon, or not yet."""
    candidate = retraining.candidate
    if retraining_after(retraining.state, "abandon") is None or candidate.stage not in UNDECIDED:
        state = candidate.stage if candidate else retraining.state
        return [f"Only a candidate that nobody has decided about is abandoned; this {retraining} is {state}."]
    return _awaited(candidate)


def why_not_lost(version: ModelVersion) -> list[str]:
    """Why a version that nobody has decided about does not end without a signature: what people do or did about it."""
    if version.stage not in UNDECIDED:
        return []
    approvals = UseApproval.objects.filter(version=version, ended_at=None).select_related("use").order_by("use__number")
    approved = [f"{version} is approved for {one.use}: that is ended first, by signature." for one in approvals]
    made = Retraining.objects.filter(candidate=version).select_related("change")
    trained = [
        f"{version} came of {one.change.reference}: the owner of its model or the second line abandons it by signature."
        for one in made
        if retraining_after(one.state, "abandon")
    ]
    return _awaited(version) + approved + trained


def _awaited(version: ModelVersion) -> list[str]:
    """What people do about a version, which comes to its end first."""
    asking = version.changes.unfinished().order_by("reference")
    asked = [f"{one.reference} asks about {version}: it is decided, or withdrawn first." for one in asking]
    validating = ValidationRequest.objects.open().filter(version=version).order_by("reference")
    return asked + [f"{one.reference} validates {version}: it is concluded, or cancelled first." for one in validating]


def _refuse(retraining: Retraining, *, actor) -> None:
    if actor.is_service or not role_that_abandons(retraining, actor):
        raise NotPermitted("A candidate is abandoned by the owner of its model or by the second line.")
    if reasons := why_not_abandon(retraining):
        raise RuleBroken(*reasons)


def _abandon(retraining: Retraining, *, comment: str, signature: Signature, actor) -> Retraining:
    rows = Retraining.objects.select_for_update(of=("self",)).select_related("change__model", "candidate__model")
    retraining = rows.get(pk=retraining.pk)
    move(retraining, "abandon", reason=comment, abandoned_by=actor, abandoned_at=timezone.now())
    retire_version(retraining.candidate, actor=None)
    end_with_version(retraining.candidate, because=f"{retraining.candidate} was abandoned: {comment}")
    told = {"candidate": retraining.candidate.number, "reason": comment, "signature": signature.in_trail()}
    record(Action.RETRAINING_ABANDONED, actor=actor, subject=retraining, **told)
    return retraining


def _facts(retraining: Retraining) -> dict:
    """What is given up, and why it was trained."""
    candidate = retraining.candidate
    return {
        "change": retraining.change.reference,
        "state": retraining.state,
        "candidate": candidate and {"number": candidate.number, "artifact_sha256": candidate.artifact_sha256},
    }


RETRAINING_ABANDONMENT = Act(
    name="retraining_abandoned",
    meaning=lambda retraining: f"{retraining.candidate} is not wanted, and is never promoted.",
    refuse=_refuse,
    facts=_facts,
    role=role_that_abandons,
    done=_abandon,
    bound=lambda retraining: bound_in_force("retraining_abandonment", retraining.change.model),
    asks="Say why it is not wanted.",
)
