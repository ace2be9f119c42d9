"""A realistic monitoring report: a credit default score whose income feature has drifted and whose retraining waits."""

from tests.reports.samples.report import ISSUED, make_evidence, make_pdf, make_report, signed
from tests.reports.samples.trail import trail_entries, trail_proofs

__all__ = ["ISSUED", "make_evidence", "make_pdf", "make_report", "signed", "trail_entries", "trail_proofs"]
