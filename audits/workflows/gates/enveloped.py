"""The envelope of a model: inside which a retrained version needs no approval of its own, and where it stands in it.

Only what is measured counts: by the built-in pipeline of its own work, and by the runs that count at the gate. What
nobody measured is not inside.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from audits.assessments.catalogue import MEASURES
from audits.assessments.models import Kind, Result
from audits.statistics.limits import Direction, Verdict
from audits.workflows.gates.gathered import Gathered
from audits.workflows.models import Arrangement, ChangeRequest, Classification, Retraining
from inventory.models import Model, ModelVersion, Policy, Use
from inventory.policies import MATERIAL, allows_envelope, limit, roles_about_persons, roles_required
from inventory.states import Status
from mrm.pages.wording import words

Arranged, Asked = Arrangement.Kind, ChangeRequest.Kind
WINDOW, ROWS = "window_days", "rows"  # Besides the measures that its `bounds` name.
AT_LEAST = "at_least"  # In its evidence: which of its bounds are lower ones, as the policy had it.
CONCERNS_PERSONS = "concerns_persons"  # In its evidence: whether the model did.
DECIDED = (Verdict.WITHIN, Verdict.AMBER)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One bound of an envelope, where a version stands in it, and which run measured that.

    measured  None: nothing that counts did, and `why` says so
    """

    name: str
    is_lower: bool
    bound: float
    measured: float | None = None
    run: str = ""
    why: str = ""

    @property
    def is_kept(self) -> bool:
        if self.measured is None or self.why:
            return False
        return self.measured >= self.bound if self.is_lower else self.measured <= self.bound

    @property
    def told(self) -> str:
        """Where it stands, in words."""
        side = "at least" if self.is_lower else "at most"
        stands = "is not measured" if self.measured is None else f"is {self.measured:.4g}"
        return f"{words(self.name)} {stands}, {side} {self.bound:g} is approved" + (
            f" ({self.why})" if self.why else ""
        )

    def as_json(self) -> dict:
        return asdict(self) | {"is_kept": self.is_kept, "told": self.told}


def envelope_of(model: Model, now: datetime) -> Arrangement | None:
    """The one in force, if nothing has ended it."""
    standing = Arrangement.objects.standing(now).filter(model=model.pk, kind=Arranged.ENVELOPE).select_related("change")
    envelope = standing.first()
    return envelope if envelope and not why_over(envelope, model) else None


def whom_promotion_needs(document: dict, model: Model) -> list[str]:
    """Who approves any promotion of a version of the model, which an envelope is signed in place of."""
    required = roles_required(document, Asked.PROMOTION, model.tier)
    also = roles_about_persons(document, model.tier) if model.concerns_persons else []
    return [*required, *(role for role in also if role not in required)]


def why_over(envelope: Arrangement, model: Model) -> str:
    """What has ended an envelope since it was approved; empty while nothing has."""
    signed, since = envelope.change.evidence, envelope.starts_at
    approved_in, document = signed["model"]["tier"], Policy.objects.document_in_force()[1]
    later = ChangeRequest.objects.filter(model=model.pk, decided_at__gt=since)
    if not allows_envelope(document, model.tier):
        return f"The policy in force allows no envelope in tier {model.tier}."
    if model.tier != approved_in:
        return f"It was approved in tier {approved_in}, and {model} is in tier {model.tier}."
    if signed.get(CONCERNS_PERSONS, model.concerns_persons) != model.concerns_persons:
        return f"Whether {model} concerns natural persons has changed since."
    if further := Counter(whom_promotion_needs(document, model)) - Counter(envelope.change.roles_required):
        return f"The policy in force wants the {' and '.join(map(words, sorted(further)))} to agree to a promotion too."
    suspensions = Arrangement.objects.filter(model=model.pk, kind=Arranged.SUSPENSION, use=None)
    if model.status == Status.SUSPENDED or suspensions.filter(starts_at__gt=since).exists():
        return f"{model} was suspended since."
    back = Arrangement.objects.filter(model=model.pk, kind=Arranged.ROLLBACK, starts_at__gt=since).first()
    if back:
        return f"{back.reference} went back from a version of {model} since."
    material = Classification.objects.filter(change_class=MATERIAL, change__in=later.filter(completed_at__isnull=False))
    if material.filter(change__kind__in=(Asked.PROMOTION, Asked.BREAK_GLASS)).exists():
        return f"A material change of {model} went into production since."
    return ""


def bounds_of(envelope: Arrangement, facts: Gathered) -> list[Bound]:
    """Where a retrained version stands in every bound of the envelope."""
    return [*_of_training(envelope, facts.version), *_of_results(envelope, facts)]


def why_outside(envelope: Arrangement, version: ModelVersion, bounds: Iterable[Bound]) -> list[str]:
    """Every bound that does not hold, in words; and what only people approve: conditions of use, and uses not named."""
    reasons = [f"{bound.told}." for bound in bounds if not bound.is_kept]
    reasons = [reason[:1].upper() + reason[1:] for reason in reasons]
    in_use = version.model.production_version()
    conditions = Arrangement.objects.holding().filter(model=version.model_id, kind=Arranged.CONDITION)
    if in_use and any(one.is_held_against(in_use) for one in conditions.select_related("version")):
        reasons.append(f"{in_use} is approved under conditions, which are decided about again.")
    left_out = uses_left_out(version.model, envelope.terms)
    return reasons + [f"It does not name {use}, which is in use." for use in left_out]


def uses_left_out(model: Model, terms: dict) -> list[Use]:
    """What is in use, and the terms of an envelope do not name."""
    return list(model.uses.in_use().exclude(number__in=terms.get("uses", ())).order_by("number"))


def warnings_of_envelope(facts: Gathered) -> list[str]:
    """Why a retrained version takes the ordinary way, although its model has an envelope."""
    version = facts.version
    if not Retraining.objects.filter(candidate=version).exists():
        return []
    envelope = envelope_of(version.model, facts.now)
    if envelope is None:
        return []
    outside = why_outside(envelope, version, bounds_of(envelope, facts))
    return [f"Not within {envelope.reference}: {reason}" for reason in outside]


def _of_training(envelope: Arrangement, version: ModelVersion) -> list[Bound]:
    """What the built-in pipeline knows of its own work: the days and rows it trained on, with what it found set."""
    terms, retraining = envelope.terms, Retraining.objects.filter(candidate=version).first()
    facts = retraining.metrics if retraining and version.registered_by_id is None else {}
    why = "" if facts else "the built-in pipeline did not train it"
    days, rows = facts.get("window_days"), facts.get("rows", {}).get("training")
    return [
        Bound(name=WINDOW, is_lower=False, bound=terms[WINDOW], measured=days, why=why),
        Bound(name=ROWS, is_lower=True, bound=terms[ROWS], measured=rows, why=why),
    ]


def _of_results(envelope: Arrangement, facts: Gathered) -> list[Bound]:
    """The worst of each measure, by the run over a window of the schedule; each must be decided."""
    found, counting = [], facts.counted
    for measure, bound in envelope.terms["bounds"].items():
        kind = MEASURES[measure].kind
        run = counting[kind].whole if kind in counting else None
        lower = measure in envelope.change.evidence[AT_LEAST]
        results = list(_results(run, measure)) if run else []
        worst = min if lower else max
        values = [result.value for result in results if result.value is not None]
        undecided = next((one for one in results if one.verdict not in DECIDED), None)
        found.append(
            Bound(
                name=measure,
                is_lower=lower,
                bound=bound,
                measured=worst(values, default=None),
                run=str(run.pk) if run else "",
                why=f"{undecided} is {undecided.verdict}" if undecided else _why_not_judged(measure, lower, facts),
            )
        )
    return found


def _results(run, measure: str):
    results = Result.objects.filter(run=run, measure=measure)
    return results.filter(segment="") if run.plan.kind == Kind.PERFORMANCE else results


def _why_not_judged(measure: str, lower: bool, facts: Gathered) -> str:
    """Why the policy in force no longer says of a measure what it said when the envelope was approved."""
    judged = limit(facts.document, measure, tier=facts.model.tier)
    if judged is None:
        return "the policy limits it no longer"
    return "" if (judged.direction is Direction.LOWER) == lower else "the policy limits it on the other side now"
