"""What is done about a breach: decided by the second line, over what they were shown, and signed."""

import hashlib

from audits.assessments.models import Breach, BreachStep
from audits.assessments.services.breaches import LONGEST_TEXT, close_locked, locked, require_judge
from audits.assessments.states import breach_after
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.services import bound_in_force
from mrm.accounts.models import Statement
from mrm.accounts.policies import ALLOWED, Permission
from mrm.accounts.services import Passkey, Password, prepare_statement, prove, sign
from mrm.errors import RuleBroken, UnusableData
from mrm.pages.wording import words
from mrm_verify.canonical import canonical

SIGNED_KIND = "breach_decision"  # As the policy names it where it asks for a passkey.
Decision = BreachStep.Decision


def facts_digest(breach: Breach) -> str:
    """Of what the signature rests on: the case, the runs that saw it, and what was said about it so far."""
    facts = {
        "breach": str(breach.pk),
        "measure": breach.measure,
        "column": breach.column,
        "segment": breach.segment,
        "verdict": breach.verdict,
        "occurrences": breach.occurrences,
        "runs": [str(breach.first_run_id), str(breach.last_run_id)],
        "steps": [
            {"kind": step.kind, "decision": step.decision, "text": step.text, "by": str(step.person_id or "")}
            for step in breach.steps.all()
        ],
    }
    return hashlib.sha256(canonical(facts)).hexdigest()


def prepare_decision(breach: Breach, *, decision: str, text: str, closes: bool = False, actor) -> Statement:
    """What `actor` would sign to decide what is done about a breach; refused where they may not, or not yet.

    closes  with the signature the breach is closed as well; only where nothing is done
    """
    require_judge(breach, actor)
    _refuse(breach, decision, closes)
    if not text.strip() or len(text) > LONGEST_TEXT:
        message = f"Say why in a sentence, in at most {LONGEST_TEXT} characters."
        raise UnusableData({"message": message, "field": "text"})
    model = breach.version.model
    bound = bound_in_force(SIGNED_KIND, model)
    held = actor.roles_in(model.workspace_id, model.slug) & ALLOWED[Permission.CLOSE_FINDING]
    done = "nothing is done about it" if decision == Decision.NO_ACTION else f"the answer is: {words(decision)}"
    return prepare_statement(
        breach,
        signer=actor,
        needs_passkey=bound.needs_passkey,
        evidence_digest=facts_digest(breach),
        outcome=decision,
        meaning=f"I looked at this breach, and decide that {done}{', and close it' if closes else ''}.",
        comment=text.strip(),
        policy_version=bound.policy_version,
        role=min(held),
        terms={"closes": True} if closes else None,
    )


def sign_decision(breach: Breach, reference, *, proof: Password | Passkey, actor) -> BreachStep:
    """Sign what was prepared, and so decide."""
    require_judge(breach, actor)
    proven = prove(reference, proof, signer=actor)  # Slow on purpose, so before the pen is held.
    return _decide(breach, proven, actor=actor.as_now())


@governed()
def _decide(breach: Breach, proven, *, actor) -> BreachStep:
    """Asks everything again, now that nobody else can write about it."""
    breach = locked(breach)
    require_judge(breach, actor)
    said = proven.statement.body
    decision, text, closes = said["outcome"], said["comment"], "terms" in said
    _refuse(breach, decision, closes)
    demanded = bound_in_force(SIGNED_KIND, breach.version.model).needs_passkey
    signature = sign(proven, subject=breach, evidence_digest=facts_digest(breach), needs_passkey=demanded)
    step = BreachStep.objects.create(
        breach=breach,
        kind=BreachStep.Kind.DECISION,
        decision=decision,
        text=text,
        person=actor,
        signature=signature,
    )
    told = {"decision": decision, "signature": signature.in_trail()}
    record(Action.BREACH_DECIDED, actor=actor, subject=breach, reason=text, **told)
    if closes:
        close_locked(breach, reason=text, actor=actor)
    return step


def _refuse(breach: Breach, decision: str, closes: bool) -> None:
    if decision not in Decision.values:
        raise UnusableData({"message": f"Decide one of {', '.join(Decision.values)}.", "field": "decision"})
    if closes and decision != Decision.NO_ACTION:
        raise RuleBroken("A breach is closed once what was decided is done; only where nothing is done, at once.")
    if breach.closed_at:
        raise RuleBroken("This breach is already closed.")
    if not closes and breach_after(breach.state, BreachStep.Kind.DECISION) is None:
        raise RuleBroken(f"The breach is {words(breach.state)}. Say the root cause before you decide.")
