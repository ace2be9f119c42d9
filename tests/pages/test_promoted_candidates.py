"""What became of a retraining, on the page of its request and in the list of changes."""

import pytest
from django.urls import reverse

from audits.workflows.services.retraining import fail_retraining
from inventory.services import start_challenge
from tests.workflows.test_abandoned_candidates import WHY, abandon
from tests.workflows.test_promoted_candidates import by_request, dispatched, retraining

__all__ = ["dispatched", "retraining"]


def told(retraining, visit, story) -> str:
    return visit(story.auditor).get(reverse("change", args=[retraining.change.reference])).text


def test_the_page_of_a_retraining_says_what_its_candidate_awaits(story, retraining, visit):
    assert "Its candidate awaits a decision" in told(retraining, visit, story)
    start_challenge(retraining.candidate, actor=story.engineer)
    assert "runs beside what is in use" in told(retraining, visit, story)


def test_the_page_of_a_retraining_says_when_its_candidate_went_into_production(story, retraining, visit):
    by_request(story, retraining.candidate)
    assert "Its candidate went into production on" in told(retraining, visit, story)


def test_the_page_of_a_retraining_says_who_did_not_want_its_candidate_and_why(story, retraining, visit):
    abandon(retraining, story.owner)
    page = told(retraining, visit, story)
    assert f"{story.owner} signed that on" in page and WHY in page and "Why it failed" not in page


def test_the_page_of_a_retraining_says_why_it_failed(story, dispatched, visit):
    assert "The pipeline is training" in told(dispatched, visit, story)
    fail_retraining(dispatched, reason="Out of memory.")
    page = told(dispatched, visit, story)
    assert "Why it failed" in page and "Out of memory." in page


@pytest.mark.parametrize(("asked", "found"), [("promoted", True), ("succeeded", False), ("", True)])
def test_the_list_of_changes_is_narrowed_by_where_retrainings_stand(story, retraining, visit, asked, found):
    by_request(story, retraining.candidate)
    page = visit(story.auditor).get(reverse("change-list"), {"retraining": asked}).text
    assert (retraining.change.reference in page) is found
    sheet = visit(story.auditor).get(reverse("changes-csv"), {"retraining": asked}).getvalue().decode()
    assert (f"{retraining.change.reference},retraining" in sheet) is found
