"""Closing a severe finding, giving it more time, accepting its risk, and what the system raises itself."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action, Entry
from audits.workflows.models import Finding
from audits.workflows.services import (
    expire_arrangements,
    raise_due_findings,
    record_reperformance,
    request_change,
    return_finding,
    submit_finding,
)
from audits.workflows.services.findings.reperformance import runs_since
from audits.workflows.states import FindingState
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_otherwise, make_version
from tests.signing import close_finding
from tests.workflows.kinds import acceptance_terms, decided, in_days
from tests.workflows.remedies import (
    DIGEST,
    fresh,
    measured_again,
    opened,
    planned,
    raised,
    reperformed,
    signed_off,
    submitted,
    today,
    validated,
)


@pytest.fixture
def severe(story) -> Finding:
    return raised(story, severity="high", breach=story.breach)


def test_a_severe_finding_is_not_closed_before_its_test_was_done_again(story, severe):
    handed_over = submitted(story, severe)
    with pytest.raises(RuleBroken, match="is done again before it is closed"):
        close_finding(handed_over, reason="Fine.", actor=story.validator)
    with pytest.raises(RuleBroken, match="not one of|began before"):
        record_reperformance(handed_over, run=story.run("drift"), told="As before.", actor=story.validator)


def test_a_run_shows_a_remedy_only_if_it_measured_the_same_since_and_is_not_red(story, severe):
    run = story.breach.last_run
    too_early = measured_again(run, verdict="within")
    handed_over = submitted(story, severe)
    with pytest.raises(RuleBroken, match="began before the finding was submitted"):
        record_reperformance(handed_over, run=too_early, told="Fine.", actor=story.validator)
    with pytest.raises(RuleBroken, match="is red"):
        record_reperformance(handed_over, run=measured_again(run), told="Fine.", actor=story.validator)
    with pytest.raises(RuleBroken, match="did not measure"):
        other = measured_again(story.run("performance"), verdict="within")
        record_reperformance(handed_over, run=other, told="Fine.", actor=story.validator)
    again = measured_again(run, verdict="within")
    kept = record_reperformance(handed_over, run=again, told="Stable now.", actor=story.validator)
    assert (kept.run, len(kept.results_digest)) == (again, 64)
    assert close_finding(handed_over, reason="Stable.", actor=story.validator).state == FindingState.VALIDATED_CLOSED


def test_a_run_of_another_version_shows_no_remedy(story, severe):
    before, run = make_version(story.model, actor=story.engineer), story.breach.last_run
    make_otherwise(before, registered_at=severe.issued_at - timedelta(days=90))
    handed_over = submitted(story, severe)
    since = make_version(story.model, actor=story.engineer)
    elsewhere = measured_again(run, of=before, verdict="within")
    with pytest.raises(RuleBroken, match="which the finding is about"):
        record_reperformance(handed_over, run=elsewhere, told="Fine.", actor=story.validator)
    with pytest.raises(IntegrityError, match="shows no remedy"), transaction.atomic():
        told = {"results_digest": DIGEST, "told": "Fine.", "performed_by": story.validator}
        handed_over.submission().reperformances.create(run=elsewhere, **told)
    mended = measured_again(run, of=since, verdict="within")
    assert runs_since(handed_over) == [mended]
    record_reperformance(handed_over, run=mended, told="Fine.", actor=story.validator)


def test_a_run_over_a_time_of_somebodys_choice_shows_no_remedy(story, severe):
    handed_over = submitted(story, severe)
    chosen = measured_again(story.breach.last_run, chosen=story.validator, verdict="within")
    with pytest.raises(RuleBroken, match="over a time of somebody's choice"):
        record_reperformance(handed_over, run=chosen, told="Fine.", actor=story.validator)
    assert chosen not in runs_since(handed_over)


@pytest.mark.parametrize("digest", ["", "xyz", "A" * 64, "a" * 63])
def test_a_test_done_elsewhere_needs_the_digest_of_its_evidence(story, severe, digest):
    with pytest.raises(UnusableData, match="SHA-256"):
        record_reperformance(
            submitted(story, severe), evidence_digest=digest, told="Done by hand.", actor=story.validator
        )


def test_after_a_return_the_test_is_done_again_once_more(story, severe):
    done_again = reperformed(story, severe)
    return_finding(done_again, reason="Only half of it.", actor=story.validator)
    submit_finding(done_again, response="All of it.", actor=story.owner)
    with pytest.raises(RuleBroken, match="is done again before it is closed"):
        close_finding(done_again, reason="Fine.", actor=story.validator)


def test_whoever_validated_or_owns_does_not_sign_off_and_another_does(story, severe):
    ready = validated(story, severe)
    for person in (story.validator, story.owner, story.engineer, story.auditor, story.administrator):
        with pytest.raises(NotPermitted):
            signed_off(ready, person)
    closed = signed_off(ready, story.risk_officer)
    assert (closed.state, closed.closed_by, closed.validated_by) == ("closed", story.risk_officer, story.validator)
    entry = Entry.objects.about(closed).get(action=Action.FINDING_CLOSED)
    assert entry.details["signature"]["statement_digest"] == closed.signature.statement_digest


def test_whoever_did_the_test_again_does_not_sign_off(story, severe):
    handed_over = submitted(story, severe)
    officer, second = story.risk_officer, story.second_officer()
    record_reperformance(handed_over, evidence_digest=DIGEST, told="Seen.", actor=officer)
    close_finding(handed_over, reason="Seen.", actor=second)
    with pytest.raises(NotPermitted, match="did the test again"):
        signed_off(fresh(handed_over), officer)


def test_who_would_sign_off_can_hand_it_back_instead(story, severe):
    ready = validated(story, severe)
    connection.check_constraints()  # What was signed is void in what follows, which is another transaction.
    back = return_finding(ready, reason="The sample is small.", actor=story.risk_officer)
    assert (back.state, back.validated_by) == (FindingState.OPEN, None)


def test_the_database_refuses_a_severe_closure_without_its_proof_and_changes_after_the_end(story, severe):
    handed_over = submitted(story, severe)
    rows = Finding.objects.filter(pk=handed_over.pk)
    for wrong in (
        {"state": "closed", "closed_by": story.validator, "closed_at": timezone.now()},
        {"state": "validated_closed", "validated_by": story.owner},
        {"state": "validated_closed", "validated_by": story.validator},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**wrong)


def test_an_accepted_risk_rests_and_reopens_exactly_once_when_it_lapses(story, severe):
    unfinished = opened(story, severe)
    change = decided("risk_acceptance", story.model, story.validator, story.risk_officer,
                     terms=acceptance_terms(unfinished), actor=story.owner)  # fmt: skip
    assert fresh(severe).state == FindingState.RISK_ACCEPTED
    assert fresh(severe) not in Finding.objects.overdue(today() + timedelta(days=999))
    later = change.arrangements.get().ends_at + timedelta(minutes=1)
    for _ in range(2):
        expire_arrangements(later)
    assert fresh(severe).state == FindingState.ACTION_PLAN_DUE
    assert Entry.objects.about(severe).filter(action=Action.FINDING_REOPENED).count() == 1
    assert planned(story, fresh(severe)).state == FindingState.ACTION_PLAN_REVIEW, "the plan before is superseded"


def extension(finding, days: int) -> dict:
    return {"finding": finding.reference, "due_on": in_days(days), "compensating_control": "A second underwriter."}


def test_more_time_is_given_once_by_officers_and_then_only_higher_up(story, severe):
    change = decided("extension", story.model, story.validator, story.risk_officer,
                     terms=extension(severe, 150), actor=story.owner)  # fmt: skip
    longer = fresh(severe)
    assert (longer.due_at.isoformat(), longer.first_due_at, longer.extensions) == (in_days(150), severe.due_at, 1)
    assert change.roles_required == ["validator", "risk_officer"]
    again = request_change("extension", story.model, reason="Once more.", terms=extension(severe, 170),
                           actor=story.owner)  # fmt: skip
    assert again.roles_required == ["risk_officer", "chief_risk_officer"]


def test_more_time_is_asked_for_before_the_day_and_has_an_end(story, severe):
    with pytest.raises(RuleBroken, match="at the latest"):
        request_change("extension", story.model, reason="R", terms=extension(severe, 400), actor=story.owner)
    with pytest.raises(RuleBroken, match="name a later day"):
        request_change("extension", story.model, reason="R", terms=extension(severe, 3), actor=story.owner)
    Finding.objects.filter(pk=severe.pk).update(due_at=today() - timedelta(days=2))
    with pytest.raises(RuleBroken, match="more time is asked for before"):
        request_change("extension", story.model, reason="R", terms=extension(severe, 30), actor=story.owner)


def test_a_red_breach_that_nobody_takes_up_becomes_a_finding_exactly_once(story):
    now = timezone.now()
    raise_due_findings(now)
    assert not Finding.objects.exists()
    red = Breach.objects.open().filter(verdict="red")
    red.update(opened_at=now - timedelta(days=92))
    for _ in range(2):
        raise_due_findings(now)
    assert Finding.objects.count() == red.count() > 0
    finding = Finding.objects.get(breach=story.breach)
    assert (finding.raised_by, finding.state, finding.severity) == (None, FindingState.ISSUED, "medium")
    assert finding.evidence[0]["reference"] == str(story.breach.pk)
