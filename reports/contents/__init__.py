"""What reports say: plain, frozen values, ready to print, and the evidence bundle that goes with them."""

from reports.contents.bundle import evidence_bundle
from reports.contents.figures import Chart, Figure, Source
from reports.contents.monitoring import MonitoringReport

__all__ = ["Chart", "Figure", "MonitoringReport", "Source", "evidence_bundle"]
