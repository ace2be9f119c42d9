"""Who may decide a change, and who may not, by what they did to the object. Plain values in, sentences out.

The rules are those of governance.md, section 7. They look at history, not only at roles, and exempt nobody.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from mrm.accounts.policies import why_not_hold
from mrm.errors import Shown, entry_behind
from mrm.pages.wording import roles_together

COMMITTEE = "committee"
CHAIR = "committee_chair"
COMMITTEE_ROLES = {"committee_member", CHAIR}
FIRST, SECOND = "first", "second"  # The lines of defence.
FIRST_LINE = {"engineer", "owner"}
SECOND_LINE = {"validator", "head_of_validation", "risk_officer", "chief_risk_officer", "compliance"}
APPROVING = ("reviewed", "approved")
REMINDED_BEFORE = (1, 7)  # Days before the day.
REMINDED_AGAIN_AFTER = 7  # Days, as long as it is overdue.


@dataclass(frozen=True, kw_only=True)
class Involvement:
    """What one person has to do with the subject of a change request.

    Each field is the part of a sentence that tells them so ("registered version 3 on 3 March 2026"), with the entry of
    the trail that shows it; or empty.
    """

    owns: str = ""
    developed: str = ""
    registered: str = ""
    requested: str = ""
    trained: str = ""
    validated: str = ""
    proposed: str = ""
    decided: str = ""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who might decide: the roles they hold where the model lives, and their involvement.

    standing_in_for  the name of whom they would decide for, and whose conflicts (`inherited`) are theirs too
    excluded         why nobody with their own roles may stand in for whom holds these
    """

    roles: frozenset[str]
    is_service: bool = False
    involvement: Involvement = field(default_factory=Involvement)
    standing_in_for: str = ""
    excluded: tuple[str, ...] = ()
    inherited: Involvement = field(default_factory=Involvement)


def why_not_decide(candidate: Candidate, *, roles_required: list[str], roles_filled: Iterable[str]) -> list[str]:
    """Every reason why this person may not decide now; empty if they may."""
    reasons = ["A service account never decides."] if candidate.is_service else []
    reasons += conflicts(candidate.involvement)
    absent = candidate.standing_in_for
    reasons += conflicts_of(f"{absent}, for whom you would decide", candidate.inherited)
    reasons += [f"{why} So you cannot stand in for {absent}." for why in candidate.excluded]
    if not role_to_fill(candidate.roles, roles_required=roles_required, roles_filled=roles_filled):
        awaited = roles_together(roles_open(roles_required, roles_filled))
        held = ", ".join(sorted(in_words(role) for role in candidate.roles)) or "no role"
        reasons.append(f"This request awaits a decision by: {awaited or 'nobody any more'}. Your roles here: {held}.")
    return reasons


def why_not_classify(involved: Involvement) -> list[str]:
    """Why this person may not say whether a change is material: whoever proposes it does not (rule 3)."""
    return _kept_from(
        ("An owner does not classify a change of their own model", involved.owns),
        ("The developer of a model does not classify a change of it", involved.developed),
        ("Whoever registered or changed a version does not classify the change", involved.registered),
        ("Whoever trained a version does not classify the change", involved.trained),
        ("Whoever asks for a change does not classify it", involved.requested),
    )


def conflicts(involved: Involvement) -> list[str]:
    """Each rule that their own involvement runs into, told to them, with the entry that shows the fact."""
    return _kept_from(*_run_into(involved))


def conflicts_of(who: str, involved: Involvement) -> list[str]:
    """The same of somebody else, told to whoever reads it."""
    return [
        Shown(f"{rule}: this is so of {who} ({fact}).", entry=entry_behind(fact)) for rule, fact in _run_into(involved)
    ]


def _run_into(involved: Involvement) -> list[tuple[str, str]]:
    rules = (
        ("An owner does not decide about their own model, nor for twelve months after", involved.owns),
        ("The developer of a model does not decide about it, nor for twelve months after", involved.developed),
        ("Whoever registered or changed a version does not decide about it", involved.registered),
        ("Whoever trained a version does not decide about it", involved.trained),
        ("A validator of a version does not vote on it", involved.validated),
        ("Whoever asks for a change does not decide it", involved.requested),
        ("Whoever proposed something does not decide about it", involved.proposed),
        ("Nobody decides twice on one request", involved.decided),
    )
    return [(rule, fact) for rule, fact in rules if fact]


def roles_open(roles_required: list[str], roles_filled: Iterable[str]) -> list[str]:
    """The roles whose decision is still awaited, in the policy's order."""
    still_open = list(roles_required)
    for role in roles_filled:
        still_open.remove(role)
    return still_open


def role_to_fill(roles: Iterable[str], *, roles_required: list[str], roles_filled: Iterable[str]) -> str:
    """The open role that a person with these roles would decide for; empty if none."""
    may_fill = {*roles, *([COMMITTEE] if COMMITTEE_ROLES & set(roles) else [])}
    return next((role for role in roles_open(roles_required, roles_filled) if role in may_fill), "")


@dataclass(frozen=True, kw_only=True)
class Vote:
    """How one member of the committee voted, and in which line of defence they work."""

    name: str
    meaning: str
    line: str
    comment: str = ""


def line_of(roles: Iterable[str]) -> str:
    """First line, second line, or none that their roles tell."""
    held = set(roles)
    return SECOND if held & SECOND_LINE else FIRST if held & FIRST_LINE else ""


def weaker_line(*lines: str) -> str:
    """The line that a vote counts for which more than one person stands behind: the second only if all are of it."""
    return FIRST if FIRST in lines else SECOND if set(lines) == {SECOND} else ""


def why_not_stand_in(roles: Iterable[str], line: str, *, held: Iterable[str], own_line: str) -> list[str]:
    """Why nobody with the roles `held`, of this line, may stand in for whoever has these `roles`, of that `line`."""
    reasons = sorted({why for role in roles if (why := why_not_hold(role, set(held)))})
    if line and own_line != line:
        reasons.append(f"Who decides for a person of the {line} line is of the {line} line too.")
    return reasons


def outcome_of(votes: list[Vote], *, quorum: int) -> str:
    """What most of those who took a position want; a tie approves nothing, nor does half of a quorum or less."""
    count = Counter("approved" if vote.meaning in APPROVING else vote.meaning for vote in votes)
    if count["deferred"] >= max(count["approved"], count["rejected"]) and count["deferred"]:
        return "deferred"
    wanted = count["approved"] > count["rejected"] + count["deferred"] and 2 * count["approved"] > quorum
    return "approved" if wanted else "rejected"


def why_no_quorum(votes: list[Vote], *, quorum: int, of_second_line: int, sponsor: str) -> list[str]:
    """Every reason why these votes decide nothing yet. Who stepped aside does not count.

    The second line is there where it approves or rejects; to abstain, or to defer what is then decided, is not enough.

    sponsor  the line of whoever asked: it must never be the majority
    """
    counted = [vote for vote in votes if vote.meaning != "recused"]
    lines, reasons = Counter(vote.line for vote in counted), []
    positions = {*APPROVING, "rejected", outcome_of(votes, quorum=quorum)}
    of_second = sum(vote.line == SECOND and vote.meaning in positions for vote in counted)
    if len(counted) < quorum:
        reasons.append(f"{len(counted)} of the {quorum} votes that make a quorum are there.")
    if of_second < of_second_line:
        reasons.append(f"{of_second} of the {of_second_line} votes of the second line that are needed take a position.")
    if sponsor and 2 * lines[sponsor] > len(counted):
        reasons.append(f"The {sponsor} line asked for it and must not be the majority of those who vote.")
    return reasons


@dataclass(frozen=True, kw_only=True)
class PartInFinding:
    """What one person has to do with a finding that is to be closed, each as a part of a sentence told to them."""

    owns: str = ""  # The model, now or until lately; or the finding.
    made: str = ""  # The version it is about, or one since.
    submitted: str = ""
    carried_out: str = ""  # Or is to carry out, or planned.
    validated: str = ""


def why_not_judge(part: PartInFinding) -> list[str]:
    """Why this person may not judge what the first line did about a finding, beyond their roles."""
    return _kept_from(
        (
            "An owner does not close findings about their model, nor rewrite or issue them, nor judge what is done "
            "about them, nor for twelve months after",
            part.owns,
        ),
        (
            "Whoever made the version it is about, or one since, does not judge what is done about it, nor rewrite or "
            "issue it",
            part.made,
        ),
        ("Whoever submitted a finding for closure does not close it", part.submitted),
        (
            "Whoever hands in the plan, or carries out a part of the plan, does not judge it, nor close the finding",
            part.carried_out,
        ),
    )


def why_not_sign_off(part: PartInFinding, *, roles: Iterable[str], signing: list[str]) -> list[str]:
    """Why this person may not sign that a severe finding is closed."""
    reasons = why_not_judge(part)
    reasons += _kept_from(
        ("Whoever validated the closure, or did the test again, does not sign it off as well", part.validated)
    )
    if not set(roles) & set(signing):
        awaited = " or ".join(in_words(role) for role in signing)
        held = ", ".join(sorted(in_words(role) for role in roles)) or "no role"
        reasons.append(f"The closure of a severe finding is signed by: {awaited}. Your roles here: {held}.")
    return reasons


def _kept_from(*rules: tuple[str, str]) -> list[str]:
    return [Shown(f"{rule}: you {fact}.", entry=entry_behind(fact)) for rule, fact in rules if fact]


@dataclass(frozen=True, kw_only=True)
class OpenFinding:
    """What is not put right yet; `contained_by` is the condition that contains it, empty where none does."""

    reference: str
    severity: str
    contained_by: str = ""


def why_not_opinion(outcome: str, findings: Iterable[OpenFinding]) -> list[str]:
    """Every reason why a validation may not conclude this while these findings are open (governance.md, 3.5).

    Fit needs no open High or Critical; with conditions, each High is contained by one, and no Critical is open.
    """
    severe = [finding for finding in findings if finding.severity in ("critical", "high")]
    if outcome == "fit":
        return [
            f"{one.reference} ({one.severity}) is open; fit needs no open critical or high finding." for one in severe
        ]
    if outcome != "fit_with_conditions":
        return []
    reasons = []
    for one in severe:
        if one.severity == "critical":
            reasons.append(f"{one.reference} (critical) is open; no condition contains it: the opinion is not fit.")
        elif not one.contained_by:
            reasons.append(f"{one.reference} (high) is open; name the condition that contains it.")
    return reasons


def in_words(role: str) -> str:
    return role.replace("_", " ")


def stage_of_urgency(due_on: date | None, *, today: date) -> str:
    """How urgent something is, in steps: somebody is told of each step once."""
    if due_on is None:
        return "asked"
    left = (due_on - today).days
    if left < 0:
        return f"overdue, week {(-left - 1) // REMINDED_AGAIN_AFTER + 1}"
    return next((f"{days} days before" for days in REMINDED_BEFORE if left <= days), "asked")
