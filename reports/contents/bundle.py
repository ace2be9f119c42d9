"""The evidence bundle that travels inside a report; `reports.verification.evidence` states its format and checks it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from mrm_verify.canonical import canonical
from reports.contents.monitoring import MonitoringReport
from reports.verification.evidence import FORMAT


def evidence_bundle(
    report: MonitoringReport, *, results: Sequence[Mapping], decisions: Sequence[Mapping], trail: Mapping
) -> bytes:
    """Canonical JSON of everything a reader needs to check the report without us.

    results    one object per result with the full-precision numbers, digests, method and limit behind it
    decisions  the decision statements with the signers' assertions
    trail      {"log", "key", "size", "root", "checkpoint", "entries": [{"body", "leaf_hash", "proof"}]}
    """
    return canonical(
        {
            "format": FORMAT,
            "report": {
                "reference": report.reference,
                "kind": report.title,
                "organisation": report.organisation,
                "model": asdict(report.model),
                "period": report.period,
                "issued_at": report.issued_at,
                "policy": f"{report.policy.name} {report.policy.version}",
                "opinion": {"verdict": str(report.opinion.verdict), "headline": report.opinion.headline},
            },
            "figures": {name: figure.text for name, figure in report.figures.items()},
            "sources": {source.key: {"title": source.title, "facts": dict(source.facts)} for source in report.sources},
            "evidence": [asdict(item) for item in report.evidence_items],
            "results": list(results),
            "decisions": list(decisions),
            "trail": dict(trail),
        }
    )
