"""How often something about one model is looked at, set apart from the policy: stricter at once, looser by decision."""

from datetime import date

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import policies
from inventory.contents.cadences import Effective, cadence_of
from inventory.models import Cadence, Model
from inventory.services.signing import bound_in_force
from inventory.services.texts import faults_in_texts
from inventory.states import Status
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require, role_with
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from mrm.pages.wording import day
from mrm.sweeps import one_by_one

LONGEST_REASON = 2000


@governed()
def tighten_cadence(
    model: Model, *, rhythm: str, every: str, reason: str, holds_until: date | None = None, actor
) -> Cadence:
    """Look at something more often than now. Nobody has to approve that; less often is asked for as a change."""
    require(actor, Permission.SET_CADENCE, model.workspace_id, model_slug=model.slug)
    model = Model.objects.select_for_update().get(pk=model.pk)
    _check(rhythm, every, reason, holds_until)
    if reasons := why_not_set(model, rhythm) + _why_not_sooner(model, rhythm, holds_until):
        raise RuleBroken(*reasons)
    now = cadence_of(model, rhythm)
    if policies.LENGTHS[rhythm][every] >= min(now.span, now.required.span):
        wanted = f", and the policy wants it {now.required.every}" if now.is_looser else ""
        raise RuleBroken(
            f"{now.label} of {model} holds {now.every}{wanted}; {every} is no more often. "
            "To look less often, request a looser cadence, which the second line decides."
        )
    return _set(
        model, now, every=every, reason=reason, holds_until=holds_until, loosens=False, change_reference="", actor=actor
    )


@governed()
def loosen_cadence(
    model: Model, *, rhythm: str, every: str, reason: str, holds_until: date, change_reference: str, actor
) -> Cadence:
    """Look at something less often for a time, as a change request decided. Called once the last approval is given."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    _check(rhythm, every, reason, holds_until)
    if reasons := why_not_loosen(model, rhythm, every):
        raise RuleBroken(*reasons)
    return _set(
        model,
        cadence_of(model, rhythm),
        every=every,
        reason=reason,
        holds_until=holds_until,
        loosens=True,
        change_reference=change_reference,
        actor=actor,
    )


def _refuse_end(cadence: Cadence, *, actor) -> None:
    model = cadence.model
    needed = Permission.SET_CADENCE if cadence.loosens else Permission.CHANGE_PLAN
    require(actor, needed, model.workspace_id, model_slug=model.slug)
    if not cadence.loosens and actor.pk in (model.owner_id, cadence.added_by_id):
        raise NotPermitted(
            "To end it is to look less often again: neither the model's owner nor whoever set it does; "
            "another of the second line does."
        )
    if cadence.ended_at:
        raise RuleBroken(f"It ended on {day(cadence.ended_at)} already: {cadence.ended_because}")


def _end_by_signature(cadence: Cadence, *, comment: str, signature: Signature, actor) -> Cadence:
    cadence = Cadence.objects.select_for_update(of=("self",)).select_related("model").get(pk=cadence.pk)
    _end(cadence, comment, actor, signature=signature.in_trail())
    return cadence


def _facts(cadence: Cadence) -> dict:
    return {
        "cadence": str(cadence.pk),
        "model": str(cadence.model_id),
        "rhythm": cadence.rhythm,
        "every": cadence.every,
        "required": cadence_of(cadence.model, cadence.rhythm).required.every,
        "ended": cadence.ended_at is not None,
    }


def _role_that_ends(cadence: Cadence, person) -> str:
    needed = Permission.SET_CADENCE if cadence.loosens else Permission.CHANGE_PLAN
    return role_with(needed, person, cadence.model.workspace_id, cadence.model.slug)


# Back to the policy's cadence. Where that is less often, another of the second line says so than who set it.
CADENCE_END = Act(
    name="cadence_ended",
    meaning=lambda cadence: f"The policy's cadence is enough again; this ends: {cadence}.",
    refuse=_refuse_end,
    facts=_facts,
    role=_role_that_ends,
    done=_end_by_signature,
    bound=lambda cadence: bound_in_force("cadence_change", cadence.model),
    asks="Say why the cadence of the policy is enough again.",
    longest=LONGEST_REASON,
)


def end_lapsed_cadences(today: date) -> int:
    """End every cadence that is past its last day; how many. Safe to repeat."""
    return one_by_one(list(Cadence.objects.lapsed(today).values_list("pk", flat=True)), _lapse)


@governed()
def _lapse(key) -> bool:
    cadence = Cadence.objects.select_for_update(of=("self",)).select_related("model").get(pk=key)
    if cadence.ended_at is not None:
        return False
    _end(cadence, f"Its last day was {day(cadence.holds_until)}.", None)
    return True


def why_not_set(model: Model, rhythm: str) -> list[str]:
    """Why this rhythm of this model cannot be set at all."""
    if model.status == Status.RETIRED:
        return [f"{model} is retired; nothing about it is looked at any more."]
    if model.tier == policies.EXEMPT and rhythm != policies.ATTESTATION:
        return [f"{model} is exempt: only its attestation has a cadence."]
    return []


def _why_not_sooner(model: Model, rhythm: str, holds_until: date | None) -> list[str]:
    """Why one that holds until this day takes the place of no stricter one that holds longer: it would end that."""
    held = Cadence.objects.standing().filter(model=model, rhythm=rhythm, loosens=False).first()
    if held is None or holds_until is None or (held.holds_until and held.holds_until <= holds_until):
        return []
    return [f"{held}: what takes its place holds at least as long, or another of the second line ends it."]


def why_not_loosen(model: Model, rhythm: str, every: str) -> list[str]:
    """Every reason why something cannot be looked at so much less often."""
    if fault := policies.fault_in_every(rhythm, every):
        return [fault]
    reasons, now = why_not_set(model, rhythm), cadence_of(model, rhythm)
    if not reasons and policies.LENGTHS[rhythm][every] <= now.required.span:
        reasons.append(
            f"The policy wants the {now.label.lower()} of {model} {now.required.every}; {every} is no less often. "
            "Looking as often as the policy wants, or more often, needs no request."
        )
    return reasons


def _check(rhythm: str, every: str, reason: str, holds_until: date | None) -> None:
    errors = faults_in_texts({"reason": reason}, {"reason": LONGEST_REASON})
    if not errors and not reason.strip():
        errors.append({"message": "Say why; whoever looks at it later needs to know.", "field": "reason"})
    if fault := policies.fault_in_every(rhythm, every):
        errors.append({"message": fault, "field": "every" if rhythm in policies.RHYTHMS else "rhythm"})
    if holds_until is not None and holds_until < timezone.now().date():
        errors.append({"message": "The last day has passed; give today or a later one.", "field": "holds_until"})
    if errors:
        raise UnusableData(*errors)


def _set(model: Model, before: Effective, *, actor, **fields) -> Cadence:
    """Put a cadence in the place of the one that was set before."""
    for earlier in Cadence.objects.standing().select_for_update(of=("self",)).filter(model=model, rhythm=before.rhythm):
        _end(earlier, "Set anew.", None)
    cadence = Cadence.objects.create(model=model, rhythm=before.rhythm, added_by=actor, **fields)
    until = cadence.holds_until
    record(
        Action.CADENCE_LOOSENED if cadence.loosens else Action.CADENCE_TIGHTENED,
        actor=actor,
        subject=cadence,
        rhythm=cadence.rhythm,
        every=cadence.every,
        before=before.every,
        reason=cadence.reason,
        holds_until=until.isoformat() if until else "",
        change=cadence.change_reference,
    )
    return cadence


def _end(cadence: Cadence, reason: str, actor, **told) -> None:
    cadence.ended_at, cadence.ended_because = timezone.now(), reason
    cadence.save(update_fields=["ended_at", "ended_because"])
    record(Action.CADENCE_ENDED, actor=actor, subject=cadence, rhythm=cadence.rhythm, reason=reason, **told)
