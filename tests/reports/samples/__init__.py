"""A realistic monitoring report: a credit default score whose income feature has drifted and whose retraining waits."""

from tests.reports.samples.report import ISSUED, make_evidence, make_pdf, make_report
from tests.reports.samples.trail import trail_entries, trail_proofs

__all__ = ["ISSUED", "make_evidence", "make_pdf", "make_report", "trail_entries", "trail_proofs"]
