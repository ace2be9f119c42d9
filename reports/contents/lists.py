"""The list of reports: what it shows, is sorted and searched by, for its page, its API and its spreadsheet."""

from datetime import date, datetime

from mrm.pages.listing import Column, Listing


def _signers(report) -> str:
    return ", ".join(kept.signature.printed_name for kept in report.signatures.all())


REPORTS = Listing(
    (
        Column("reference", "Report", "reference", lambda row: row.reference),
        Column("kind", "Kind", "kind", lambda row: row.get_kind_display(), on_page=False),
        Column("model", "Model", "model__name", lambda row: row.model.slug),
        Column("period", "Period", "period_end"),
        Column("period_start", "From", "period_start", lambda row: row.period_start, on_page=False, holds=date),
        Column("period_end", "Until", "period_end", lambda row: row.period_end, on_page=False, holds=date),
        Column("state", "State", "state", lambda row: row.state),
        Column(
            "requested_at", "Asked for", "requested_at", lambda row: row.requested_at, on_page=False, holds=datetime
        ),
        Column("sealed_at", "Sealed", "sealed_at", lambda row: row.sealed_at, holds=datetime),
        Column("signed_by", "Signed by", "", _signers, on_page=False),
        Column(
            "published_at", "Published", "published_at", lambda row: row.published_at, on_page=False, holds=datetime
        ),
        Column(
            "superseded_by",
            "Superseded by",
            "",
            lambda row: row.superseded_by and row.superseded_by.reference,
            on_page=False,
        ),
        Column("pdf", "PDF"),
        Column("pdf_sha256", "SHA-256", "", lambda row: row.pdf_sha256, on_page=False),
    ),
    usual="-requested_at",
    searched=("reference", "model__name", "model__slug"),
)
