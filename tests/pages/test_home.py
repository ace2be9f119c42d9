"""The work queue: each person sees what is asked of them, and nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.assessments.services import close_breach, take_step
from audits.workflows.models import ChangeRequest, Retirement
from audits.workflows.services import raise_finding, request_change, submit_finding, verify_retirement
from inventory.services import propose_tier
from tests.factories import RETIREMENT, decide_breach, make_model, make_person, make_version
from tests.fixtures.story import approve
from tests.inventory.test_tiering import LOWEST
from tests.pages.scenery import make_assessed_model, make_run
from tests.signing import close_finding
from tests.workflows.retiring import agree, evidenced, sign


@pytest.fixture
def asked(visit):
    """`asked(person)` is the list of what the home page asks of them."""

    def of(person) -> list[str]:
        return [task.what for task in visit(person).get(reverse("home")).context["tasks"]]

    return of


@pytest.fixture
def model(workspace, owner, engineer, risk_officer):
    return make_assessed_model(name="Lending", owner=owner, actor=engineer)


def test_only_those_who_may_decide_are_asked_to(asked, model, engineer, owner, validator, risk_officer, auditor):
    request_change("retirement", model.versions.get(), reason="Old.", terms=RETIREMENT, actor=engineer)
    decide = "Decide: retirement of Lending"
    assert decide in asked(validator)
    assert decide in asked(risk_officer)
    for person in (engineer, owner, auditor):
        assert decide not in asked(person)


def test_a_red_breach_is_asked_of_the_owner_and_the_second_line_until_somebody_takes_it_up(
    asked, model, owner, engineer, validator
):
    breach = "Take up the red breach: PSI of income"
    assert breach in asked(validator)
    assert breach in asked(owner)
    assert breach not in asked(engineer)
    raise_finding(
        model,
        breach=model.versions.get().breaches.get(),
        severity="high",
        title="Income drifts",
        observation="It does.",
        required_outcome="It does not.",
        actor=validator,
    )
    assert breach not in asked(validator)


def answering(breach, *, by):
    """A finding on a breach, which takes it up."""
    said = {"severity": "low", "title": "Drifts", "observation": "So.", "required_outcome": "Not."}
    return raise_finding(breach.version.model, breach=breach, **said, actor=by)


def test_a_red_breach_is_asked_of_somebody_at_every_step_until_it_is_closed(asked, model, owner, validator):
    breach = model.versions.get().breaches.get()
    take_step(breach, kind="triage", text="Omar asks the branches.", actor=owner)
    cause = "Say the root cause of the red breach: PSI of income"
    assert cause in asked(owner)
    assert cause in asked(validator)
    take_step(breach, kind="root_cause", text="A campaign.", actor=owner)
    decide = "Decide on the red breach: PSI of income"
    assert decide in asked(validator)
    assert not any("red breach" in what for what in asked(owner))
    decide_breach(breach, decision="retrain", text="They stay.", actor=validator)
    close, have_done = (f"{what} the red breach" for what in ("Close", "Have done what was decided on"))
    assert any(what.startswith(close) for what in asked(validator))
    assert any(what.startswith(have_done) for what in asked(owner))
    answering(breach, by=validator)
    assert any(what.startswith(close) for what in asked(validator))
    assert not any("red breach" in what for what in asked(owner))
    close_breach(breach, reason="Retrained.", actor=validator)
    assert not any("red breach" in what for what in asked(validator))


def test_a_red_breach_is_asked_again_while_it_is_open_after_its_finding_is_closed(asked, model, validator, owner):
    finding = answering(model.versions.get().breaches.get(), by=validator)
    assert not any("red breach" in what for what in asked(owner))
    submit_finding(finding, response="Here it is.", actor=owner)
    close_finding(finding, reason="So it is.", actor=validator)
    assert "Take up the red breach: PSI of income" in asked(owner)


def test_a_finding_is_asked_of_the_owner_and_its_answer_of_the_second_line(asked, model, owner, validator):
    finding = raise_finding(
        model, severity="low", title="No manual", observation="None.", required_outcome="One.", actor=validator
    )
    assert "Put it right and submit it: No manual" in asked(owner)
    assert not any("No manual" in what for what in asked(validator))
    submit_finding(finding, response="Here it is.", actor=owner)
    assert not any("No manual" in what for what in asked(owner))
    assert "Judge the submission: No manual" in asked(validator)


def test_a_tier_is_to_be_confirmed_by_a_risk_officer_who_did_not_register_the_model(
    asked, model, risk_officer, validator
):
    make_model(name="My own", actor=risk_officer)
    assert "Confirm the tier of Lending" in asked(risk_officer)
    assert "Confirm the tier of My own" not in asked(risk_officer)
    assert not any("Confirm" in what for what in asked(validator))


def test_the_tier_to_confirm_is_the_proposed_one_and_waits_for_its_change_where_one_is_asked_for(
    visit, model, engineer, risk_officer
):
    def told() -> list[str]:
        tasks = visit(risk_officer).get(reverse("home")).context["tasks"]
        return [task.why for task in tasks if task.what == "Confirm the tier of Lending"]

    propose_tier(model, answers=LOWEST, actor=engineer)
    assert told() == ["Proposed: tier 3. A model with a provisional tier cannot be promoted."]
    request_change("tier_change", model, reason="It matters less.", actor=engineer)
    assert told() == []


@pytest.mark.parametrize("state", ["failed", "timed_out"])
def test_a_run_without_an_answer_is_asked_of_those_who_may_run_it_again(asked, model, engineer, owner, state):
    make_run(model.versions.get(), kind="bias", state=state, reason="The artifact is missing.")
    assert "Run again: bias of Lending version 1" in asked(engineer)
    assert "Run again: bias of Lending version 1" not in asked(owner)


def test_an_assessed_candidate_is_asked_of_whoever_built_it(asked, owner, engineer, validator):
    version = make_version(make_model(name="New", owner=owner), actor=engineer)
    make_run(version, verdict="within")
    assert "Ask for the promotion of New version 1" in asked(engineer)
    assert "Ask for the promotion of New version 1" in asked(owner)
    assert "Ask for the promotion of New version 1" not in asked(validator)


def test_a_red_candidate_is_not_proposed_for_promotion(asked, owner, engineer):
    version = make_version(make_model(name="New", owner=owner), actor=engineer)
    make_run(version, verdict="red")
    assert not any("promotion" in what for what in asked(engineer))


def test_what_is_overdue_comes_first_and_says_so(visit, asked, model, owner, engineer, validator):
    request_change("retirement", model.versions.get(), reason="Old.", terms=RETIREMENT, actor=engineer)
    finding = raise_finding(
        model, severity="low", title="No manual", observation="None.", required_outcome="One.", actor=validator
    )
    submit_finding(finding, response="Here it is.", actor=owner)
    type(finding).objects.update(due_at=timezone.now().date() - timedelta(days=3))
    assert asked(validator)[0] == "Judge the submission: No manual"
    assert "Overdue since" in visit(validator).get(reverse("home")).text


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_readers_have_nothing_to_do_but_find_reports_and_the_trail(role, request, visit, model):
    answer = visit(request.getfixturevalue(role)).get(reverse("home"))
    assert answer.context["tasks"] == []
    assert "Nothing waits for you" in answer.text
    assert reverse("verify-report") in answer.text


@pytest.mark.parametrize(
    ("role", "led_to", "not_to"),
    [
        ("engineer", "register-model", "people"),
        ("owner", "register", "registry"),
        ("validator", "validation-list", "register-model"),
        ("risk_officer", "hygiene", "registry"),
        ("auditor", "export-trail", "hygiene"),
        ("administrator", "create-person", "indicators"),
    ],
)
def test_home_leads_to_the_pages_that_a_role_is_for_and_to_no_others(role, led_to, not_to, request, visit):
    page = visit(request.getfixturevalue(role)).get(reverse("home"))
    offered = {one.address.partition("?")[0] for one in page.context["beginnings"]}
    assert reverse(led_to) in offered
    assert reverse(not_to) not in offered
    for one in page.context["beginnings"]:
        assert visit(request.getfixturevalue(role)).get(one.address).status_code == 200


def test_a_stranger_is_asked_nothing(asked, model, stranger):
    assert asked(stranger) == []


def test_the_queue_needs_few_queries_however_long_it_is(
    visit, owner, engineer, validator, risk_officer, django_assert_max_num_queries
):
    for number in range(6):
        model = make_assessed_model(name=f"Model {number} of the queue", owner=owner, actor=engineer)
        request_change("retirement", model.versions.get(), reason="Old.", terms=RETIREMENT, actor=engineer)
        make_assessed_model(name=f"Model {number} that is red", owner=owner, actor=engineer)
        raise_finding(model, severity="low", title="T", observation="O", required_outcome="R", actor=validator)
    client = visit(risk_officer)
    assert ChangeRequest.objects.count() == 6
    with django_assert_max_num_queries(23):  # One for each kind of task, two for the portfolio in a sentence.
        client.get(reverse("home"))


def test_a_retirement_under_way_is_asked_of_its_owner_its_engineers_and_the_second_line_in_turn(
    asked, model, engineer, owner, validator, risk_officer, auditor, workspace
):
    change = request_change("retirement", model.versions.get(), reason="Old.", terms=RETIREMENT, actor=engineer)
    approve(change, validator)
    approve(change, risk_officer)
    agreement, work, check, end = (
        f"{what} Lending" for what in ("Agree to the end of", "Carry out the retirement of", "Verify the retirement of",
                                       "Sign the end of")
    )  # fmt: skip
    assert agreement in asked(owner) and work in asked(owner) and work in asked(engineer)
    retirement = agree(evidenced(change, owner), owner)
    assert check in asked(engineer)
    assert not {agreement, work, check} & set(asked(owner))
    verify_retirement(retirement, actor=engineer)
    second = make_person("risk_officer", workspace=workspace)
    assert end in asked(second)
    for person in (owner, engineer, auditor):
        assert not {agreement, work, check, end} & set(asked(person))
    sign(Retirement.objects.get(), second)
    assert end not in asked(second)
