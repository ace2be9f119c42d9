"""What an owner confirms: the entry as it stands, and what changed in it since the cycle began."""

import hashlib
from dataclasses import dataclass

from django.db.models import Max, Min
from django.utils import timezone

from audits.workflows.models import Attestation
from inventory.contents.differences import differences
from inventory.models import ModelRecord, Moment
from mrm_verify.canonical import canonical


@dataclass(frozen=True)
class EntryShown:
    """What an owner reads before they attest: the entry at a revision, and what changed in it and its rows."""

    attestation: str
    revision: int
    changes: list[dict]

    @property
    def digest(self) -> str:
        """SHA-256 of its RFC 8785 form: it goes with the answer, so that nobody confirms what they did not see."""
        return hashlib.sha256(canonical(vars(self))).hexdigest()


def entry_shown(attestation: Attestation) -> EntryShown:
    return EntryShown(str(attestation.pk), attestation.model.revision, changes_since(attestation))


def changes_since(attestation: Attestation) -> list[dict]:
    """Field by field, how the entry differs from what it said when it was last attested to, else when registered."""
    records = ModelRecord.objects.filter(subject=attestation.model_id)
    attested = Attestation.objects.filter(model=attestation.model_id).aggregate(last=Max("attested_at"))["last"]
    begun = attested or records.aggregate(first=Min("recorded_from"))["first"]
    found = differences(records, Moment.at(begun), Moment.of(timezone.now().date())).shown
    return [
        {"field": change.field, "before": change.before, "after": change.after}
        for difference in found
        for change in difference.changes
    ]
