"""Verifying what somebody hands in."""

from mrm.adapters import keys
from reports.verification import Verification


def verify(data: bytes) -> Verification:
    """Whether a report holds, question by question."""
    from reports.verification.judging import verify_pdf

    return verify_pdf(data, trusted_roots=keys.configured().trusted_roots())
