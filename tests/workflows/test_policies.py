import pytest

from audits.workflows.policies import (
    Candidate,
    Involvement,
    PartInFinding,
    role_to_fill,
    roles_open,
    why_not_decide,
    why_not_judge,
    why_not_sign_off,
)

BOTH = ["validator", "risk_officer"]


def someone(*roles, **involvement):
    return Candidate(roles=frozenset(roles), involvement=Involvement(**involvement))


def reasons(candidate, filled=()):
    return why_not_decide(candidate, roles_required=BOTH, roles_filled=filled)


def test_an_uninvolved_holder_of_an_awaited_role_may_decide():
    assert reasons(someone("validator")) == []
    assert reasons(someone("risk_officer"), filled=["validator"]) == []


@pytest.mark.parametrize("involvement", ["owns", "registered", "trained", "requested", "decided"])
def test_whoever_is_involved_may_not_decide_whatever_their_role(involvement):
    refusal = reasons(someone("validator", "risk_officer", **{involvement: "did it on 3 March 2026"}))
    assert len(refusal) == 1
    assert "you did it on 3 March 2026" in refusal[0]


@pytest.mark.parametrize("role", ["engineer", "owner", "auditor", "administrator"])
def test_other_roles_may_not_decide_and_are_told_who_is_awaited(role):
    assert reasons(someone(role)) == [
        f"This request awaits a decision by: validator and risk officer. Your roles here: {role}."
    ]


def test_a_role_that_has_decided_is_not_awaited_again():
    assert "awaits a decision by: risk officer" in reasons(someone("validator"), filled=["validator"])[0]


def test_two_risk_officers_are_two_decisions():
    assert roles_open(["risk_officer", "risk_officer"], ["risk_officer"]) == ["risk_officer"]


def test_a_service_account_never_decides_even_with_the_role():
    service = Candidate(roles=frozenset(BOTH), is_service=True)
    assert why_not_decide(service, roles_required=BOTH, roles_filled=[]) == ["A service account never decides."]


def test_every_reason_is_given_not_only_the_first():
    assert len(reasons(someone("engineer", owns="own it", registered="registered version 3"))) == 3


def test_someone_with_two_roles_fills_the_one_the_policy_names_first():
    assert role_to_fill({"risk_officer", "validator"}, roles_required=BOTH, roles_filled=[]) == "validator"


def test_neither_the_owner_nor_whoever_submitted_or_worked_on_it_closes_a_finding():
    assert why_not_judge(PartInFinding()) == []
    assert len(why_not_judge(PartInFinding(owns="own it", submitted="did", carried_out="have item 1"))) == 3


def test_who_validated_a_closure_or_has_another_role_does_not_sign_it_off():
    signing = ["head_of_validation", "risk_officer"]
    assert why_not_sign_off(PartInFinding(), roles=["risk_officer"], signing=signing) == []
    (reason,) = why_not_sign_off(PartInFinding(validated="did so"), roles=["risk_officer"], signing=signing)
    assert "does not sign it off as well" in reason
    (reason,) = why_not_sign_off(PartInFinding(), roles=["validator"], signing=signing)
    assert reason.endswith("is signed by: head of validation or risk officer. Your roles here: validator.")
