"""Abandoning a retrained candidate on the page of its version."""

import pytest
from django.urls import reverse

from audits.workflows.states import RetrainingState
from tests.signing import signed_on_page
from tests.workflows.test_abandoned_candidates import WHY, retraining

__all__ = ["retraining"]


@pytest.fixture
def page(story, retraining) -> str:
    return reverse("version", args=[story.model.slug, retraining.candidate.number])


def test_a_candidate_is_abandoned_on_the_page_of_its_version(story, retraining, page, visit):
    client = visit(story.owner)
    address = reverse("abandon-retraining", args=[story.model.slug, retraining.candidate.number])
    assert address in client.get(page).text and address not in visit(story.engineer).get(page).text
    assert client.get(address).status_code == 200 and client.post(address, {"reason": ""}).status_code == 400
    signed_on_page(client, address, reason=WHY)
    retraining.refresh_from_db()
    assert (retraining.state, retraining.abandoned_by) == (RetrainingState.ABANDONED, story.owner)
    assert address not in client.get(page).text
