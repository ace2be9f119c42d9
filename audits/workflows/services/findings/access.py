"""Who may take a step with a finding: their line, and what part they have in it. Every step locks it first."""

from django.db.models import Q

from audits.trail.models import Action, Entry
from audits.workflows import policies
from audits.workflows.contents.findings import part_in
from audits.workflows.models import Finding
from audits.workflows.services.involvement import developed
from audits.workflows.states import FindingState
from inventory.contents.making import made_one_of
from inventory.contents.ownership import owned_model
from inventory.policies import section
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services import holders_of, require, why_not_permitted, with_asker
from mrm.errors import NotPermitted, RuleBroken

LONGEST_TEXT = 8000


def locked(finding: Finding) -> Finding:
    rows = Finding.objects.select_for_update(of=("self",)).select_related(
        "model__workspace", "model__owner", "owner", "breach", "policy"
    )
    return rows.get(pk=finding.pk)


def for_the_first_line(finding: Finding, actor) -> Finding:
    """The finding, locked, for somebody who answers for it."""
    require(actor, Permission.ANSWER_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    return locked(finding)


def for_the_second_line(finding: Finding, actor) -> Finding:
    """The finding, locked, for somebody who judges it and has no part in it."""
    require(actor, Permission.CLOSE_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    finding = locked(finding)
    if reasons := why_not_judge(finding, actor):
        raise NotPermitted(*reasons)
    return finding


def for_who_signs_off(finding: Finding, actor) -> Finding:
    """The finding, locked, for somebody who may sign that a severe one is closed."""
    require(actor, Permission.SIGN_OFF_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    finding = locked(finding)
    if reasons := why_not_sign_off(finding, actor):
        raise NotPermitted(*reasons)
    return finding


def why_not_judge(finding: Finding, person) -> list[str]:
    return policies.why_not_judge(_part_shown(finding, person))


def why_not_sign_off(finding: Finding, person) -> list[str]:
    roles = person.roles_in(finding.model.workspace_id, finding.model_slug)
    signing = section(finding.rules, "findings")["signed_off_by"]
    return policies.why_not_sign_off(_part_shown(finding, person), roles=roles, signing=signing)


def _part_shown(finding: Finding, person) -> policies.PartInFinding:
    """What they have to do with it, each with the entry of the trail that shows it."""
    part, about = part_in(finding, person), Entry.objects.about(finding)
    answers_for_it = about.filter(action__in=(Action.FINDING_RAISED, Action.FINDING_DRAFTED))
    since = Q(pk=finding.version_id) | Q(registered_at__gte=finding.issued_at or finding.raised_at)
    planned = about.filter(action=Action.FINDING_PLANNED)
    mine = about.filter(actor_id=str(person.pk))
    owns = owned_model(finding.model, person, owns=part.owns)
    done = mine.filter(action=Action.FINDING_ITEM_DONE)
    judged = mine.filter(action__in=(Action.FINDING_VALIDATED, Action.FINDING_REPERFORMED))
    return policies.PartInFinding(
        owns=owns or part.owns and answers_for_it.showing(part.owns),
        made=made_one_of(finding.model.versions.filter(since), person) or developed(finding, person),
        submitted=part.submitted and mine.filter(action=Action.FINDING_SUBMITTED).showing(part.submitted),
        carried_out=part.carried_out and (done if done.exists() else planned).showing(part.carried_out),
        validated=part.validated and judged.showing(part.validated),
    )


def who_may_close(finding: Finding, *, asker: Person | None = None) -> list[tuple[Person, list[str]]]:
    """Everybody whose role judges findings, or signs off a closure that awaits it; and what keeps them from it.

    Whoever asks is told of themselves too, whatever their role.
    """
    signing, place = finding.state == FindingState.VALIDATED_CLOSED, (finding.model.workspace_id, finding.model_slug)
    if signing:
        people = with_asker(holders_of(Permission.SIGN_OFF_FINDING, *place), asker)
        return [(person, why_not_sign_off(finding, person)) for person in people]
    people = with_asker(holders_of(Permission.CLOSE_FINDING, *place), asker)
    return [
        (person, [*why_not_permitted(person, Permission.CLOSE_FINDING, *place), *why_not_judge(finding, person)])
        for person in people
    ]


def refuse_blank(**texts: str) -> None:
    if blank := [name.replace("_", " ") for name, text in texts.items() if not text.strip()]:
        raise RuleBroken(f"Fill in: {', '.join(blank)}.")
    if long := [name.replace("_", " ") for name, text in texts.items() if len(text) > LONGEST_TEXT]:
        raise RuleBroken(f"Too long, at most {LONGEST_TEXT} characters fit: {', '.join(long)}.")
