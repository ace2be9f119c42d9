"""What the database refuses to whoever would get rid of a finding by SQL, as the application's own role."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audits.workflows.models import Finding
from audits.workflows.services import raise_finding, respond_to_finding
from tests.factories import settle
from tests.signing import drop_finding


@pytest.fixture
def finding(story) -> Finding:
    said = {"title": "Thin", "observation": "Few defaults.", "required_outcome": "More."}
    finding = raise_finding(story.model, severity="critical", **said, actor=story.validator)
    settle()
    return finding


def refused(finding: Finding, why: str, **fields) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(**fields)
        settle()


@pytest.mark.parametrize("name", ["severity", "observation", "required_outcome", "owner", "model", "breach"])
def test_what_a_finding_says_is_not_changed_by_sql_once_it_is_issued(finding, story, name):
    other = {"severity": "low", "owner": story.engineer, "model": None, "breach": story.breach}
    refused(finding, "is never changed", **{name: other.get(name, "Nothing.")})


def test_a_finding_takes_no_short_cut_to_its_end_by_sql(finding, story):
    for state in ("closed", "dropped", "validated_closed", "open"):
        refused(finding, "does not go from issued", state=state, closed_by=story.risk_officer)


def test_more_time_and_an_accepted_risk_need_their_approved_request(finding):
    refused(finding, "gets more time by an approved request", due_at=finding.due_at + timedelta(days=90))
    refused(finding, "is accepted by an approved request", state="risk_accepted")


def test_a_disputed_finding_is_dropped_by_somebody_whom_an_entry_names(finding, story):
    disputed = respond_to_finding(finding, response="It is enough.", disputed=True, actor=story.owner)
    ended = {"state": "dropped", "closed_at": finding.issued_at}
    refused(finding, "somebody closes a finding", **ended, closed_by=None)
    refused(finding, "an owner does not close findings about their own model", **ended, closed_by=story.owner)
    refused(finding, "is dropped by signature, and there is none", **ended, closed_by=story.risk_officer)
    drop_finding(disputed, reason="It is.", actor=story.second_officer())
    settle()
