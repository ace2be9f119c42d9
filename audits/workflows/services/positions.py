"""In which role a person would decide a request, for whom, and every reason why they may not."""

from collections import Counter
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from audits.trail.models import Entry
from audits.workflows import policies
from audits.workflows.models import ChangeRequest, Classification, Decision, Delegation
from audits.workflows.services.classification.proposing import why_outdated
from audits.workflows.services.involvement import involvement_of, part_in
from audits.workflows.services.kinds import KINDS
from audits.workflows.states import ArrangementState, ChangeState
from inventory.contents.making import twins_of
from inventory.models import Policy
from inventory.policies import also_approved_by
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import with_asker
from mrm.pages.wording import day, roles_together


@dataclass(frozen=True)
class Position:
    """The role that a person would decide in, and for whom, if not for themselves; and why they may not, if so."""

    role: str
    on_behalf_of: Person | None
    reasons_not_to: list[str]


def position_of(change: ChangeRequest, person) -> Position:
    """Their own position; where no role of theirs is awaited, that of somebody who delegated to them."""
    own = _candidate(change, person)
    position = _position(change, own, None)
    if position.role or person.token:
        return position
    held = Delegation.objects.in_force(timezone.now()).filter(delegate=person).select_related("delegator")
    through = [_position(change, _candidate(change, person, held_for=one.delegator), one.delegator) for one in held]
    useful = sorted((one for one in through if one.role), key=lambda one: len(one.reasons_not_to))
    return useful[0] if useful else position


def why_not_decide(change: ChangeRequest, *, person) -> list[str]:
    """Every reason why this person may not decide this request now, from the history of what it is about."""
    return why_not_from(change, position_of(change, person))


def why_not_from(change: ChangeRequest, position: Position) -> list[str]:
    """The same for whoever is in this position."""
    over = why_over(change)
    return [over] if over else position.reasons_not_to


def why_over(change: ChangeRequest) -> str:
    """Why nobody may decide any more; empty while they may. An expiry counts from its minute, not from the sweep."""
    if change.state != ChangeState.PENDING:
        return Entry.objects.about(change).showing(f"{change.reference} is already {change.state}.")
    if change.expires_at <= timezone.now():
        return f"{change.reference} expired on {day(change.expires_at)}; ask again if the change is still wanted."
    if why := why_not_covered(change):
        return f"{why} Withdraw {change.reference} and ask again."
    return why_outdated(change) or _why_too_few(change)


def why_not_covered(change: ChangeRequest) -> str:
    """That what it renews is over, or about more than it is; empty where it renews nothing, or all of it."""
    held = change.renews
    if held and held.state == ArrangementState.ACTIVE and not held.is_standing(timezone.now()):
        return f"{held.reference} held until {day(held.last_day)}; what is over is not renewed."
    if held is None or held.kind not in held.OF_AN_ARTIFACT or held.is_covered_by(change.version):
        return ""
    about = held.version or "the model as a whole"
    return f"{held.reference} is about {about}; only what is about that goes on in its place."


def approvals_needed(change: ChangeRequest, classification: Classification | None) -> list[str]:
    """Whose approvals a request of its kind, tier and class needs under the policy it names, each another's."""
    needed = KINDS[change.kind].roles_required(change)
    if classification is None:
        return needed
    also = also_approved_by(change.policy.document, classification.change_class, change.tier)
    return [*needed, *(role for role in also if role not in needed)]


def _why_too_few(change: ChangeRequest) -> str:
    """That the tier or the policy asks for more approvals by now than when it was asked for; what it names stays."""
    now = copy(change)
    now.policy = Policy.objects.in_force()
    missing = Counter(approvals_needed(now, getattr(change, "classification", None)))
    missing -= Counter(change.roles_required)
    if not missing:
        return ""
    where = f"in tier {change.tier} " if change.model else ""
    return (
        f"Under the policy in force it {where}also needs the approval of {roles_together(missing.elements())}, which "
        f"was not so when {change.reference} was asked for; withdraw it and ask again."
    )


def who_may_decide(change: ChangeRequest, *, asker: Person | None = None) -> list[tuple[Person, Position]]:
    """Everybody who holds a role that the request awaits or awaited, each with what keeps them from it, if anything.

    Whoever asks is told of themselves too, whatever their role.
    """
    awaited = set(change.roles_required)
    awaited |= policies.COMMITTEE_ROLES if policies.COMMITTEE in awaited else set()
    holders = Person.objects.filter(pk__in=Person.objects.filter(grants__role__in=awaited, is_active=True).values("pk"))
    people = with_asker([person for person in holders if awaited & roles_for(change, person)], asker)
    return [(person, position_of(change, person)) for person in people]


def conflicts_since(change: ChangeRequest) -> list[str]:
    """That somebody who decided, or for whom it was done, could not any more: they took a part in it since."""
    standing = change.decisions.standing().exclude(meaning=Decision.Meaning.RECUSED)
    people = {
        one for row in standing.select_related("person", "on_behalf_of") for one in (row.person, row.on_behalf_of)
    }
    people.discard(None)
    twins = twins_of(change.version) if people else []
    return [
        conflict
        for person in sorted(people, key=str)
        for conflict in policies.conflicts_of(str(person), part_in(change, person, twins=twins))
    ]


def roles_for(change: ChangeRequest, person) -> set[str]:
    """The roles that count: those held where the model lives; what binds every workspace, those held in every one."""
    if change.workspace_id:
        return person.roles_in(change.workspace_id, change.model_slug)
    return set.intersection(*(person.roles_in(workspace) for workspace in Workspace.objects.all()))


def roles_then(change: ChangeRequest, person, moment: datetime) -> set[str]:
    """Those that counted when somebody asked, or voted: what became of their roles since changes nothing."""
    held = list(person.grants.held_at(moment).values_list("role", "workspace_id", "model_slugs"))

    def there(place) -> set[str]:
        return {
            role for role, where, slugs in held if where in (None, place) and (not slugs or change.model_slug in slugs)
        }

    if change.workspace_id:
        return there(change.workspace_id)
    return set.intersection(*(there(place) for place in Workspace.objects.values_list("pk", flat=True)))


def why_not_stand_in(change: ChangeRequest, person, principal: Person) -> list[str]:
    """Why this person may not decide about a request in the place of another, whatever was delegated to them."""
    now = timezone.now()
    lines = {"line": line_then(change, principal, now), "own_line": line_then(change, person, now)}
    return policies.why_not_stand_in(roles_for(change, principal), held=person.all_roles(), **lines)


def line_then(change: ChangeRequest, person, moment: datetime) -> str:
    """Whoever owns a model, or registered a version of it, is of its first line, whatever else they hold."""
    model = change.model
    if model and (model.owner_id == person.pk or model.versions.filter(registered_by=person).exists()):
        return policies.FIRST
    return policies.line_of(roles_then(change, person, moment))


def roles_of(change: ChangeRequest) -> dict:
    """What the request needs and what it has."""
    filled = change.approvals().exclude(role=policies.COMMITTEE)
    voted = [policies.COMMITTEE] if change.minutes.get("outcome") == "approved" else []
    return {"roles_required": change.roles_required, "roles_filled": [*filled.values_list("role", flat=True), *voted]}


def permission_to_decide(change: ChangeRequest) -> Permission:
    awaits_an_auditor = Role.AUDITOR in change.roles_required
    return Permission.DECIDE_RETENTION if awaits_an_auditor else Permission.DECIDE_CHANGE


def _candidate(change: ChangeRequest, person, *, held_for: Person | None = None) -> policies.Candidate:
    roles = roles_for(change, held_for or person)
    excluded = why_not_stand_in(change, person, held_for) if held_for else []
    return policies.Candidate(
        roles=frozenset(roles),
        excluded=tuple(excluded),
        is_service=person.is_service,
        involvement=involvement_of(change, person),
        standing_in_for=str(held_for) if held_for else "",
        inherited=involvement_of(change, held_for) if held_for else policies.Involvement(),
    )


def _position(change: ChangeRequest, candidate: policies.Candidate, on_behalf_of: Person | None) -> Position:
    needs = roles_of(change)
    role = policies.role_to_fill(candidate.roles, **needs)
    return Position(role, on_behalf_of, policies.why_not_decide(candidate, **needs))
