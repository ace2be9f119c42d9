"""The committee's vote: its chair signs the conclusion, with the tally, the dissent and the minutes in the trail."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows import policies
from audits.workflows.models import ChangeRequest, Decision, Delegation
from audits.workflows.services.decisions import (
    approve_change,
    bound_of,
    locked,
    refresh_evidence,
    void_decisions,
    why_void,
)
from audits.workflows.services.involvement import part_in
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.positions import line_then, roles_for, roles_of, why_not_stand_in, why_over
from audits.workflows.services.transitions import move
from inventory.models import Policy
from mrm.accounts.models import Person, Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require
from mrm.errors import NotPermitted, RuleBroken

DEPUTY = "deputy_chair"  # Who the chair delegated to, for a time.


def votes_of(change: ChangeRequest) -> list[policies.Vote]:
    """The standing votes, in the order in which they were signed; each for the line its holder was in that day.

    One that was cast for somebody else counts for the weaker line of the two.
    """
    standing = change.decisions.standing().filter(role=policies.COMMITTEE).select_related("person", "on_behalf_of")
    return [
        policies.Vote(
            name=decision.printed_name,
            meaning=decision.meaning,
            line=policies.weaker_line(
                *(
                    line_then(change, one, decision.decided_at)
                    for one in (decision.person, decision.on_behalf_of)
                    if one
                )
            ),
            comment=decision.comment,
        )
        for decision in standing
    ]


def why_not_conclude(change: ChangeRequest, *, person) -> list[str]:
    """Every reason why this person may not conclude the vote now."""
    if policies.COMMITTEE not in policies.roles_open(**roles_of(change)):
        return ["No vote of the committee is awaited."]
    if over := why_over(change):
        return [over]
    if person.is_service or not (holds_chair(change, person) or chair_away(change, person)):
        return ["The chair of the committee concludes its vote, or who the chair named as deputy."]
    if person.token:
        return ["A token concludes nothing; sign in on the pages."]
    reasons = _conflicts(change, person)
    if chair := chair_away(change, person):
        about = part_in(change, chair)
        reasons += policies.conflicts_of(f"{chair}, whose deputy you are", about)
        reasons += why_not_stand_in(change, person, chair)
        if _stepped_aside(change, chair):
            reasons.append(f"{chair}, whose deputy you are, stepped aside; another chair concludes it.")
    return reasons + policies.why_no_quorum(votes_of(change), **_rules(), sponsor=_sponsoring_line(change))


def _rules() -> dict[str, int]:
    return Policy.objects.in_force().section("committee")


def _outcome(change: ChangeRequest) -> str:
    return policies.outcome_of(votes_of(change), quorum=_rules()["quorum"])


def holds_chair(change: ChangeRequest, person) -> bool:
    return policies.CHAIR in roles_for(change, person)


def chair_away(change: ChangeRequest, person) -> Person | None:
    """The chair who named this person as deputy for these days; a chair has no need of one."""
    if holds_chair(change, person):
        return None
    held = Delegation.objects.in_force(timezone.now()).filter(delegate=person).select_related("delegator")
    return next((one.delegator for one in held if holds_chair(change, one.delegator)), None)


def _conflicts(change: ChangeRequest, person) -> list[str]:
    reasons = policies.conflicts(part_in(change, person))
    if _stepped_aside(change, person):
        reasons.append("You stepped aside; another chair concludes it.")
    return reasons


def _stepped_aside(change: ChangeRequest, person) -> bool:
    return change.decisions.filter(person=person, meaning=Decision.Meaning.RECUSED).exists()


def _require(change: ChangeRequest, actor) -> None:
    holder = chair_away(change, actor) or actor
    require(holder, Permission.DECIDE_CHANGE, change.workspace_id, model_slug=change.model_slug or None)


def _refresh(change: ChangeRequest, *, actor) -> None:
    """Void the votes over what has changed since, or of who has a part in it by now."""
    _require(change, actor)
    refresh_evidence(change)


def _refuse(change: ChangeRequest, *, actor) -> None:
    _require(change, actor)
    if reasons := why_not_conclude(change, person=actor):
        raise NotPermitted(*reasons)
    if because := why_void(change):
        raise RuleBroken(f"{because} The votes so far no longer hold: the committee votes again.")


def _conclude(change: ChangeRequest, *, comment: str, signature: Signature, actor) -> ChangeRequest:
    """Count the votes. A majority of those who took a position decides, if it is one of a quorum; most who defer put
    it off.
    """
    change = locked(change)
    tally = _tally(change)
    told = tally | {
        "minutes": comment,
        "concluded_by": f"{actor}, deputy of {chair}" if (chair := chair_away(change, actor)) else str(actor),
        "concluded_at": timezone.now().isoformat(timespec="seconds"),
    }
    change.minutes = told
    change.save(update_fields=["minutes"])
    record(Action.VOTE_CONCLUDED, actor=actor, subject=change, signature=signature.in_trail(), **told)
    _follow(change, tally["outcome"], signature, actor)
    return change


def _tally(change: ChangeRequest) -> dict:
    """How the vote ends, who voted what, and what those who wanted otherwise said; signed by whoever concludes it."""
    votes, outcome = votes_of(change), _outcome(change)
    dissenting = ("rejected",) if outcome == "approved" else policies.APPROVING
    dissent = [{"name": vote.name, "comment": vote.comment} for vote in votes if vote.meaning in dissenting]
    return {"outcome": outcome, "votes": _told(votes), "dissent": dissent}


def _told(votes: list[policies.Vote]) -> list[dict]:
    return [{"name": vote.name, "vote": vote.meaning, "line": vote.line} for vote in votes]


def _facts(change: ChangeRequest) -> dict:
    return {"change": change.reference, "over": change.evidence_digest, "votes": _told(votes_of(change))}


def _office(change: ChangeRequest, person) -> str:
    return policies.CHAIR if holds_chair(change, person) else DEPUTY


VOTE_CONCLUSION = Act(
    name="concluded",
    meaning=lambda change: f"The committee's vote on {change.reference} is {_outcome(change)}.",
    refuse=_refuse,
    facts=_facts,
    role=_office,
    done=_conclude,
    refresh=_refresh,
    bound=bound_of,
    asks="Write the minutes: what was discussed, and what weighed.",
    longest=8000,
    terms=_tally,
)


def _follow(change: ChangeRequest, outcome: str, signature: Signature, actor) -> None:
    """What the outcome leads to; after a deferral everybody decides anew."""
    if outcome == "rejected":
        told = f"Rejected by the committee; {actor.display_name} concluded its vote."
        move(change, "reject", decided_at=timezone.now(), outcome=told)
        record(Action.CHANGE_REJECTED, actor=actor, subject=change)
    elif outcome == "deferred":
        void_decisions(change, because="The committee deferred it.", actor=actor, but=signature)
    elif not policies.roles_open(**roles_of(change)):
        approve_change(change, KINDS[change.kind].gate(change), actor)


def _sponsoring_line(change: ChangeRequest) -> str:
    """The line whoever asked was in when they did; where the system did, that of whoever answers for the model."""
    if change.requester is None:
        return policies.FIRST if change.model else ""
    return line_then(change, change.requester, change.requested_at)
