"""The committee's vote: concluded by its chair, with the tally, the dissent and the minutes in the trail."""

from dataclasses import replace

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services.decisions import approve_change, locked, refresh_evidence, void_decisions
from audits.workflows.services.evidence import digest_of, evidence_again
from audits.workflows.services.involvement import involvement_of
from audits.workflows.services.positions import conflicts_since, roles_for, roles_of, roles_then, why_over
from audits.workflows.services.transitions import move
from inventory.models import Policy
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken


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


def conclude_vote(change: ChangeRequest, *, minutes: str, actor) -> ChangeRequest:
    """Count the votes. A majority of those who took a position decides; most who defer put it off."""
    require(actor, Permission.DECIDE_CHANGE, change.workspace_id, model_slug=change.model_slug or None)
    refresh_evidence(change)  # Stays, also where what follows is refused for want of the votes that it voids.
    return _conclude(change, minutes=minutes, actor=actor)


@governed()
def _conclude(change: ChangeRequest, *, minutes: str, actor) -> ChangeRequest:
    actor = actor.as_now()
    require(actor, Permission.DECIDE_CHANGE, change.workspace_id, model_slug=change.model_slug or None)
    change = locked(change)
    if digest_of(evidence_again(change)) != change.evidence_digest:
        raise RuleBroken("The evidence has changed since the votes. Read it again, then vote.")
    if conflicts := conflicts_since(change):
        raise RuleBroken(*conflicts)
    if reasons := why_not_conclude(change, person=actor):
        raise NotPermitted(*reasons)
    if not minutes.strip():
        raise RuleBroken("Write the minutes: what was discussed, and what weighed.")
    votes, outcome = votes_of(change), policies.outcome_of(votes_of(change))
    dissenting = "rejected" if outcome == "approved" else "approved"
    told = {
        "outcome": outcome,
        "minutes": minutes.strip(),
        "votes": [{"name": vote.name, "vote": vote.meaning, "line": vote.line} for vote in votes],
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
    record(Action.VOTE_CONCLUDED, actor=actor, subject=change, **told)
    _follow(change, outcome, actor)
    return change


def _follow(change: ChangeRequest, outcome: str, actor) -> None:
    """What the outcome leads to; after a deferral everybody decides anew."""
    if outcome == "rejected":
        told = f"Rejected by the committee; {actor.display_name} concluded its vote."
        move(change, "reject", decided_at=timezone.now(), outcome=told)
        record(Action.CHANGE_REJECTED, actor=actor, subject=change)
    elif outcome == "deferred":
        void_decisions(change, because="The committee deferred it.", actor=actor)
    elif not policies.roles_open(**roles_of(change)):
        approve_change(change, actor)


def _sponsoring_line(change: ChangeRequest) -> str:
    """The line whoever asked was in when they did; where the system did, that of whoever answers for the model."""
    if change.requester is None:
        return policies.FIRST if change.model else ""
    return policies.line_of(roles_then(change, change.requester, change.requested_at))
