"""Where a report stands, in sentences: who signed it, who published it, what took its place."""

from mrm.pages.wording import day, words
from reports.models import Report


def standing_of(report: Report) -> list[str]:
    told = [
        f"Signed by {kept.signature.printed_name} as {words(kept.role)} on {day(kept.signature.signed_at)}, "
        f"by {kept.signature.get_method_display().lower()}."
        for kept in report.signatures.all()
    ]
    told = told or ["Nobody has signed it."]
    if report.published_at:
        told.append(f"Published by {report.published_by} on {day(report.published_at)}.")
    if report.superseded_by:
        told.append(f"Superseded by {report.superseded_by.reference} on {day(report.superseded_by.published_at)}.")
    return told
