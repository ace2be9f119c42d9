"""The committee's vote: its chair signs the conclusion, with the tally, the dissent and the minutes in the trail."""

from dataclasses import replace

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows import policies
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services.decisions import approve_change, bound_of, locked, refresh_evidence, void_decisions
from audits.workflows.services.involvement import involvement_of
from audits.workflows.services.positions import roles_for, roles_of, roles_then, why_over
from audits.workflows.services.transitions import move
from inventory.models import Policy
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require
from mrm.errors import NotPermitted


def votes_of(change: ChangeRequest) -> list[policies.Vote]:
    """The standing votes, in the order in which they were signed; each for the line its holder was in that day."""
    standing = change.decisions.standing().filter(role=policies.COMMITTEE).select_related("person", "on_behalf_of")
    return [
        policies.Vote(
            name=decision.printed_name,
            meaning=decision.meaning,
            line=policies.line_of(roles_then(change, decision.on_behalf_of or decision.person, decision.decided_at)),
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
    roles = roles_for(change, person)
    if policies.CHAIR not in roles or person.is_service:
        return ["The chair of the committee concludes its vote."]
    if person.token:
        return ["A token concludes nothing; sign in on the pages."]
    reasons = policies.conflicts(replace(involvement_of(change, person), decided=""))
    if change.decisions.filter(person=person, meaning=Decision.Meaning.RECUSED).exists():
        reasons.append("You stepped aside; a deputy holds the chair.")
    rules = Policy.objects.in_force().section("committee")
    return reasons + policies.why_no_quorum(votes_of(change), **rules, sponsor=_sponsoring_line(change))


def _refuse(change: ChangeRequest, *, actor) -> None:
    require(actor, Permission.DECIDE_CHANGE, change.workspace_id, model_slug=change.model_slug or None)
    change = refresh_evidence(change)  # Voids the votes over what has changed since, or of who has a part in it by now.
    if reasons := why_not_conclude(change, person=actor):
        raise NotPermitted(*reasons)


def _conclude(change: ChangeRequest, *, comment: str, signature: Signature, actor) -> ChangeRequest:
    """Count the votes. A majority of those who took a position decides; most who defer put it off."""
    change = locked(change)
    votes, outcome = votes_of(change), policies.outcome_of(votes_of(change))
    dissenting = "rejected" if outcome == "approved" else "approved"
    told = {
        "outcome": outcome,
        "minutes": comment,
        "votes": _told(votes),
        "dissent": [
            {"name": vote.name, "comment": vote.comment}
            for vote in votes
            if (vote.meaning in policies.APPROVING and dissenting == "approved") or vote.meaning == dissenting
        ],
        "concluded_by": str(actor),
        "concluded_at": timezone.now().isoformat(timespec="seconds"),
    }
    change.minutes = told
    change.save(update_fields=["minutes"])
    record(Action.VOTE_CONCLUDED, actor=actor, subject=change, signature=signature.in_trail(), **told)
    _follow(change, outcome, signature, actor)
    return change


def _told(votes: list[policies.Vote]) -> list[dict]:
    return [{"name": vote.name, "vote": vote.meaning, "line": vote.line} for vote in votes]


def _facts(change: ChangeRequest) -> dict:
    return {"change": change.reference, "over": change.evidence_digest, "votes": _told(votes_of(change))}


VOTE_CONCLUSION = Act(
    name="concluded",
    meaning=lambda change: f"The committee's vote on {change.reference} is {policies.outcome_of(votes_of(change))}.",
    refuse=_refuse,
    facts=_facts,
    role=lambda change, person: policies.CHAIR,
    done=_conclude,
    bound=bound_of,
    asks="Write the minutes: what was discussed, and what weighed.",
    longest=8000,
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
        approve_change(change, actor)


def _sponsoring_line(change: ChangeRequest) -> str:
    """The line whoever asked was in when they did; where the system did, that of whoever answers for the model."""
    if change.requester is None:
        return policies.FIRST if change.model else ""
    return policies.line_of(roles_then(change, change.requester, change.requested_at))
