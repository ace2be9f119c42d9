"""Breaches: one case each, joined by later ones, closed by the second line with a reason."""

import pytest

from audits.assessments.models import Breach
from audits.assessments.services import close_breach, execute, rerun
from audits.trail.models import Action, Entry
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import dismiss, make_person


def test_each_red_or_amber_result_of_what_is_in_use_opens_one_breach(story):
    judged = story.run("drift").results.filter(verdict__in=["amber", "red"])
    cases = {(result.measure, result.column, result.segment) for result in judged}
    assert cases >= {("psi", "income", ""), ("psi", "score", ""), ("domain_classifier", "", "")}
    opened = Breach.objects.open()
    assert {(breach.measure, breach.column, breach.segment) for breach in opened} == cases
    assert Entry.objects.filter(action=Action.BREACH_OPENED, actor_name="system").count() == len(cases)


def test_the_same_again_joins_the_breach_that_is_open(story):
    before = Breach.objects.open().count()
    again = rerun(story.run("drift"), actor=story.validator)
    execute(again.pk)
    breach = story.breach
    assert (breach.occurrences, breach.last_run, breach.first_run) == (2, again, again.rerun_of)
    assert Breach.objects.open().count() == before


def test_once_closed_the_same_again_is_another_breach(story):
    dismiss(story.breach, reason="The campaign is over.", actor=story.validator)
    execute(rerun(story.run("drift"), actor=story.validator).pk)
    assert Breach.objects.filter(measure="psi", column="score").count() == 2


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_second_line_closes_a_breach(story, role):
    with pytest.raises(NotPermitted):
        close_breach(story.breach, reason="Over.", actor=make_person(role, workspace=story.workspace))


def test_a_service_account_closes_no_breach(story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        close_breach(story.breach, reason="Over.", actor=robot)


def test_nobody_closes_a_breach_of_their_own_model(story):
    model = story.model
    model.owner = story.validator
    model.save(update_fields=["owner"])
    with pytest.raises(NotPermitted, match="you own it"):
        close_breach(story.breach, reason="Over.", actor=story.validator)


def test_a_breach_is_closed_once_and_with_a_reason(story):
    with pytest.raises(RuleBroken, match="Say why"):
        close_breach(story.breach, reason=" ", actor=story.validator)
    with pytest.raises(RuleBroken, match="Decide first what is done about it, and sign that"):
        close_breach(story.breach, reason="The campaign is over.", actor=story.validator)
    closed = dismiss(story.breach, reason="The campaign is over.", actor=story.validator)
    assert closed.closed_at and closed.closing_reason == "The campaign is over."
    assert Entry.objects.get(action=Action.BREACH_CLOSED).details == {"reason": "The campaign is over."}
    with pytest.raises(RuleBroken, match="already closed"):
        close_breach(closed, reason="Again.", actor=story.risk_officer)
