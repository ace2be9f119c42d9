"""Confirming or raising the class of a change: by the second line, upward only, before it is decided."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies as duties
from audits.workflows.models import ChangeRequest, Classification
from audits.workflows.services.classification.effects import ask_for_validation
from audits.workflows.services.involvement import involvement_of
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState
from inventory import policies
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from mrm.pages.wording import roles_together

LONGEST_REMARK = 4000


def why_not_classify(change: ChangeRequest, person) -> list[str]:
    """Every reason why this person may not confirm or raise the class; empty if they may."""
    if Permission.CLASSIFY_CHANGE not in person.permissions_in(change.workspace_id, change.model_slug):
        return ["The second line confirms the class of a change."]
    return duties.why_not_classify(involvement_of(change, person))


@governed()
def confirm_class(change: ChangeRequest, *, change_class: str, remark: str = "", actor) -> Classification:
    """Say that the class is right, or raise it. A raised class voids what was signed under the lower one.

    Where the policy asks for more approvals of a material change than the request names, the request ends and is asked
    for anew: what was asked for never changes. The raised class holds for that version however often it is asked for.
    """
    require(actor, Permission.CLASSIFY_CHANGE, change.workspace_id, model_slug=change.model_slug)
    rows = ChangeRequest.objects.select_for_update(of=("self",)).select_related("model", "version", "policy")
    change = rows.get(pk=change.pk)
    if reasons := why_not_classify(change, actor):
        raise NotPermitted(*reasons)
    found = Classification.objects.select_for_update().filter(change=change).first()
    remark = remark.strip()
    _refuse(change, found, change_class, remark)
    raised = change_class != found.change_class
    found.change_class, found.remark = change_class, remark
    found.confirmed_by, found.confirmed_at = actor, timezone.now()
    found.save(update_fields=["change_class", "remark", "confirmed_by", "confirmed_at"])
    action = Action.CHANGE_CLASS_RAISED if raised else Action.CHANGE_CLASS_CONFIRMED
    record(action, actor=actor, subject=change, change_class=change_class, proposed=found.proposed, reason=remark)
    if raised:
        _follow(change, actor)
    return found


def _refuse(change: ChangeRequest, found: Classification | None, change_class: str, remark: str) -> None:
    if change_class not in policies.CLASSES:
        message = f"A change is one of {', '.join(policies.CLASSES)}."
        raise UnusableData({"message": message, "field": "change_class"})
    if len(remark) > LONGEST_REMARK:
        message = f"The reason has {len(remark)} characters; at most {LONGEST_REMARK} fit."
        raise UnusableData({"message": message, "field": "remark"})
    if found is None:
        raise RuleBroken(f"{change.reference} changes nothing that is in use, so it has no class.")
    if change.state != ChangeState.PENDING:
        raise RuleBroken(f"{change.reference} is already {change.state}; its class stays as it was signed.")
    if policies.CLASSES.index(change_class) < policies.CLASSES.index(found.change_class):
        raise RuleBroken("A class is only raised: what was found material stays material.")
    if change_class != found.change_class and not remark:
        raise RuleBroken("Say why the class is raised; whoever asked needs to know.")
    if change_class == found.change_class and found.confirmed_by_id:
        raise RuleBroken(f"{found.confirmed_by} confirmed the class already.")


def _follow(change: ChangeRequest, actor) -> None:
    """What a raised class leads to: a validation, and other deciders where the policy names them."""
    ask_for_validation(change)
    also = policies.also_approved_by(change.policy.document, policies.MATERIAL, change.tier)
    missing = [role for role in also if role not in change.roles_required]
    if missing:
        awaited = roles_together(missing)
        outcome = f"Raised to a material change, which also needs the approval of {awaited}: ask for it again."
        move(change, "withdraw", outcome=outcome, decided_at=timezone.now())
        record(Action.CHANGE_WITHDRAWN, actor=actor, subject=change, reason=outcome)
