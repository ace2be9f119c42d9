"""The decisions in a report's evidence: each as it was signed, and as the entry of the trail says."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.utils import timezone

from mrm_verify.canonical import canonical
from reports.contents import evidence_bundle
from reports.contents.gather import gather
from reports.services import request_report
from reports.verification.decisions import check_decisions
from reports.verification.evidence import Faulty
from tests.reports.samples import signed
from tests.verify.test_passkeys import Passkey
from tests.verify.test_statements import IN_TIME, STATEMENT, TRUE, entry

BEFORE = entry(1, action="model.registered", at="2026-01-01T10:00:00.000000+00:00")
AFTER = entry(9, action="model.edited", at="2026-12-01T10:00:00.000000+00:00")
CITING = entry(statement=STATEMENT, **TRUE)


def told(*decisions: dict, entries=(CITING, BEFORE)) -> str:
    """What is said of a bundle with these; its entries come newest first."""
    return check_decisions({"decisions": list(decisions), "trail": {"entries": [{"body": body} for body in entries]}})


def test_a_decision_as_it_was_signed_and_recorded_holds():
    assert told(signed(STATEMENT)) == "1 decisions are as they were signed."


def test_a_report_holds_not_that_the_clock_was_set_back_and_so_no_time_to_sign_is_asked():
    later = entry(statement=STATEMENT, at="2026-11-21T11:00:00.000000+00:00", **TRUE)
    assert told(signed(STATEMENT), entries=[later, BEFORE]) == "1 decisions are as they were signed."


def test_a_decision_older_than_the_entries_is_held_against_its_own_signature():
    assert told(signed(STATEMENT), entries=[AFTER]).endswith("1 of them are older than the entries here.")
    digest = sha256(canonical(STATEMENT)).hexdigest()
    by_passkey = signed(STATEMENT) | {"authentication": "passkey", "signature": {"assertion": Passkey().sign(digest)}}
    assert "1 of them" in told(by_passkey, entries=[AFTER])
    other = by_passkey | {"signature": {"assertion": Passkey().sign("00" * 32)}}
    with pytest.raises(Faulty, match="signs something else"):
        told(other, entries=[AFTER])


@pytest.mark.parametrize(
    ("exchanged", "why"),
    [
        (signed(STATEMENT) | {"statement": STATEMENT | {"outcome": "approved"}}, "was edited"),
        (signed(STATEMENT | {"outcome": "approved"}), "No entry of the trail cites"),
        (signed(STATEMENT) | {"authentication": "password+totp"}, "proved in another way"),
        (signed(STATEMENT) | {"statement": 7}, "lacks its text"),
        ({"statement": STATEMENT}, "malformed"),
        (signed(STATEMENT | {"time_window": {"from": 7}}), "malformed"),
    ],
    ids=["text", "decision", "proof", "number", "nothing", "time"],
)
def test_an_exchanged_decision_is_named(exchanged, why):
    with pytest.raises(Faulty, match=why):
        told(exchanged)


def test_a_rejection_that_an_entry_calls_an_approval_is_named():
    with pytest.raises(Faulty, match="its outcome is another"):
        told(signed(STATEMENT), entries=[entry(statement=STATEMENT, at=IN_TIME, **TRUE | {"approved": True}), BEFORE])


def test_the_decisions_that_a_report_about_the_story_holds_are_verified(story):
    today = timezone.localdate()
    report = request_report(
        story.model, period_start=today - timedelta(days=9), period_end=today, actor=story.validator
    )
    found = gather(report)
    content = evidence_bundle(found.report, results=found.results, decisions=found.decisions, trail=found.trail)
    bundle = json.loads(content)
    told = check_decisions(bundle)  # Of reports that other tests sealed, entries may stand before those of a decision.
    assert told.startswith(f"{len(bundle['decisions'])} decisions are as they were signed")
    bundle["decisions"][0] |= {"statement_digest": "1" * 64}
    with pytest.raises(Faulty):
        check_decisions(bundle)
