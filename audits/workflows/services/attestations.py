"""Attestation: the register asks each owner in turn, on the policy's cadence, whether what it says still holds."""

from datetime import date, datetime

from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.contents.attestations import entry_shown
from audits.workflows.models import Attestation
from audits.workflows.states import AttestationState, attestation_after
from inventory import policies
from inventory.contents.cadences import by_span, set_apart
from inventory.models import Determination, Model, Policy
from inventory.states import Status
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import NotPermitted, Outdated, RuleBroken, UnusableData
from mrm.sweeps import one_by_one

AT_ONCE = 200
LONGEST_STATEMENT = 4000


def open_due_attestations(now: datetime) -> int:
    """Ask for what is due by now, once per model and cycle; how many were asked for."""
    policy = Policy.objects.in_force()
    return one_by_one(_models_due(policy, now.date()), lambda model: _open(model, policy, now))


def _models_due(policy: Policy, today: date) -> list[Model]:
    """Models whose last cycle, or whose registration, lies a whole cadence back, and that are not asked already."""
    asked = Attestation.objects.filter(model=OuterRef("pk"))
    due, own = Q(), set_apart(policies.ATTESTATION, today=today)
    for tier in policies.ALL_TIERS:
        for part, span in by_span(policies.ATTESTATION, int(tier), document=policy.document, own=own):
            before = today - span
            recent = Exists(asked.filter(attested_at__date__gt=before))
            due |= part & Q(tier=int(tier), registered_at__date__lte=before) & ~Q(recent)
    waiting = Model.objects.counted().exclude(status=Status.RETIRED).filter(~Exists(asked.open()), due)
    return list(waiting.order_by("registered_at")[:AT_ONCE])


@governed()
def _open(model: Model, policy: Policy, now: datetime) -> bool:
    """One attestation, unless another process opened it meanwhile."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if model.status == Status.RETIRED or not model.is_model or model.attestations.open().exists():
        return False
    last = model.attestations.aggregate(last=Max("attested_at"))["last"]
    covers_from = (last or model.registered_at).date()
    if model.attestations.filter(covers_from=covers_from).exclude(state=AttestationState.WITHDRAWN).exists():
        return False
    attestation = Attestation.objects.create(
        model=model,
        policy=policy,
        covers_from=covers_from,
        opened_at=now,
        due_at=now.date() + policies.time_to_attest(policy.document),
    )
    record(Action.ATTESTATION_OPENED, actor=None, subject=attestation, due_at=attestation.due_at.isoformat())
    return True


@governed()
def attest(attestation: Attestation, *, statement: str, evidence_digest: str, actor) -> Attestation:
    """The owner confirms the entry as it stands, having seen what changed since the cycle began.

    evidence_digest  of what they were shown (`entry_shown`); Outdated where the entry or a row of it changed since
    """
    require(actor, Permission.EDIT_MODEL, attestation.model.workspace_id, model_slug=attestation.model_slug)
    attestation = Attestation.objects.select_for_update(of=("self",)).select_related("model").get(pk=attestation.pk)
    model = Model.objects.select_for_update().get(pk=attestation.model_id)
    if actor is None or actor.pk != model.owner_id:
        raise NotPermitted(f"Only the owner attests to {model}: {model.owner}.")
    attestation.model, shown = model, entry_shown(attestation)
    if shown.digest != evidence_digest:
        raise Outdated(f"The entry of {model} was changed since you read it. Read it again, then attest to it.")
    statement = statement.strip()
    if not statement or len(statement) > LONGEST_STATEMENT or "\x00" in statement:
        message = f"Say in your own words what you confirm, in at most {LONGEST_STATEMENT} characters."
        raise UnusableData({"message": message, "field": "statement"})
    _move(attestation, "attest")
    attestation.statement = statement
    attestation.revision, attestation.changes = shown.revision, shown.changes
    attestation.attested_by, attestation.attested_at = actor, timezone.now()
    attestation.save()
    record(
        Action.ATTESTATION_GIVEN,
        actor=actor,
        subject=attestation,
        statement=f"sha256:{storage.digest_of(statement.encode())}",
        revision=shown.revision,
        changes=len(attestation.changes),
    )
    return attestation


def withdraw_needless_attestations() -> None:
    """A model that was retired is asked nothing more, and neither is what was found to be none."""
    over = Q(model__status=Status.RETIRED) | Q(model__in=Determination.objects.tools())
    for attestation in Attestation.objects.open().filter(over)[:AT_ONCE]:
        _withdraw(attestation)


@governed()
def _withdraw(attestation: Attestation) -> None:
    attestation = Attestation.objects.select_for_update(of=("self",)).select_related("model").get(pk=attestation.pk)
    if attestation.state == AttestationState.OPEN:
        _move(attestation, "withdraw")
        attestation.save(update_fields=["state"])
        record(Action.ATTESTATION_WITHDRAWN, actor=None, subject=attestation)


def _move(attestation: Attestation, event: str) -> None:
    """The one place that sets an attestation's state; the caller saves it."""
    state = attestation_after(attestation.state, event)
    if state is None:
        raise RuleBroken(f"This attestation is {attestation.get_state_display().lower()}; you cannot {event} it.")
    attestation.state = state
