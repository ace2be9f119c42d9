"""The challenge thread: validators ask, the first line answers, a validator resolves. Nothing in it is ever changed."""

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Challenge, ChallengeEntry, ValidationItem, ValidationRequest
from audits.workflows.services.validations.content import refresh_locked
from audits.workflows.services.validations.scope import (
    SIGNED,
    assignment_of,
    locked,
    refuse_unless,
    require_validator,
)
from audits.workflows.services.validations.texts import written
from audits.workflows.states import ValidationState as State
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken

Kind = ChallengeEntry.Kind
TALKED_IN = (State.PLANNING, State.IN_PROGRESS, State.ON_HOLD, State.RETURNED, *SIGNED)


@governed()
def raise_challenge(
    validation: ValidationRequest, *, text: str, item: ValidationItem | None = None, actor
) -> Challenge:
    """A validator asks, about one component or about the whole. While it is open there is no opinion."""
    texts = written(text=text)
    validation = locked(validation)
    require_validator(validation, actor)
    refuse_unless(validation, TALKED_IN, "nothing is challenged in it any more")
    if item and item.request_id != validation.pk:
        raise RuleBroken(f"The component is not one of {validation.reference}.")
    last = validation.challenges.order_by("-number").first()
    challenge = Challenge.objects.create(request=validation, number=last.number + 1 if last else 1, item=item)
    return _said(challenge, Kind.CHALLENGE, texts["text"], Action.CHALLENGE_RAISED, validation, actor)


@governed()
def respond_to_challenge(challenge: Challenge, *, text: str, actor) -> Challenge:
    """The first line answers; as often as it has something to say."""
    validation = challenge.request
    require(actor, Permission.ANSWER_FINDING, validation.model.workspace_id, model_slug=validation.model_slug)
    texts = written(text=text)
    validation = locked(validation)
    if assignment_of(validation, actor):
        raise NotPermitted("A validator does not answer for the first line.")
    _refuse_unless_open(challenge, validation)
    return _said(challenge, Kind.RESPONSE, texts["text"], Action.CHALLENGE_ANSWERED, validation, actor)


@governed()
def resolve_challenge(challenge: Challenge, *, text: str, is_resolved: bool = True, actor) -> Challenge:
    """A validator says why the challenge is settled, or (`is_resolved` false) asks on."""
    texts = written(text=text)
    validation = locked(challenge.request)
    require_validator(validation, actor)
    _refuse_unless_open(challenge, validation)
    kind = Kind.RESOLUTION if is_resolved else Kind.FOLLOW_UP
    action = Action.CHALLENGE_RESOLVED if is_resolved else Action.CHALLENGE_RAISED
    return _said(challenge, kind, texts["text"], action, validation, actor)


def _refuse_unless_open(challenge: Challenge, validation: ValidationRequest) -> None:
    refuse_unless(validation, TALKED_IN, "nothing is said in its challenges any more")
    if challenge.entries.filter(kind=Kind.RESOLUTION).exists():
        raise RuleBroken(f"Challenge {challenge.number} is resolved. Raise another one if something is left.")


def _said(challenge: Challenge, kind: str, text: str, action, validation: ValidationRequest, actor) -> Challenge:
    ChallengeEntry.objects.create(challenge=challenge, kind=kind, text=text, said_by=actor)
    record(action, actor=actor, subject=validation, challenge=challenge.number, kind=str(kind), text=text)
    refresh_locked(validation)
    return challenge
