"""Writing the trail, signing it, and proving what it says."""

from audits.trail.services.checkpoints import (
    accept_restore,
    checkpoints_in_full,
    log_name,
    note_in_full,
    sign_checkpoint,
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
from audits.trail.services.writing import governed, record

__all__ = [
    "TrailVerification",
    "Verifying",
    "accept_restore",
    "checkpoints_in_full",
    "consistency_proof",
    "endorse_checkpoints",
    "entries_between",
    "governed",
    "inclusion_proof",
    "inclusion_proofs",
    "length",
    "log_name",
    "note_in_full",
    "record",
    "root_at",
    "sign_checkpoint",
    "time_stamps_of",
    "trust",
    "verify_some",
    "verify_trail",
]
