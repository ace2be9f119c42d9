"""What was registered and never completed: a finding, once, whichever way it came in; none for what is dated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.contents.hygiene import BY_NAME, breaking
from audits.workflows.models import Finding
from audits.workflows.services import end_baselines, expire_arrangements, raise_due_findings
from audits.workflows.states import FindingState
from inventory.models import Model, Policy
from inventory.services import edit_model, register_models
from inventory.states import Status
from tests.factories import make_model, make_policy, publish, retire, undecided
from tests.pages.test_hygiene import complete
from tests.signing import close_arrangement
from tests.workflows.kinds import except_from

AFTER = timedelta(days=8)


@pytest.fixture
def later():
    """When what nobody completed is found."""
    return timezone.now() + AFTER


def found(model) -> list[str]:
    return list(Finding.objects.filter(model=model, origin__startswith="registration:").values_list("state", flat=True))


def test_what_nobody_completed_becomes_a_finding_that_names_what_is_missing_once(workspace, later):
    model = make_model(name="Limits", purpose="")
    raise_due_findings(timezone.now() + timedelta(days=6))
    assert found(model) == [], "not before there was time to complete it"
    for _ in range(3):
        raise_due_findings(later)
    finding = Finding.objects.get()
    assert (finding.state, finding.severity, finding.owner) == (FindingState.ISSUED, "low", model.owner)
    assert finding.criterion == "clauses.documentation" and finding.raised_by is None
    assert "business purpose" in finding.observation and "data sources" in finding.observation
    assert "line of business" not in finding.observation, "only what is missing"
    days = Policy.objects.in_force().section("findings")["days_until_due"][str(model.tier)]["low"]
    assert finding.due_at == timezone.localdate() + timedelta(days=days)
    assert Entry.objects.filter(action=Action.FINDING_RAISED).count() == 1


def test_what_was_completed_in_time_is_not_found(workspace, risk_officer, later):
    complete(make_model(), actor=risk_officer)
    raise_due_findings(later)
    assert not Finding.objects.exists()


def test_it_is_raised_once_also_after_it_was_completed_and_emptied_again(workspace, risk_officer, later):
    model = make_model()
    raise_due_findings(later)
    complete(model, actor=risk_officer)
    edit_model(Model.objects.get(pk=model.pk), changes={"purpose": ""}, actor=risk_officer)
    raise_due_findings(later)
    assert len(found(model)) == 1


def test_what_is_baselined_is_found_only_after_its_day(workspace, owner, risk_officer, later):
    until = timezone.localdate() + timedelta(days=90)
    register_models(
        workspace,
        [{"name": f"Legacy {n}", "owner": owner, "baselined_until": until} for n in range(3)],
        actor=risk_officer,
    )
    raise_due_findings(later)
    assert not Finding.objects.exists()
    passed = timezone.now() + timedelta(days=92)
    end_baselines(passed)
    raise_due_findings(passed)
    assert Finding.objects.count() == 3


def test_what_stood_before_a_policy_asked_for_it_is_listed_and_not_found(workspace, later):
    model = make_model()
    before = Policy.objects.earliest("number").published_at - timedelta(days=1)
    with undecided("inventory_model", "inventory_model_keeps_what_it_is"):
        Model.objects.filter(pk=model.pk).update(registered_at=before)
    raise_due_findings(later)
    assert found(model) == []
    assert list(breaking(Model.objects.all(), BY_NAME["incomplete"], now=later)) == [model]


def test_whether_how_soon_and_how_severe_is_the_policys(workspace, standard_document, later):
    rule = standard_document["completeness"].pop("registration_finding")
    publish(standard_document)
    make_model()
    raise_due_findings(later)
    assert not Finding.objects.exists(), "that policy asks for none"
    standard_document["completeness"]["registration_finding"] = rule | {"after_days": 30, "severity": "medium"}
    publish(standard_document)
    raise_due_findings(later)
    assert not Finding.objects.exists()
    raise_due_findings(later + timedelta(days=23))
    assert Finding.objects.get().severity == "medium"


def test_a_policy_from_before_asks_for_none(workspace, later):
    document = Policy.objects.in_force().document
    make_policy({name: section for name, section in document.items() if name != "completeness"})
    make_model()
    raise_due_findings(later)
    assert not Finding.objects.exists()


def test_neither_what_is_retired_nor_a_tool_is_found(workspace, later):
    model = make_model()
    retire(model)
    raise_due_findings(later)
    assert found(model) == [] and Model.objects.get(pk=model.pk).status == Status.RETIRED


def test_an_exception_from_documentation_keeps_it_off_until_it_ends(story, officers):
    exception = except_from(story, officers, "documentation")
    while_it_stands, ended = timezone.now() + AFTER, exception.ends_at
    raise_due_findings(while_it_stands)
    assert found(story.model) == []
    expire_arrangements(ended)
    raise_due_findings(ended)
    assert [one.origin for one in Finding.objects.filter(criterion="clauses.documentation")] == [
        f"exception:{exception.pk}"
    ], "one lack, one finding"
    close_arrangement(exception, reason="It is being written.", actor=story.second_officer())
    raise_due_findings(ended)
    assert found(story.model) == [FindingState.ISSUED]
