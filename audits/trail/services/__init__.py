"""Writing the trail, signing it, and proving what it says."""

from audits.trail.services.checkpoints import checkpoints_in_full, log_name, sign_checkpoint, trust
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
    "checkpoints_in_full",
    "consistency_proof",
    "entries_between",
    "governed",
    "inclusion_proof",
    "inclusion_proofs",
    "length",
    "log_name",
    "record",
    "root_at",
    "sign_checkpoint",
    "trust",
    "verify_some",
    "verify_trail",
]
