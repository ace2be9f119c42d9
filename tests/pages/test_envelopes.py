"""Asking for an envelope on the page of its model, and the page of what it promoted."""

from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest
from audits.workflows.services import decide_retrained
from inventory.contents.stories.lines import lines_of
from tests.workflows.envelopes import WHY, WITHIN, allow_envelopes, approved, retrained, settle, terms


def test_an_envelope_is_asked_for_in_a_form_with_a_number_for_each_bound(story, visit):
    allow_envelopes()
    client = visit(story.owner)
    address = f"{reverse('request-model-change', args=[story.model.slug])}?kind=retraining_envelope"
    page = client.get(address)
    assert "Gain on champion, at least" in page.text and "Equalized odds, at most" in page.text
    asked = terms()
    bounds = {f"terms.bounds.{name}": str(bound) for name, bound in asked.pop("bounds").items()}
    sent = {"kind": "retraining_envelope", "reason": WHY} | {f"terms.{name}": value for name, value in asked.items()}
    refused = client.post(address, sent)
    assert refused.status_code == 422 and "Say: bounds of what is measured" in refused.text
    made = client.post(address, sent | bounds)
    change = ChangeRequest.objects.get(kind="retraining_envelope")
    assert made.headers["Location"] == reverse("change", args=[change.reference])
    assert change.terms["bounds"] == terms()["bounds"]
    assert "Reason code stability, at least 0" in client.get(reverse("change", args=[change.reference])).text


def test_what_an_envelope_promoted_says_by_which_and_what_was_measured(story, visit):
    allow_envelopes()
    envelope = approved(story)
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    page = visit(story.auditor).get(reverse("change", args=[change.reference])).text
    assert "Approved beforehand" in page and envelope.reference in page and "at least −0.5" in page
    (line,) = lines_of([Entry.objects.about(change).get(action=Action.CHANGE_APPROVED)])
    assert f"by the envelope {envelope.reference}: window days is 365" in line.sentence
