"""Asking for an envelope on the page of its model, and the page of what it promoted."""

from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest
from audits.workflows.services import decide_retrained
from inventory.contents.stories.lines import lines_of
from inventory.models import Policy
from tests.factories import publish
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
    assert "did not decide" not in page and "Nobody has decided yet" not in page
    assert "Validator, validator, on" in page and "Risk Officer, risk officer, on" in page
    (line,) = lines_of([Entry.objects.about(change).get(action=Action.CHANGE_APPROVED)])
    assert f"by the envelope {envelope.reference}: window days is 365" in line.sentence


def test_where_the_policy_allows_no_envelope_the_page_says_so_and_offers_no_form(story, visit):
    document = Policy.objects.in_force().document
    document["retraining"]["envelope"]["tiers"] = ["3"]
    publish(document)
    client, told = visit(story.owner), "The policy allows no envelope in tier 2"
    address = reverse("request-model-change", args=[story.model.slug])
    chosen = client.get(address).text
    assert told in chosen and "kind=retraining_envelope" not in chosen and "kind=retirement" in chosen
    page = client.get(f"{address}?kind=retraining_envelope").text
    assert told in page and "Send to those who decide" not in page
    client.post(address, {"kind": "retraining_envelope", "reason": WHY})
    assert not ChangeRequest.objects.filter(kind="retraining_envelope").exists()
