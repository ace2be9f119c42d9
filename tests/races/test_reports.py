"""Two sign a report at once; one signs it twice; it is published twice; two reports are published at once."""

from dataclasses import dataclass

import pytest

from inventory.models import Model, ModelVersion
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from reports.contents.agreement import disagreements
from reports.models import Report
from reports.services import publish_report
from tests.factories import make_person
from tests.races.threads import at_once, refusals
from tests.reports.sealing import make_sealed
from tests.signing import sign_report


@dataclass(frozen=True)
class Scene:
    """What a sealed report is made of."""

    model: Model
    version: ModelVersion
    auditor: Person


@pytest.fixture
def scene(candidate, auditor) -> Scene:
    return Scene(candidate.model, candidate, auditor)


@pytest.fixture
def officers(scene) -> list[Person]:
    return [make_person(Role.RISK_OFFICER), make_person(Role.RISK_OFFICER)]


def test_two_officers_sign_at_once_and_both_signatures_are_kept(rounds, scene, officers):
    for _ in range(rounds):
        report = make_sealed(scene)
        answers = at_once(*(lambda one=report, who=who: sign_report(one, actor=who) for who in officers))
        assert not refusals(answers)
        assert (report.signatures.count(), Report.objects.get(pk=report.pk).state) == (2, "signed")


def test_one_officer_signs_twice_at_once_and_once_counts(rounds, scene, officers):
    for _ in range(rounds):
        report = make_sealed(scene)
        answers = at_once(*[lambda one=report: sign_report(one, actor=officers[0])] * 2)
        assert "signed it already" in str(refusals(answers)[0]) and report.signatures.count() == 1


def test_a_report_is_published_once_by_two_at_once(rounds, scene, officers):
    for _ in range(rounds):
        report = sign_report(make_sealed(scene), actor=officers[0])
        answers = at_once(*(lambda one=report, who=who: publish_report(one, actor=who) for who in officers))
        (refusal,) = refusals(answers)
        assert "only a signed report is published" in str(refusal)


def test_of_two_reports_published_at_once_one_is_in_force(rounds, scene, officers):
    for _ in range(rounds):
        pair = [sign_report(make_sealed(scene), actor=officers[0]) for _ in range(2)]
        at_once(*(lambda one=one: publish_report(one, actor=officers[0]) for one in pair))
        in_force = Report.objects.get(state="published")
        assert in_force == pair[1], "the one that was sealed later, whichever was first"
        assert Report.objects.get(pk=pair[0].pk).state in ("signed", "superseded")
    assert [one for one in disagreements() if "report" in one] == []
