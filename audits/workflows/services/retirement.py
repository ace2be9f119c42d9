"""The end of a model after its checklist: an engineer verifies it, the second line signs, its records are archived."""

from datetime import date

from django.utils import timezone

from audits.assessments.services import close_breaches_of
from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.contents.retention import longest_rule
from audits.workflows.models import Arrangement, Retirement
from audits.workflows.services import arrangements
from audits.workflows.services.agreements import OPEN
from audits.workflows.services.checklists import locked
from audits.workflows.services.endings import withdraw
from audits.workflows.services.involvement import part_in
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.positions import roles_for
from audits.workflows.services.transitions import move
from audits.workflows.states import RetirementState
from inventory.models import Policy
from inventory.policies import RetentionRule
from inventory.services import bound_under, retire_model
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import Act, Bound, digest_of_act, require, role_with
from mrm.errors import NotPermitted, RuleBroken, UnusableData

MEANING = "I verified that the checklist is carried out; the model and all its versions end."
LONGEST_TEXT = 2000


def why_not_verify(retirement: Retirement, *, person) -> list[str]:
    """Every reason why this person may not say that the checklist is carried out; empty if they may."""
    if retirement.state != RetirementState.EXECUTING:
        return [f"The checklist is {retirement.state}."]
    reasons = [f"Nothing shows yet: {row.asks.lower()}." for row in retirement.items.all() if not row.evidence]
    if Role.ENGINEER not in roles_for(retirement.change, person) or person.is_service or person.token:
        reasons.append("An engineer verifies it, signed in on the pages.")
    if any(row.done_by_id == person.pk for row in retirement.items.all()):
        giving = _deeds(retirement, person)
        reasons.append(giving.showing("You gave evidence for it yourself; another engineer verifies it."))
    return reasons


def why_not_sign(retirement: Retirement, *, person) -> list[str]:
    """Every reason why this person may not end the model with their signature; empty if they may."""
    if retirement.state != RetirementState.VERIFIED:
        return [f"It is {retirement.state}; what is verified is signed."]
    reasons = policies.conflicts(part_in(retirement.change, person))
    if lacking := retirement.why_not_agreed:
        reasons.append(lacking)
    reasons += ["A service account never decides."] if person.is_service else []
    if not policies.SECOND_LINE & roles_for(retirement.change, person):
        reasons.append("Somebody of the second line signs it.")
    hands = {row.done_by_id for row in retirement.items.all()} | {retirement.verified_by_id}
    if person.pk in hands:
        reasons.append(_deeds(retirement, person).showing("You carried it out or verified it; another person signs."))
    return reasons


def why_not_abandon(retirement: Retirement, *, person) -> list[str]:
    """Every reason why this person may not give up what others approved; empty if they may."""
    change = retirement.change
    reasons = policies.conflicts(part_in(change, person))
    reasons += ["A service account never decides."] if person.is_service else []
    may = person.permissions_in(change.workspace_id, change.model_slug)
    if Permission.CLOSE_FINDING not in may:
        reasons.append("Somebody of the second line gives up a retirement that was approved.")
    return reasons


def _deeds(retirement: Retirement, person):
    carrying_out = (Action.RETIREMENT_ITEM_DONE, Action.RETIREMENT_VERIFIED)
    return Entry.objects.about(retirement).filter(actor_id=str(person.pk), action__in=carrying_out)


@governed()
def verify_retirement(retirement: Retirement, *, actor) -> Retirement:
    """An engineer who gave none of the evidence saw that everything is switched off, moved and kept."""
    change = retirement.change
    require(actor, Permission.CARRY_OUT_RETIREMENT, change.workspace_id, model_slug=change.model_slug)
    retirement = locked(retirement)
    if reasons := why_not_verify(retirement, person=actor.as_now()):
        raise NotPermitted(*reasons)
    move(retirement, "verify", verified_by=actor, verified_at=timezone.now(), returned_because="")
    evidence_digest = digest_of_act(RETIREMENT_END, retirement)
    record(Action.RETIREMENT_VERIFIED, actor=actor, subject=retirement, evidence_digest=evidence_digest)
    return retirement


@governed()
def return_retirement(retirement: Retirement, *, reason: str, actor) -> Retirement:
    """The second line is not satisfied: the checklist is worked on again."""
    reason, retirement = _reason(reason), locked(retirement)
    if reasons := why_not_sign(retirement, person=actor.as_now()):
        raise NotPermitted(*reasons)
    move(retirement, "return", verified_by=None, verified_at=None, returned_because=reason)
    record(Action.RETIREMENT_RETURNED, actor=actor, subject=retirement, reason=reason)
    return retirement


def _refuse_end(retirement: Retirement, *, actor) -> None:
    """Refused where they may not, or where somebody still relies on the model."""
    change = retirement.change
    require(actor, Permission.DECIDE_CHANGE, change.workspace_id, model_slug=change.model_slug)
    if reasons := why_not_sign(retirement, person=actor):
        raise NotPermitted(*reasons)
    if reasons := KINDS[change.kind].why_not(change):
        raise RuleBroken(*reasons)


def _end(retirement: Retirement, *, comment: str, signature: Signature, actor) -> Retirement:
    """End the model, all its versions, and everything open about it. The comment stands in the statement."""
    retirement = locked(retirement)
    change = retirement.change
    model, because = change.model, f"{change.model} was retired by {change.reference}."
    retire_model(model, actor=actor)
    for version in model.versions.all():
        close_breaches_of(version, reason=because, actor=None)
    for pending in model.changes.pending():
        if not KINDS[pending.kind].also_of_retired:
            withdraw(pending, reason=because, actor=None)
    for arrangement in Arrangement.objects.ending_with_a_model().filter(model=model):
        arrangements.end(arrangements.locked(arrangement), because=because, actor=None)
    move(retirement, "retire", signature=signature)
    record(Action.RETIREMENT_SIGNED, actor=actor, subject=retirement, signature=signature.in_trail())
    outcome = f"{model} is retired."
    move(change, "complete", outcome=outcome, completed_at=timezone.now())
    record(Action.CHANGE_COMPLETED, actor=actor, subject=change, outcome=outcome)
    return retirement


def _facts_of_end(retirement: Retirement) -> dict:
    change = retirement.change
    return {
        "change": change.reference,
        "evidence_digest": change.evidence_digest,
        "checklist": [
            {"item": row.item, "asks": row.asks, "evidence": row.evidence, "by": str(row.done_by_id or "")}
            for row in retirement.items.all()
        ],
        "verified_by": str(retirement.verified_by_id or ""),
        "agreed_by": str(retirement.agreement.person_id) if retirement.agreement else "",
    } | KINDS[change.kind].evidence(change)


def _bound(retirement: Retirement) -> Bound:
    change = retirement.change
    return bound_under(change.policy, change.kind, change.tier)


RETIREMENT_END = Act(
    name="retired",
    meaning=lambda retirement: MEANING,
    refuse=_refuse_end,
    facts=_facts_of_end,
    role=lambda retirement, person: min(policies.SECOND_LINE & roles_for(retirement.change, person), default=""),
    done=_end,
    bound=_bound,
)


@governed()
def archive_retirement(retirement: Retirement, *, archive: str, retained_until: date, actor) -> Retirement:
    """Say where the records lie and until when they are kept: no shorter than the policy asks."""
    change = retirement.change
    require(actor, Permission.CLOSE_FINDING, change.workspace_id, model_slug=change.model_slug)
    retirement, archive = locked(retirement), _text(archive, "Say where the records lie", "archive")
    if actor and actor.pk in (change.model.owner_id, change.requester_id):
        raise NotPermitted("Neither the owner nor whoever asked says that the records are kept; the second line does.")
    least, rule = _kept_longest(retirement)
    if retirement.state == RetirementState.RETIRED and retained_until < least:
        told = f"The policy keeps this record for {rule}, so until {least:%Y-%m-%d} at least."
        raise UnusableData({"message": told, "field": "retained_until"})
    move(
        retirement,
        "archive",
        archive=archive,
        retained_until=retained_until,
        archived_by=actor,
        archived_at=timezone.now(),
    )
    until = retained_until.isoformat()
    record(Action.RETIREMENT_ARCHIVED, actor=actor, subject=retirement, archive=archive, retained_until=until)
    return retirement


def _refuse_abandonment(retirement: Retirement, *, actor) -> None:
    change = retirement.change
    require(actor, Permission.CLOSE_FINDING, change.workspace_id, model_slug=change.model_slug)
    if reasons := why_not_abandon(retirement, person=actor):
        raise NotPermitted(*reasons)
    if retirement.state not in OPEN:
        raise RuleBroken(f"The retirement is {retirement.state}; there is nothing to give up.")


def _abandon(retirement: Retirement, *, comment: str, signature: Signature, actor) -> Retirement:
    """The model stays after all: the second line takes back what was approved. A retirement is asked for anew."""
    retirement = locked(retirement)
    move(retirement, "abandon", returned_because=comment)
    told = {"reason": comment, "signature": signature.in_trail()}
    record(Action.RETIREMENT_ABANDONED, actor=actor, subject=retirement, **told)
    change = retirement.change
    move(change, "fail", outcome=f"Given up: {comment}", completed_at=timezone.now())
    record(Action.CHANGE_FAILED, actor=actor, subject=change, reason=comment)
    return retirement


def _facts_of_abandonment(retirement: Retirement) -> dict:
    """What was approved, and how far it is."""
    change = retirement.change
    return {"change": change.reference, "evidence_digest": change.evidence_digest, "state": retirement.state}


RETIREMENT_ABANDONMENT = Act(
    name="retirement_abandoned",
    meaning=lambda retirement: f"{retirement.change.model} stays: I take back its retirement, which others approved.",
    refuse=_refuse_abandonment,
    facts=_facts_of_abandonment,
    role=lambda retirement, person: role_with(
        Permission.CLOSE_FINDING, person, retirement.change.workspace_id, retirement.change.model_slug
    ),
    done=_abandon,
    bound=_bound,
    asks="Say why the model stays.",
    longest=LONGEST_TEXT,
)


def least_retained(retirement: Retirement) -> date:
    """The first day on which the policy would let the records go."""
    return _kept_longest(retirement)[0]


def _kept_longest(retirement: Retirement) -> tuple[date, RetentionRule]:
    model = retirement.change.model
    ended = (model.retired_at or timezone.now()).date()
    return longest_rule(model, Policy.objects.in_force().document, ended)


def _reason(given: str) -> str:
    return _text(given, "Say why", "reason")


def _text(given: str, asked: str, field: str) -> str:
    given = given.strip()
    if not given or len(given) > LONGEST_TEXT or "\x00" in given:
        raise UnusableData({"message": f"{asked}, in at most {LONGEST_TEXT} characters.", "field": field})
    return given
