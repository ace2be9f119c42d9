"""What was decided within an envelope: people approved it beforehand, inside bounds, and none of it by itself."""

from datetime import datetime

from audits.workflows.models import ChangeRequest
from inventory.models import Model
from mrm.pages.wording import day, sentence, words
from reports.contents.monitoring import Beforehand, KeptBound


def decided_beforehand(model: Model, start: datetime, end: datetime) -> tuple[Beforehand, ...]:
    """The changes of a period that an envelope approved, oldest first."""
    decided = ChangeRequest.objects.filter(model=model, envelope__isnull=False)
    decided = decided.filter(decided_at__gte=start, decided_at__lt=end).order_by("decided_at", "reference")
    return tuple(_told(change) for change in decided.select_related("envelope__change", "version"))


def _told(change: ChangeRequest) -> Beforehand:
    envelope = change.envelope
    return Beforehand(
        reference=change.reference,
        subject=str(change),
        outcome=change.outcome or change.get_state_display(),
        at=f"{change.decided_at:%d %B %Y %H:%M:%S} UTC",
        envelope=envelope.reference,
        holds=f"{day(envelope.starts_at)} to {day(envelope.last_day)}",
        decided_in=envelope.change.reference,
        approved_by=tuple(
            f"{one.printed_name}, {words(one.role)}, on {day(one.decided_at)}" for one in envelope.change.approvals()
        ),
        bounds=tuple(_bound(one) for one in change.evidence["envelope"]["bounds"]),
    )


def _bound(bound: dict) -> KeptBound:
    side = "at least" if bound["is_lower"] else "at most"
    return KeptBound(
        name=sentence(bound["name"]),
        approved=f"{side} {bound['bound']:g}",
        measured=f"{bound['measured']:.4g}",
        by=f"run {bound['run']}" if bound["run"] else "the built-in pipeline",
    )
