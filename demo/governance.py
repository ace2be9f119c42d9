"""What holds for a time in the demo: an overlay, an exception, and a suspension that was lifted."""

from datetime import UTC, datetime, timedelta

from audits.workflows import services as workflows
from audits.workflows.models import Arrangement, ChangeRequest
from demo.building import decide
from demo.cast import PASSWORD, Cast
from inventory.models import Model
from mrm.accounts.services import act_at_once

Kind = ChangeRequest.Kind


def ask_and_decide(cast: Cast, kind: str, model: Model, *, reason: str, terms: dict) -> None:
    """The owner asks; whom the policy names decide. What was asked for before is left as it is."""
    if ChangeRequest.objects.filter(model=model, kind=kind).exists():
        return
    change = workflows.request_change(kind, model, reason=reason, terms=terms, actor=cast.owner)
    decide(cast, change, "The effect is measured monthly; I agree.", "For a time, with its control in place.")


def suspend_and_lift(cast: Cast, model: Model, *, because: str, remedy: str) -> None:
    """The owner stops it; an engineer mends it; two of the second line let it run again."""
    if not Arrangement.objects.filter(model=model, kind=Arrangement.Kind.SUSPENSION).exists():
        act_at_once(workflows.SUSPENSION, model, comment=because, password=PASSWORD, actor=cast.owner)
    if Arrangement.objects.active().filter(model=model, kind=Arrangement.Kind.SUSPENSION).exists():
        change = ChangeRequest.objects.pending().filter(model=model, kind=Kind.RESUMPTION).first()
        change = change or workflows.request_change(
            Kind.RESUMPTION,
            model,
            reason="The fault is found and mended.",
            terms={"remedy": remedy},
            actor=cast.engineer,
        )
        decide(cast, change, "Scores of the replayed hour are those of the artifact.", "Lifted.")


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()
