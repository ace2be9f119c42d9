"""What the stories of the demo show, one at a time."""

from audits.assessments.models import Run
from audits.statistics.limits import Verdict
from audits.workflows.models import ChangeRequest
from audits.workflows.services import why_not_decide
from audits.workflows.states import ChangeState
from demo.building import Calendar
from demo.stories import STORIES
from demo.stories.mortgage import applications
from inventory.models import Model


def test_the_mortgage_applications_are_the_published_ones():
    rows = applications()
    assert rows.height == 1989  # Wooldridge, loanapp
    assert rows["label"].sum() == 1745
    assert rows.filter(race="black").height == 197


def test_the_credit_score_in_a_recession_awaits_the_second_signature_on_its_retraining(cast):
    STORIES["Credit default"](cast, Calendar.of(cast))
    change = ChangeRequest.objects.get(kind=ChangeRequest.Kind.RETRAINING)
    assert (change.state, change.requester) == (ChangeState.PENDING, None)
    assert [decision.person for decision in change.decisions.standing()] == [cast.officer]
    assert why_not_decide(change, person=cast.chief_risk_officer) == []


def test_the_reviews_turn_to_another_subject_and_their_words_tell(cast):
    STORIES["Review sentiment"](cast, Calendar.of(cast))
    reviews = Model.objects.get(slug="review-sentiment")
    assert reviews.production_version().number == 1
    newest = Run.objects.filter(version__model=reviews, plan__kind="drift").latest("window_end")
    unknown = newest.results.get(measure="psi", column="review: share of unknown words")
    assert unknown.verdict in (Verdict.AMBER, Verdict.RED)
    assert newest.results.get(measure="psi", column="score").verdict == Verdict.WITHIN
