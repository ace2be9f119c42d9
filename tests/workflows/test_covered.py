"""What lapsed about what is in use is put in order by what covers it, and not by a decision about another version."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import expire_arrangements, request_change
from audits.workflows.services.decisions import decision_view
from audits.workflows.states import ArrangementState
from inventory.models import Model
from inventory.states import Status
from mrm.errors import RuleBroken
from tests.factories import make_version, settle, without_triggers
from tests.workflows.duties import WHY
from tests.workflows.kinds import after, decided, exception_terms, in_days, overlay_terms

Kind = ChangeRequest.Kind
TERMS = {Kind.EXCEPTION: exception_terms, Kind.OVERLAY: overlay_terms}
EACH = pytest.mark.parametrize("kind", [Kind.EXCEPTION, Kind.OVERLAY])


def allowed(story, officers, kind, subject, **terms) -> Arrangement:
    """Anew after what lapsed, with its effect measured where that is asked for."""
    terms = TERMS[kind](**terms)
    if kind == Kind.OVERLAY:
        terms["measured_effect"] = "Three points."
    return decided(kind, subject, *officers, terms=terms, actor=story.owner).arrangements.get()


def lapsed(story, officers, kind, subject) -> Arrangement:
    held = allowed(story, officers, kind, subject, ends_on=in_days(5))
    expire_arrangements(after(held))
    assert is_restricted(story)
    return held


def is_restricted(story) -> bool:
    return Model.objects.get(pk=story.model.pk).status == Status.RESTRICTED


@EACH
@pytest.mark.parametrize("about", ["version", "model"])
def test_what_is_decided_about_a_candidate_lifts_no_restriction_of_what_is_in_production(
    story, candidate, officers, kind, about
):
    held = lapsed(story, officers, kind, getattr(story, about))
    other = allowed(story, officers, kind, candidate)
    held.refresh_from_db()
    assert (held.state, is_restricted(story)) == (ArrangementState.EXPIRED, True)
    assert Arrangement.objects.standing(timezone.now()).filter(pk=other.pk).exists()


@EACH
@pytest.mark.parametrize("about", ["version", "model"])
def test_what_is_decided_about_the_same_version_or_the_model_puts_it_in_order(story, officers, kind, about):
    held = lapsed(story, officers, kind, story.version)
    allowed(story, officers, kind, getattr(story, about))
    held.refresh_from_db()
    assert (held.state, is_restricted(story)) == (ArrangementState.CLOSED, False)


@EACH
def test_the_database_closes_nothing_by_a_decision_about_another_version(story, candidate, officers, kind):
    held = lapsed(story, officers, kind, story.version)
    decision = allowed(story, officers, kind, candidate).change
    settle()
    with pytest.raises(IntegrityError, match="or by what replaces it"), transaction.atomic():
        Arrangement.objects.filter(pk=held.pk).update(state="closed", ended_at=decision.completed_at)
        settle()


@EACH
def test_what_holds_for_one_version_is_renewed_for_that_version_or_the_model(story, candidate, officers, kind):
    held = allowed(story, officers, kind, story.version, ends_on=in_days(5))
    twin = make_version(story.model, actor=story.engineer)
    with pytest.raises(RuleBroken, match="only what is about that goes on in its place"):
        request_change(kind, twin, reason=WHY, terms=TERMS[kind](), renews=held, actor=story.owner)
    other = allowed(story, officers, kind, twin)
    settle()
    with pytest.raises(IntegrityError, match="renewed by another that goes on in its place"), transaction.atomic():
        Arrangement.objects.filter(pk=held.pk).update(state="renewed", ended_at=timezone.now())
        other.pk, other.reference, other.state, other.renews = uuid4(), "EX-2000-0001", "closed", held
        other.save(force_insert=True)
        settle()


@EACH
def test_a_renewal_asked_for_before_that_rule_is_told_not_to_cover_before_anybody_signs_it(
    story, candidate, officers, kind
):
    held = allowed(story, officers, kind, story.version, ends_on=in_days(5))
    terms = TERMS[kind]() | ({"measured_effect": "Three points."} if kind == Kind.OVERLAY else {})
    asked = request_change(kind, story.version, reason=WHY, terms=terms, renews=held, actor=story.owner)
    assert decision_view(asked, person=officers[0]).reasons_not_to == []
    without_triggers("workflows_changerequest", f"UPDATE workflows_changerequest SET version_id = '{candidate.pk}'"
                     f" WHERE id = '{asked.pk}'")  # fmt: skip
    settle()
    (why,) = decision_view(ChangeRequest.objects.get(pk=asked.pk), person=officers[0]).reasons_not_to
    assert "only what is about that goes on in its place" in why and f"Withdraw {asked.reference}" in why
