"""What a request of each kind says, valid unless told otherwise; and people who approve it."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import request_change
from inventory.models import ModelVersion, Policy
from tests.factories import publish
from tests.fixtures.story import approve


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def exception_terms(**terms) -> dict:
    return {
        "clause": "assessment.bias",
        "risk": "A difference between groups is seen late.",
        "compensating_control": "Compliance samples fifty decisions a month.",
        "ends_on": in_days(90),
    } | terms


def overlay_terms(**terms) -> dict:
    return {
        "limitation": "Energy prices are no input",
        "method": "Add two points to the score of single earners.",
        "direction": "increases",
        "size_percent": 4.5,
        "computed": "Monthly, on the applications of the month.",
        "ends_on": in_days(90),
    } | terms


def acceptance_terms(finding, **terms) -> dict:
    return {
        "finding": finding.reference,
        "risk": "The rank order is a little worse.",
        "compensating_control": "A second underwriter.",
        "ends_on": in_days(90),
    } | terms


def decided(kind: str, subject, *deciders, actor, **fields) -> ChangeRequest:
    """A request of a kind, approved by these people."""
    change = request_change(kind, subject, reason="It is needed.", actor=actor, **fields)
    for person in deciders:
        approve(change, person)
    change.refresh_from_db()
    return change


def after(arrangement: Arrangement) -> datetime:
    return arrangement.ends_at + timedelta(seconds=1)


def except_from(story, officers, clause: str, **fields) -> Arrangement:
    terms = exception_terms(clause=clause)
    change = decided("exception", story.model, *officers, terms=terms, actor=story.owner, **fields)
    return change.arrangements.get()


def promoted(story, version, *, until=100, **terms) -> ModelVersion:
    change = request_change(
        "promotion", version, reason="Better.", terms={"ends_on": in_days(until)}, actor=story.owner
    )
    approve(change, story.validator, **terms)
    approve(change, story.risk_officer)
    connection.check_constraints()  # As at the end of its transaction: what comes back later was away until then.
    return ModelVersion.objects.get(pk=version.pk)


def open_the_gate() -> None:
    """Nothing need be assessed before a promotion."""
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish(document)
