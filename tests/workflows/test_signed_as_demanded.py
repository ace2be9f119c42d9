"""Where the policy asks for a passkey the database keeps nothing weaker, whatever is signed, also past the services.

Whoever runs code of their own on the server does not ask what the policy asks: so does `weakly_signed`.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from audits.workflows.models import Arrangement, ChangeRequest, Retirement, Retraining
from audits.workflows.services import AGREEMENT, request_change
from audits.workflows.services.retraining import open_retraining_requests
from audits.workflows.services.validations import assign_validator
from inventory.models import Policy
from inventory.policies.signatures import SIGNED
from inventory.services import tighten_cadence
from mrm.accounts.models import Signature
from mrm.accounts.services import Passkey, Password, prepare_statement, prove, sign
from mrm.errors import NotPermitted, RuleBroken
from tests.accounts.authenticators import ORIGIN, SecurityKey, working_at
from tests.factories import PASSWORD, RETIREMENT, make_person, make_use, publish
from tests.fixtures.story import Story, approve
from tests.reports.sealing import make_sealed
from tests.signing import delegate
from tests.workflows.kinds import decided, exception_terms
from tests.workflows.remedies import raised
from tests.workflows.validating import asked, make_panel

DIGEST = "5" * 64
REFUSED = "signed by passkey, and nothing weaker"


def demand(*kinds: str, tiers: tuple[str, ...] = ("1", "2", "3")) -> None:
    publish(Policy.objects.in_force().document | {"signatures": {"passkey": dict.fromkeys(kinds, list(tiers))}})


def weakly_signed(subject, *, outcome: str = "done", signer=None) -> Signature:
    signer = signer or make_person()
    said = {"evidence_digest": DIGEST, "outcome": outcome, "meaning": "I agree.", "policy_version": 1}
    statement = prepare_statement(subject, signer=signer, **said)
    return sign(prove(statement.pk, Password(PASSWORD), signer=signer), subject=subject, evidence_digest=DIGEST)


def a_retirement(story: Story) -> Retirement:
    change = request_change("retirement", story.model, reason="It is old.", terms=RETIREMENT, actor=story.owner)
    approve(change, story.validator)
    approve(change, story.risk_officer)
    return Retirement.objects.get(change=change)


def a_retraining(story: Story) -> Retraining:
    (change,) = open_retraining_requests(timezone.now())
    approve(change, story.validator)
    approve(change, story.risk_officer)
    return Retraining.objects.get(change=change)


def an_assignment(story: Story):
    panel = make_panel(story.workspace)
    return assign_validator(asked(story.version), person=panel.lead, role="lead", actor=panel.head)


def an_exception(story: Story) -> Arrangement:
    officers = (story.validator, story.risk_officer)
    change = decided("exception", story.model, *officers, terms=exception_terms(), actor=story.engineer)
    return change.arrangements.get()


# What is signed, by the kind under which a policy asks for passkeys.
ABOUT: dict[str, list[tuple[str, Callable[[Story], object]]]] = {
    "suspension": [("suspended", lambda story: story.model), ("use_ended", lambda story: make_use(story.model))],
    "tier_confirmation": [("tier_confirmed", lambda story: story.model), ("", lambda story: story.model)],
    "rollback": [("rolled_back", lambda story: story.version), ("", lambda story: story.version)],
    "supervision": [("supervision_recorded", lambda story: story.version)],
    "cadence_change": [
        ("plan_switched_off", lambda story: story.plan("drift")),
        (
            "cadence_ended",
            lambda story: tighten_cadence(
                story.model, rhythm="drift", every="weekly", reason="New.", actor=story.owner
            ),
        ),
    ],
    "breach_decision": [("no_action", lambda story: story.breach)],
    "arrangement_closure": [("closed", an_exception)],
    "finding_closure": [("finding_dropped", raised)],
    "validation": [("approved", lambda story: asked(story.version)), ("independent", an_assignment)],
    "exception": [
        (
            "concluded",
            lambda story: request_change(
                "exception", story.model, reason="Why.", terms=exception_terms(), actor=story.owner
            ),
        )
    ],
    "retirement": [("retired", a_retirement), (AGREEMENT.name, a_retirement)],
    "report": [("report_signed", make_sealed)],
    "retraining_abandonment": [("retraining_abandoned", a_retraining)],
}


@pytest.mark.parametrize(
    ("kind", "outcome", "subject"), [(kind, *one) for kind, many in ABOUT.items() for one in many]
)  # fmt: skip
def test_nothing_weaker_than_the_policy_asks_for_is_kept_of_what_is_signed(story, kind, outcome, subject):
    about = subject(story)
    demand(*(set(SIGNED) - {kind}))
    if outcome:
        weakly_signed(about, outcome=outcome)
    demand(kind)
    with pytest.raises(RuleBroken, match=REFUSED):
        weakly_signed(about, outcome=outcome)


def test_whatever_a_policy_may_ask_for_is_tried_here():
    """Requests of every kind are kept in one table, so one kind stands for all."""
    assert set(SIGNED) - set(ChangeRequest.Kind.values) == set(ABOUT) - {"exception", "retirement", "cadence_change"}


def test_in_a_tier_for_which_no_passkey_is_asked_a_password_signs(story):
    demand(*SIGNED, tiers=tuple({"1", "2", "3"} - {str(story.model.tier)}))
    assert weakly_signed(story.model, outcome="suspended").method == Signature.Method.PASSWORD


def test_a_passkey_signs_where_it_is_asked_for(story):
    demand(*SIGNED)
    key = SecurityKey(story.owner)
    with working_at(ORIGIN):
        said = {"evidence_digest": DIGEST, "outcome": "suspended", "meaning": "I agree.", "policy_version": 1}
        statement = prepare_statement(story.model, signer=story.owner, **said)
        proof = Passkey(key.answer(bytes.fromhex(statement.digest)))
        proven = prove(statement.pk, proof, signer=story.owner)
        assert sign(proven, subject=story.model, evidence_digest=DIGEST).method == Signature.Method.PASSKEY


def test_what_was_begun_under_a_policy_that_asked_for_a_passkey_is_bound_by_it(story):
    demand("finding_closure")
    finding = raised(story)
    demand()
    with pytest.raises(RuleBroken, match=REFUSED):
        weakly_signed(finding, outcome="closure_agreed")


def test_whoever_stole_a_password_and_a_code_lets_nobody_decide_what_a_passkey_signs(story):
    """A delegate signs with their own passkey, so the delegation is what the holder's would be missed from."""
    given = {"reason": "Leave.", "ends_at": timezone.now() + timedelta(days=9), "actor": story.risk_officer}
    demand("promotion", tiers=())
    assert delegate(story.validator, **given)
    demand("promotion", tiers=("1",))
    with pytest.raises(NotPermitted, match="asks for a passkey"):
        delegate(story.validator, **given)
    with pytest.raises(RuleBroken, match=REFUSED):
        weakly_signed(story.risk_officer, outcome="delegated", signer=story.risk_officer)
