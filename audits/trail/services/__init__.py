"""Writing the trail, signing it, and proving what it says."""

from audits.trail.services.at_once import Message, Overtaken, written_at_once
from audits.trail.services.checkpoints import (
    accept_restore,
    checkpoints_in_full,
    log_name,
    note_in_full,
    sign_checkpoint,
    take_over_checkpoint_from_before,
    time_stamps_of,
    trust,
)
from audits.trail.services.endorsements import endorse_checkpoints
from audits.trail.services.proofs import consistency_proof, inclusion_proof, inclusion_proofs, length, root_at
from audits.trail.services.verification import (
    TrailVerification,
    Verifying,
    entries_between,
    verify_some,
    verify_trail,
)
from audits.trail.services.writing import governed, holds_pen, record, recorded_together

__all__ = [
    "Message",
    "Overtaken",
    "TrailVerification",
    "Verifying",
    "accept_restore",
    "checkpoints_in_full",
    "consistency_proof",
    "endorse_checkpoints",
    "entries_between",
    "governed",
    "holds_pen",
    "inclusion_proof",
    "inclusion_proofs",
    "length",
    "log_name",
    "note_in_full",
    "record",
    "recorded_together",
    "root_at",
    "sign_checkpoint",
    "take_over_checkpoint_from_before",
    "time_stamps_of",
    "trust",
    "verify_some",
    "verify_trail",
    "written_at_once",
]
