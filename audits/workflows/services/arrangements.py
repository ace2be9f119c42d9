"""What holds for a time: begun by an approved change, and ended by a person, by its renewal, or by the clock."""

from datetime import datetime

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Arrangement, ChangeRequest, Finding, ValidationRequest
from audits.workflows.models.references import next_reference
from audits.workflows.services.findings.risks import reopen
from audits.workflows.services.involvement import developed
from audits.workflows.services.transitions import move
from audits.workflows.states import ArrangementState, arrangement_after
from inventory.contents.making import made_one_of
from inventory.contents.ownership import owned_model
from inventory.models import Model, ModelVersion, Policy
from inventory.policies import restricts_when_lapsed
from inventory.services import bound_in_force, lift_model_restriction, release_use, restrict_model
from mrm.accounts.models import Person, Signature
from mrm.accounts.policies import ALLOWED, Role, label
from mrm.accounts.services import Act, require, role_with, why_not_permitted
from mrm.errors import NotPermitted, RuleBroken, Shown, entry_behind
from mrm.sweeps import one_by_one

Kind = Arrangement.Kind
PREFIX = {
    Kind.APPROVAL: "AP",
    Kind.CONDITION: "CO",
    Kind.EXCEPTION: "EX",
    Kind.OVERLAY: "OV",
    Kind.ACCEPTANCE: "RA",
    Kind.BREAK_GLASS: "BG",
    Kind.SUSPENSION: "SU",
    Kind.RESTRICTION: "RE",
    Kind.VALIDATION: "VA",
    Kind.LEGAL_HOLD: "LH",
    Kind.ROLLBACK: "RB",
    Kind.FINDING: "CF",
    Kind.ENVELOPE: "EN",
}
LAPSED = {
    Kind.APPROVAL: "The approval {reference} has expired.",
    Kind.CONDITION: "The condition {reference} was not met by its day.",
    Kind.EXCEPTION: "The exception {reference} has expired.",
    Kind.OVERLAY: "The overlay {reference} has expired.",
    Kind.ACCEPTANCE: "The accepted risk {reference} has expired.",
    Kind.BREAK_GLASS: "The emergency release {reference} has expired without a full approval.",
    Kind.VALIDATION: "The validation {reference} has expired.",
    Kind.ENVELOPE: "The envelope {reference} has expired.",
    Kind.ROLLBACK: "What {reference} went back to is approved no longer, or under a condition that was not met.",
}


def begin(change: ChangeRequest, kind: str, *, title: str, ends_at: datetime | None, actor, **fields) -> Arrangement:
    """Put an approved arrangement into force, in place of the one that it renews. Call inside `governed()`."""
    if change.renews_id:
        renewed = locked(change.renews)
        if renewed.state == ArrangementState.ACTIVE:
            move(renewed, "renew", ended_at=timezone.now(), ended_by=actor)
    return _put_in_force(
        kind,
        change.model,
        title=title,
        ends_at=ends_at,
        told={"change": change.reference, "renews": change.renews.reference if change.renews else ""},
        actor=actor,
        version=change.version,
        change=change,
        renews=change.renews,
        terms=change.terms,
        **fields,
    )


def begin_of_rollback(approval: Arrangement, *, title: str, ends_at: datetime, terms: dict, actor) -> Arrangement:
    """Put into force that a version is in production again under its earlier approval. Call inside `governed()`."""
    return _put_in_force(
        Kind.ROLLBACK,
        approval.model,
        title=title,
        ends_at=ends_at,
        told={"change": approval.change.reference},
        actor=actor,
        version=approval.version,
        change=approval.change,
        terms=terms,
    )


def begin_of_validation(
    validation: ValidationRequest, kind: str, *, title: str, ends_at: datetime, version=None, actor
) -> Arrangement:
    """Put into force what an approved opinion says holds. Call inside `governed()`.

    version  what it holds for, where that is another number of what was validated
    """
    return _put_in_force(
        kind,
        validation.model,
        title=title,
        ends_at=ends_at,
        told={"validation": validation.reference},
        actor=actor,
        version=version or validation.version,
        validation=validation,
    )


def restrict_for(finding: Finding, *, actor) -> None:
    """A critical finding about what is in use restricts it until it is closed. Call inside `governed()`."""
    if not finding.is_about_what_is_in_use:
        return
    now = timezone.now()
    arrangement = _put_in_force(
        Kind.FINDING,
        finding.model,
        title=str(finding),
        ends_at=now,
        told={"finding": finding.reference},
        actor=actor,
        version=finding.model.production_version() if finding.version else None,
        finding=finding,
    )
    lapse(arrangement, because=f"{finding.reference} is critical: {finding.title}.", now=now)


def _put_in_force(
    kind: str, model: Model, *, title: str, ends_at: datetime | None, told: dict[str, str], actor, **fields
) -> Arrangement:
    """`told` is what its entry says of where it comes from."""
    arrangement = Arrangement.objects.create(
        reference=next_reference(Arrangement, PREFIX[kind]),
        kind=kind,
        model=model,
        title=title[:300],
        begun_by=actor,
        ends_at=ends_at,
        **fields,
    )
    ends = ends_at.isoformat() if ends_at else ""
    record(Action.ARRANGEMENT_BEGUN, actor=actor, subject=arrangement, kind=str(kind), ends=ends, **told)
    return arrangement


def _refuse_closure(arrangement: Arrangement, *, actor) -> None:
    """The second line closes it; never who owns the model or did until lately, and never who asked for it."""
    needed = arrangement.permission_to_close
    require(actor, needed, arrangement.model.workspace_id, model_slug=arrangement.model_slug)
    if how := _ends_otherwise(arrangement):
        raise RuleBroken(how)
    if arrangement_after(arrangement.state, "close") is None:
        raise RuleBroken(f"{arrangement} is {arrangement.state}; it cannot close now.")
    if reasons := _part_in(arrangement, actor):
        raise NotPermitted(*reasons)


def why_not_end(arrangement: Arrangement, person: Person) -> list[str]:
    """Every reason why this person does not end it, or put it in order: told to whoever reads its page."""
    if how := _ends_otherwise(arrangement):
        return [how]
    needed, place = arrangement.permission_to_close, (arrangement.model.workspace_id, arrangement.model_slug)
    reasons = _part_in(arrangement, person)
    if why_not_permitted(person, needed, *place):
        ending = ", ".join(label(role) for role in Role if role in ALLOWED[needed])
        held = ", ".join(sorted(label(role) for role in person.roles_in(*place))) or "no role"
        reasons.append(f"It is ended by: {ending}. Your roles here: {held}.")
    return reasons


def _ends_otherwise(arrangement: Arrangement) -> str:
    """By what it ends where nobody ends it alone; empty where one person of the second line does."""
    if arrangement.kind == Kind.SUSPENSION:
        return "A suspension ends by a change request that two people decide: ask for its lifting."
    if arrangement.kind == Kind.VALIDATION:
        return "A validation ends by another one of the same version or model, or when the version is replaced."
    if arrangement.kind == Kind.FINDING:
        return f"{arrangement.reference} ends when {arrangement.finding.reference} is closed."
    if arrangement.kind in Arrangement.FOR_PRODUCTION:
        return (
            f"{arrangement.reference} is by what {arrangement.version} is in production. It ends when that is approved "
            "anew, replaced or retired, each by a request; to stop it at once, suspend the model."
        )
    if arrangement.kind == Kind.LEGAL_HOLD:
        return "A legal hold ends by a request that is decided by the CRO and an auditor: ask for its release."
    return ""


def _part_in(arrangement: Arrangement, person: Person) -> list[str]:
    """What this person has to do with it that keeps them from ending it, with the entry that shows it."""
    asked = "asked for it" if person.pk == arrangement.asked_by_id else ""
    versions = filter(None, [arrangement.version or arrangement.model.production_version()])
    facts = (
        (
            "Neither whoever owns the model, or did less than twelve months ago, nor whoever asked for it closes it, "
            "but another of the second line",
            owned_model(arrangement.model, person) or asked,
        ),
        (
            "Neither the developer of a model nor whoever made the version closes what holds about it",
            developed(arrangement, person) or made_one_of(list(versions), person),
        ),
    )
    return [Shown(f"{rule}: you {fact}.", entry=entry_behind(fact)) for rule, fact in facts if fact]


def _close(arrangement: Arrangement, *, comment: str, signature: Signature, actor) -> Arrangement:
    return end(locked(arrangement), because=comment, actor=actor, signature=signature.in_trail())


def _facts(arrangement: Arrangement) -> dict:
    return {
        "arrangement": arrangement.reference,
        "kind": arrangement.kind,
        "model": arrangement.model_slug,
        "state": arrangement.state,
        "ends_at": arrangement.ends_at.isoformat() if arrangement.ends_at else "",
        "terms": arrangement.terms,
    }


def _meaning_of_closure(arrangement: Arrangement) -> str:
    if arrangement.state == ArrangementState.EXPIRED:
        return f"What lapsed with {arrangement.reference} is in order."
    return f"{arrangement.reference} is met, or needed no longer, and ends."


# Ends one before its time because it is met or no longer needed; or puts one in order that has lapsed.
ARRANGEMENT_CLOSURE = Act(
    name="closed",
    meaning=_meaning_of_closure,
    refuse=_refuse_closure,
    facts=_facts,
    role=lambda arrangement, person: role_with(
        arrangement.permission_to_close, person, arrangement.model.workspace_id, arrangement.model_slug
    ),
    done=_close,
    bound=lambda arrangement: bound_in_force("arrangement_closure", arrangement.model),
    asks="Say what shows that it is met, or no longer needed.",
    terms=lambda arrangement: {"becomes": str(ArrangementState.CLOSED)},
)


def release(arrangement: Arrangement, *, because: str, actor, now: datetime | None = None, **told) -> None:
    """Close a locked arrangement on which nothing else rests. `told` is what else its entry says.

    Where nobody signed for the end itself, it follows from something else, so its entry names no person.
    """
    move(arrangement, "close", ended_at=now or timezone.now(), ended_by=actor, ended_because=because)
    signer = actor if "signature" in told else None
    record(Action.ARRANGEMENT_CLOSED, actor=signer, subject=arrangement, because=because, **told)


def end(arrangement: Arrangement, *, because: str, actor, now: datetime | None = None, **told) -> Arrangement:
    """Close a locked arrangement; the last lapsed one to be put in order lifts the model's restriction."""
    was_active = arrangement.state == ArrangementState.ACTIVE
    release(arrangement, because=because, actor=actor, now=now, **told)
    if was_active and arrangement.finding:
        reopen(arrangement.finding, because=f"{arrangement.reference} was ended: {because}", actor=actor)
    if arrangement.use:
        _release_use(arrangement, because=because, actor=actor)
    if not what_restricts(arrangement.model):
        lift_model_restriction(
            arrangement.model, because=f"{arrangement.reference} is put in order: {because}", actor=actor
        )
    return arrangement


def _release_use(order: Arrangement, *, because: str, actor) -> None:
    """The use goes on as far as another order about it allows."""
    other = Arrangement.objects.active().filter(use=order.use).order_by("-kind").first()  # A suspension first.
    release_use(
        order.use,
        still=Arrangement.HOLDS_A_USE[other.kind] if other else "",
        still_because=other.terms["reason"] if other else "",
        because=f"{order.reference} is ended: {because}",
        actor=actor,
    )


def settle(model: Model, kinds, *, because: str, actor, by: Arrangement | None = None, **which) -> None:
    """Close what lapsed and is now made good by something else. Call inside `governed()`.

    by  what holds in its place, and makes good what it covers
    """
    for lapsed in (
        Arrangement.objects.unsettled()
        .select_for_update(of=("self",))
        .select_related("version")
        .filter(model=model, kind__in=kinds, **which)
    ):
        if by is None or lapsed.is_covered_by(by.version):
            end(lapsed, because=because, actor=actor)


def end_with_version(version: ModelVersion, *, because: str) -> None:
    """What holds about a version that was retired ends with it, unless its artifact is in use under another number.

    Call inside `governed()`.
    """
    for one in Arrangement.objects.holding().filter(version=version).order_by("starts_at"):
        if not one.is_about_what_is_in_use:
            end(locked(one), because=because, actor=None)


def expire_arrangements(now: datetime) -> None:
    """What has reached its end lapses by itself, each exactly once, with its consequence."""
    one_by_one(Arrangement.objects.active().filter(ends_at__lte=now), lambda arrangement: _expire(arrangement, now))


@governed()
def _expire(arrangement: Arrangement, now: datetime) -> None:
    arrangement = locked(arrangement)
    if arrangement.state != ArrangementState.ACTIVE or arrangement.ends_at > now:
        return
    because = LAPSED[arrangement.kind].format(reference=arrangement.reference)
    if arrangement.kind == Kind.VALIDATION and not _restricts(arrangement.model):
        end(arrangement, because=because, actor=None, now=now)
    elif arrangement.kind == Kind.ENVELOPE:  # What runs was approved; only the next one is decided about by itself.
        release(arrangement, because=because, actor=None, now=now)
    else:
        lapse(arrangement, because=because, now=now)


def lapse(arrangement: Arrangement, *, because: str, now: datetime) -> None:
    """What rested on a locked arrangement is gone, until somebody puts it in order.

    Where it is about what is in use, the model is restricted; a version that is not stays out of production.
    """
    move(arrangement, "expire", ended_at=now, ended_because=because)
    record(Action.ARRANGEMENT_EXPIRED, actor=None, subject=arrangement, because=because)
    if arrangement.finding:
        reopen(arrangement.finding, because=because, actor=None)
    if arrangement.is_about_what_is_in_use:
        restrict_model(arrangement.model, because=because, actor=None)


def what_restricts(model: Model) -> list[Arrangement]:
    """What has lapsed about what is in use, and nobody has put in order."""
    in_use = model.production_version()
    lapsed = Arrangement.objects.unsettled().filter(model=model).select_related("version").order_by("reference")
    return [one for one in lapsed if in_use and one.is_held_against(in_use)]


def restrict_as_lapsed(model: Model) -> Arrangement | None:
    """A version that comes into use although something lapsed about it restricts the model: by what, if anything."""
    lapsed = next(iter(what_restricts(model)), None)
    if lapsed:
        restrict_model(model, because=f"{lapsed.reference} has lapsed and is not put in order.", actor=None)
    return lapsed


def _restricts(model: Model) -> bool:
    return restricts_when_lapsed(Policy.objects.in_force().document, model.tier)


def locked(arrangement: Arrangement) -> Arrangement:
    rows = Arrangement.objects.select_for_update(of=("self",)).select_related(
        "model", "version", "change", "finding", "use__model"
    )
    return rows.get(pk=arrangement.pk)
