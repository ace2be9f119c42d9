"""The lists of what people decide and put right: what they show, are sorted and searched by, for pages, API and CSV."""

from datetime import date, datetime

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from audits.workflows.models import RETIRED_LAST_WORST_FIRST, Finding, ValidationOpinion, ValidatorAssignment
from mrm.pages.listing import Column, Listing

GRAVEST_FIRST = (Finding.Severity.CRITICAL, Finding.Severity.HIGH, Finding.Severity.MEDIUM, Finding.Severity.LOW)


def ranked(findings: QuerySet) -> QuerySet:
    """With how grave each is as a number, because the words do not sort so."""
    ranks = [When(severity=severity, then=Value(place)) for place, severity in enumerate(GRAVEST_FIRST)]
    return findings.annotate(gravity=Case(*ranks, output_field=IntegerField()))


def as_listed(validations: QuerySet) -> QuerySet:
    """With what a row of their list shows and is sorted by, in a number of queries that does not grow."""
    leads = ValidatorAssignment.objects.filter(request=OuterRef("pk"), role="lead", ended_at=None)
    opinions = ValidationOpinion.objects.standing().filter(request=OuterRef("pk"))
    rows = validations.select_related("model", "version__model").annotate(
        planned=Count("items", filter=Q(items__is_planned=True), distinct=True),
        done=Count("items", filter=Q(items__is_planned=True) & ~Q(items__outcome=""), distinct=True),
        led_by=Subquery(leads.values("person__display_name")[:1]),
        concluded=Subquery(opinions.values("outcome")[:1]),
        concluded_until=Subquery(opinions.values("expires_on")[:1]),
    )
    return rows.prefetch_related("opinions", "assignments__person")


def _number(row):
    return row.version.number if row.version else None


def _retrained(row):
    return row.retraining.state if hasattr(row, "retraining") else None


FINDINGS = Listing(
    (
        Column("reference", "Reference", "reference", lambda row: row.reference, on_page=False),
        Column("title", "Finding", "title", lambda row: row.title),
        Column("model", "Model", "model__name", lambda row: row.model.slug),
        Column("version", "Version", "", _number, on_page=False),
        Column("severity", "Severity", "gravity", lambda row: row.severity),
        Column("state", "State", "state", lambda row: row.state),
        Column("owner", "Owner", "owner__display_name", lambda row: row.owner),
        Column("issued", "Issued", "issued_at", lambda row: row.issued_at, on_page=False, holds=datetime),
        Column("due", "Due", "due_at", lambda row: row.due_at, holds=date),
        Column("overdue", "Overdue", "", lambda row: "yes" if row.is_overdue else "no", on_page=False),
        Column("extensions", "Extensions", "", lambda row: row.extensions, on_page=False),
        Column("criterion", "Criterion", "", lambda row: row.criterion, on_page=False),
        Column("effect %", "Effect", "", lambda row: row.effect_percent, on_page=False),
        Column(
            "cases changing class %", "Cases changing class", "", lambda row: row.class_change_percent, on_page=False
        ),
        Column("closed", "Closed", "closed_at", lambda row: row.closed_at, on_page=False, holds=datetime),
        Column("required outcome", "Required outcome", "", lambda row: row.required_outcome, on_page=False),
    ),
    usual="due",
    searched=("reference", "title", "model__name", "model__slug", "owner__display_name"),
)
CHANGES = Listing(
    (
        Column("reference", "Request", "reference", lambda row: row.reference),
        Column("kind", "Kind", "kind", lambda row: row.kind, on_page=False),
        Column("model", "Model", "model__name", lambda row: row.model.slug if row.model else None),
        Column("version", "Version", "", _number, on_page=False),
        Column("state", "State", "state", lambda row: row.state),
        Column("retraining", "Retraining", "", _retrained, on_page=False),
        Column("requester", "Asked for by", "requester__display_name", lambda row: row.requester or "the system"),
        Column("requested", "Asked", "requested_at", lambda row: row.requested_at, holds=datetime),
        Column("expires", "Expires or decided", "expires_at", lambda row: row.expires_at, holds=datetime),
        Column("decided", "Decided", "decided_at", lambda row: row.decided_at, on_page=False, holds=datetime),
        Column("completed", "Completed", "completed_at", lambda row: row.completed_at, on_page=False, holds=datetime),
        Column("reason", "Reason", "", lambda row: row.reason, on_page=False),
        Column("outcome", "Outcome", "", lambda row: row.outcome, on_page=False),
    ),
    usual="-requested",
    searched=("reference", "model__name", "model__slug", "requester__display_name"),
)
ARRANGEMENTS = Listing(
    (
        Column("reference", "Reference", "reference", lambda row: row.reference),
        Column("kind", "Kind", "kind", lambda row: row.kind, on_page=False),
        Column("title", "What", "title", lambda row: row.title),
        Column("model", "Model", "model__name", lambda row: row.model.slug),
        Column("version", "Version", "", _number, on_page=False),
        Column("state", "State", "state", lambda row: row.state),
        Column("since", "Since", "starts_at", lambda row: row.starts_at, holds=datetime, days="began"),
        Column("ends", "Ends or ended", "ends_at", lambda row: row.last_day if row.ends_at else None, holds=datetime),
        Column("ended", "Ended", "ended_at", lambda row: row.ended_at, on_page=False, holds=datetime),
    ),
    usual="-since",
    searched=("reference", "title", "model__name", "model__slug"),
)
VALIDATIONS = Listing(
    (
        Column("reference", "Reference", "reference", lambda row: row.reference),
        Column("type", "Type", "kind", lambda row: row.get_kind_display(), on_page=False),
        Column("model", "Model", "model__name", lambda row: row.model.name),
        Column("version", "Version", "", _number, on_page=False),
        Column("state", "State", "state", lambda row: row.get_state_display()),
        Column("plan", "Plan"),
        Column("lead", "Lead", "led_by", lambda row: row.lead),
        Column("opinion", "Opinion", "concluded", lambda row: _opinion(row, "get_outcome_display")),
        Column(
            "holds_until",
            "Holds until",
            "concluded_until",
            lambda row: _opinion(row, "expires_on"),
            on_page=False,
            holds=date,
        ),
        Column("asked", "Asked or due", "requested_at", lambda row: row.requested_at, holds=datetime),
        Column("due", "Due", "due_on", lambda row: row.due_on, on_page=False, holds=date),
    ),
    usual="-asked",
    searched=("reference", "model__name", "model__slug", "led_by"),
)
PORTFOLIO = Listing(
    (
        Column("worst", "Worst first", "is_retired"),  # Then by the ties: what an index is in the order of.
        Column("name", "Model", "name"),
        Column("tier", "Tier", "tier"),
        Column("next_due_at", "Next due", "next_due_at", holds=datetime),
        Column("validation_due", "Validation due", "validation_due_on", holds=date),
    ),
    usual="worst",
    ties=RETIRED_LAST_WORST_FIRST,
)
DELEGATIONS = Listing(
    (
        Column("delegate", "Who decides", "delegate__display_name"),
        Column("delegator", "For whom", "delegator__display_name"),
        Column("reason", "Why"),
        Column("starts_at", "From", "starts_at", holds=datetime),
        Column("ends_at", "Until", "ends_at", holds=datetime),
        Column("revoked_at", "Taken back", "revoked_at", holds=datetime),
    ),
    usual="-starts_at",
    searched=("delegate__display_name", "delegator__display_name", "reason"),
)
ATTESTATIONS = Listing(
    (
        Column("model", "Model", "model__name", lambda row: row.model.slug),
        Column("owner", "Owner", "model__owner__display_name", lambda row: row.model.owner.email),
        Column("state", "State", "state", lambda row: row.state),
        Column("covers_from", "Covers from", "covers_from", lambda row: row.covers_from, on_page=False, holds=date),
        Column("due_at", "Due", "due_at", lambda row: row.due_at, holds=date),
        Column("overdue", "Overdue", "", lambda row: row.bucket(timezone.now().date()), on_page=False),
        Column("attested_at", "Given", "attested_at", lambda row: row.attested_at, holds=datetime),
        Column(
            "attested_by", "Given by", "", lambda row: row.attested_by.email if row.attested_by else None, on_page=False
        ),
        Column("statement", "Statement", "", lambda row: row.statement, on_page=False),
    ),
    usual="due_at",
    searched=("model__name", "model__slug", "model__owner__display_name"),
)


def _opinion(row, name: str):
    value = getattr(row.standing_opinion, name, None)
    return value() if callable(value) else value
