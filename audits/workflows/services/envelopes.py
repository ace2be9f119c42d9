"""Retraining inside an envelope: started, and put into production, on an approval that people signed beforehand."""

from datetime import datetime, timedelta

from django.utils import timezone

from audits.trail.services import governed
from audits.workflows.gates import gate_for
from audits.workflows.gates.enveloped import WINDOW, bounds_of, envelope_of, why_outside, why_over
from audits.workflows.gates.gathered import Gathered
from audits.workflows.models import Arrangement, ChangeRequest, Retraining
from audits.workflows.services import arrangements
from audits.workflows.services.changes import ask_within, request_change
from audits.workflows.services.classification.weighing import Weights, weigh
from audits.workflows.services.decisions import approve_change
from audits.workflows.services.kinds.promotion import most_days
from audits.workflows.states import ArrangementState
from inventory.models import ModelVersion, Policy
from inventory.states import UNDECIDED, UseState
from mrm.errors import RuleBroken
from mrm.locks import held
from mrm.sweeps import one_by_one

Kind = ChangeRequest.Kind


def why_not_start(envelope: Arrangement) -> str:
    """Why a retraining is not started by an envelope: it would be trained on more days than were approved."""
    days = Policy.objects.in_force().section("retraining")["window_days"]
    if days <= envelope.terms[WINDOW]:
        return ""
    return f"{envelope.reference} approves training on {envelope.terms[WINDOW]:g} days; the policy trains on {days}."


@governed()
def start_within(version: ModelVersion, *, reason: str, breach) -> ChangeRequest | None:
    """A retraining that the envelope of the model starts by itself; None where there is none that does."""
    envelope = envelope_of(version.model, timezone.now())
    if envelope is None or why_not_start(envelope):
        return None
    envelope = arrangements.locked(envelope)
    if not envelope.is_standing(timezone.now()):
        return None
    told = {"reference": envelope.reference, "change": envelope.change.reference, "bounds": []}
    change, gate = ask_within(envelope, Kind.RETRAINING, version, told=told, reason=reason, breach=breach)
    approve_change(change, gate, None)
    return change


def decide_retrained(now: datetime) -> None:
    """Every retrained version with an open gate, of a model with an envelope: promoted inside it, else asked about."""
    retrainings = Retraining.objects.filter(candidate__stage__in=UNDECIDED).select_related("candidate__model")
    held_by = Arrangement.objects.standing(now).filter(kind=Arrangement.Kind.ENVELOPE)
    one_by_one(
        retrainings.filter(candidate__model__in=held_by.values("model")), lambda retraining: _decide(retraining, now)
    )


def _decide(retraining: Retraining, now: datetime) -> None:
    with held(retraining.candidate_id) as mine:
        if mine:
            _promote_or_ask(retraining, now)


def _promote_or_ask(retraining: Retraining, now: datetime) -> None:
    """Once: what was asked for about the version is for people from then on."""
    version = ModelVersion.objects.select_related("model", "reference").get(pk=retraining.candidate_id)
    envelope = envelope_of(version.model, now)
    if envelope is None or version.stage not in UNDECIDED or _is_asked_about(version):
        return
    terms = _terms(envelope, version)
    if terms is None:
        return
    uses = version.model.uses.filter(number__in=terms["uses"])
    gate = gate_for(version, for_uses=list(uses))
    if not gate.is_open:
        return
    outside, weights = why_outside(envelope, version, bounds_of(envelope, gate.facts)), weigh(Kind.PROMOTION, version)
    reason = f"Retrained for {retraining.change.reference}."
    if not outside:
        try:
            promote_within(envelope, version, reason=reason, terms=terms, weights=weights)
        except RuleBroken as refusal:
            outside = list(refusal.reasons)
        else:
            return
    told = f"{reason} It is not promoted by {envelope.reference}: {' '.join(outside)}"
    try:
        request_change(Kind.PROMOTION, version, reason=told[:4000], terms=terms, actor=None)
    except RuleBroken:
        if not _is_asked_about(version):  # By a person meanwhile: then nothing is left to ask.
            raise


def _is_asked_about(version: ModelVersion) -> bool:
    return version.changes.filter(kind=Kind.PROMOTION).exists()


@governed()
def promote_within(
    envelope: Arrangement, version: ModelVersion, *, reason: str, terms: dict, weights: Weights | None
) -> ChangeRequest:
    """Put a retrained version into production on the envelope of its model: asked for, approved and carried out at
    once, with what was measured as its evidence. Everything is asked again, now that nobody else writes.
    """
    envelope = _locked(envelope)
    if over := why_over(envelope, envelope.model):
        raise RuleBroken(over)
    bounds = bounds_of(envelope, Gathered(version, timezone.now()))
    if outside := why_outside(envelope, version, bounds):
        raise RuleBroken(*outside)
    told = {
        "reference": envelope.reference,
        "change": envelope.change.reference,
        "bounds": [bound.as_json() for bound in bounds],
    }
    asked = {"told": told, "reason": reason, "terms": terms, "weights": weights}
    change, gate = ask_within(envelope, Kind.PROMOTION, version, **asked)
    if gate.waived:  # For what is excepted or accepted, people answer who were shown it about this version.
        raise RuleBroken(*(waived.text for waived in gate.waived))
    classified = getattr(change, "classification", None)
    if classified is None or classified.is_material:
        raise RuleBroken("With what changed since the last full validation it is a material change.")
    approve_change(change, gate, None)
    return change


def end_envelopes(now: datetime) -> None:
    """What a material change, another tier, a suspension or a roll-back has ended is closed, with the reason."""
    one_by_one(Arrangement.objects.standing(now).filter(kind=Arrangement.Kind.ENVELOPE), _end)


@governed()
def _end(envelope: Arrangement) -> None:
    envelope = arrangements.locked(envelope)
    if envelope.state == ArrangementState.ACTIVE and (because := why_over(envelope, envelope.model)):
        arrangements.release(envelope, because=because, actor=None)


def _locked(envelope: Arrangement) -> Arrangement:
    """Refused where it is over: an end counts from its minute."""
    envelope = arrangements.locked(envelope)
    if not envelope.is_standing(timezone.now()):
        raise RuleBroken(f"{envelope.reference} is over.")
    return envelope


def _terms(envelope: Arrangement, version: ModelVersion) -> dict | None:
    """For the envelope's uses and each other in use (which keeps it outside), as long as what it replaces is approved;
    None where nothing approves that.
    """
    standing = Arrangement.objects.standing(timezone.now()).filter(kind__in=Arrangement.FOR_PRODUCTION)
    approval = standing.filter(version=version.model.production_version()).order_by("-ends_at").first()
    if approval is None:
        return None
    draft = ChangeRequest(kind=Kind.PROMOTION, model=version.model, version=version)
    latest = timezone.now().date() + timedelta(days=most_days(draft))
    uses = version.model.uses.exclude(state=UseState.ENDED).filter(number__in=envelope.terms.get("uses", ()))
    uses |= version.model.uses.in_use()
    named = [str(number) for number in uses.values_list("number", flat=True)]
    return {"uses": named, "ends_on": min(approval.last_day, latest).isoformat()}
