"""What an owner confirms: the entry as it stands, and what changed in it since the cycle began."""

from django.utils import timezone

from audits.workflows.models import Attestation
from inventory.contents.differences import differences
from inventory.models import ModelRecord, Moment


def changes_since(attestation: Attestation) -> list[dict]:
    """Field by field, how the entry differs from what it said when the cycle began."""
    records = ModelRecord.objects.filter(subject=attestation.model_id)
    then, now = Moment.of(attestation.covers_from), Moment.of(timezone.now().date())
    found = differences(records, then, now).shown
    return [
        {"field": change.field, "before": change.before, "after": change.after}
        for difference in found
        for change in difference.changes
    ]
