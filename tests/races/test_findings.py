"""Two who end the same finding at the same moment: it is ended once, signed once, and the trail says so once."""

from functools import partial
from types import SimpleNamespace

import pytest
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows import services
from audits.workflows.models import Finding
from audits.workflows.states import FindingState
from mrm.accounts.models import Signature
from mrm.accounts.policies import Role
from tests.factories import make_model, make_person
from tests.races.threads import at_once, refusals
from tests.signing import close_finding, sign_off_finding
from tests.workflows.remedies import raised, submitted, validated

ROUNDS = 10


@pytest.fixture
def people(workspace, owner, engineer, validator, risk_officer) -> SimpleNamespace:
    model = make_model(owner=owner, actor=engineer)
    return SimpleNamespace(model=model, owner=owner, engineer=engineer, validator=validator, risk_officer=risk_officer)


def test_two_who_close_a_finding_at_once_close_it_once(people):
    second = make_person(Role.VALIDATOR)
    for _ in range(ROUNDS):
        finding = submitted(people, raised(people))
        calls = [
            partial(close_finding, finding, reason="It ranks as well.", actor=person)
            for person in (people.validator, second)
        ]
        answers = at_once(*calls)
        assert len(refusals(answers)) == 1
        finding.refresh_from_db()
        assert finding.state == FindingState.CLOSED
    assert Entry.objects.filter(action=Action.FINDING_CLOSED).count() == ROUNDS


def test_two_who_sign_a_severe_finding_off_at_once_sign_once(people):
    second = make_person(Role.RISK_OFFICER)
    finding = validated(people, raised(people, severity="high"))
    before, signers = Signature.objects.count(), (people.risk_officer, second)
    answers = at_once(*(partial(sign_off_finding, finding, actor=person) for person in signers))
    assert len(refusals(answers)) == 1
    finding = Finding.objects.get(pk=finding.pk)
    assert finding.state == FindingState.CLOSED and finding.closed_at <= timezone.now()
    assert Signature.objects.count() == before + 1
    assert Entry.objects.filter(action=Action.FINDING_CLOSED).count() == 1


def test_closing_and_returning_at_once_does_one_of_both(people):
    for _ in range(ROUNDS):
        finding = submitted(people, raised(people))
        answers = at_once(
            partial(close_finding, finding, reason="It ranks as well.", actor=people.validator),
            partial(services.return_finding, finding, reason="Not yet.", actor=people.risk_officer),
        )
        assert len(refusals(answers)) == 1
        finding.refresh_from_db()
        assert finding.state in (FindingState.CLOSED, FindingState.OPEN)
