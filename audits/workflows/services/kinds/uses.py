"""The end of one use: the model and its other uses go on."""

from django.utils import timezone

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import arrangements
from audits.workflows.services.kinds.kind import ChangeKind, Term
from inventory.models import Use, UseApproval
from inventory.services import end_use, terms_digest
from inventory.states import UseState


def _uses(change: ChangeRequest) -> dict[str, str]:
    uses = change.model.uses.exclude(state__in=(UseState.PROPOSED, UseState.ENDED))
    return {str(use.number): f"{use.number}: {use.title}" for use in uses}


def use_of(change: ChangeRequest) -> Use:
    return change.model.uses.select_related("model").get(number=change.terms["use"])


def _why_not(change: ChangeRequest) -> list[str]:
    use = use_of(change)
    if use.state == UseState.PROPOSED:
        return [f"{use} is not approved any more; withdraw it, which needs no decision."]
    return [f"{use} is ended."] if use.state == UseState.ENDED else []


def _what_ends(change: ChangeRequest) -> dict:
    """The use as it stands, and what ends with it."""
    use, now = use_of(change), timezone.now()
    approvals = UseApproval.objects.standing(now).filter(use=use).order_by("version__number")
    orders = Arrangement.objects.active().filter(use=use).order_by("reference")
    return {
        "use": {
            "number": use.number,
            "title": use.title,
            "state": use.state,
            "because": use.state_because,
            "terms": terms_digest(use),
            "users": use.users,
            "versions_approved": list(approvals.values_list("version__number", flat=True)),
            "orders": list(orders.values_list("reference", flat=True)),
        }
    }


def _end(change: ChangeRequest, actor) -> str:
    use, because = use_of(change), f"Ended by {change.reference}: {change.reason}"
    end_use(use, reason=because, actor=actor)
    for order in Arrangement.objects.active().filter(use=use):
        arrangements.release(arrangements.locked(order), because=because, actor=None)
    return f"{use} is ended, and its approvals with it."


USE_ENDING = ChangeKind(
    about="model",
    purpose="End one use of a model for good; the model and its other uses go on.",
    if_approved="With the last approval the use is ended, and so are its approvals. Another such use is proposed anew.",
    if_not="The use stays as it is.",
    terms=(Term(name="use", label="Use", shape="choice", choices=_uses),),
    why_not=_why_not,
    evidence=_what_ends,
    carry_out=_end,
    at_stake=lambda change: f"{change.model_id}:{change.terms['use']}",
)
