"""The demo, on its two quickest stories; the journey and `make run` build the rest."""

import pytest
from django.core.management import call_command

from audits.assessments.models import Run
from audits.statistics.limits import Verdict
from audits.trail.models import Entry
from audits.trail.services import verify_trail
from audits.workflows.models import ChangeRequest
from audits.workflows.services import why_not_decide
from audits.workflows.states import ChangeState
from demo.building import Calendar
from demo.cast import CAST, assemble
from demo.stories import STORIES
from demo.stories.mortgage import applications
from inventory.models import Model
from inventory.services import prepare_installation
from mrm.accounts.policies import Role
from reports.contents.agreement import disagreements

TOLD = ("Energy demand", "Imaging triage pilot")


@pytest.fixture
def told(db):
    prepare_installation()
    cast = assemble()
    for name in TOLD:
        STORIES[name](cast, Calendar.of(cast))
    return cast


def test_the_stories_show_a_healthy_model_in_use_and_one_with_too_little_evidence(told):
    energy, pilot = Model.objects.get(slug="energy-demand"), Model.objects.get(slug="imaging-triage")
    assert energy.production_version().number == 1
    assert set(Run.objects.filter(version__model=energy).values_list("verdict", flat=True)) == {Verdict.WITHIN}
    assert Run.objects.filter(version__model=pilot, verdict=Verdict.INSUFFICIENT).exists()
    assert verify_trail().holds
    assert disagreements() == []


def test_telling_the_stories_again_changes_nothing(told):
    entries = Entry.objects.count()
    for name in TOLD:
        STORIES[name](told, Calendar.of(told))
    assert Entry.objects.count() == entries


def test_there_is_a_sign_in_for_every_role(capsys):
    call_command("demo", "--sign-ins")
    printed = capsys.readouterr().out
    assert {part.role for part in CAST} == set(Role)
    assert all(role.replace("_", " ") in printed for role in Role)


def test_the_mortgage_applications_are_the_published_ones():
    rows = applications()
    assert rows.height == 1989  # Wooldridge, loanapp
    assert rows["label"].sum() == 1745
    assert rows.filter(race="black").height == 197


def test_the_credit_score_in_a_recession_awaits_the_second_signature_on_its_retraining(db):
    prepare_installation()
    cast = assemble()
    STORIES["Credit default"](cast, Calendar.of(cast))
    change = ChangeRequest.objects.get(kind=ChangeRequest.Kind.RETRAINING)
    assert (change.state, change.requester) == (ChangeState.PENDING, None)
    assert [decision.person for decision in change.decisions.standing()] == [cast.validator]
    assert why_not_decide(change, person=cast.officer) == []


def test_the_reviews_turn_to_another_subject_and_their_words_tell(db):
    prepare_installation()
    cast = assemble()
    STORIES["Review sentiment"](cast, Calendar.of(cast))
    reviews = Model.objects.get(slug="review-sentiment")
    assert reviews.production_version().number == 1
    newest = Run.objects.filter(version__model=reviews, plan__kind="drift").latest("window_end")
    unknown = newest.results.get(measure="psi", column="review: share of unknown words")
    assert unknown.verdict in (Verdict.AMBER, Verdict.RED)
    assert newest.results.get(measure="psi", column="score").verdict == Verdict.WITHIN
