"""How often each thing about a model is looked at: the one place that knows.

The policy's tier and its stricter rules say how often it must be; what was set for the model itself may be stricter at
any time, and looser while an approved change holds. Neither ever acts the other way, whatever the policy says later.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from inventory import policies
from inventory.models import Cadence, Model, Moment, Policy


@dataclass(frozen=True)
class Effective:
    """How often one thing about a model is looked at; `own` is what was set for it, where that is what counts."""

    rhythm: str
    label: str
    every: str
    span: timedelta
    required: policies.Required
    own: Cadence | None = None

    @property
    def is_looser(self) -> bool:
        """Less often than the policy wants, for a time."""
        return self.span > self.required.span

    @property
    def why(self) -> str:
        return self.own.reason if self.own else self.required.why


def cadence_of(model: Model, rhythm: str, *, document: dict | None = None, today: date | None = None) -> Effective:
    """How often one thing about one model is looked at."""
    own = Cadence.objects.holding(_day(today)).filter(model=model, rhythm=rhythm).first()
    return effective(model, rhythm, own, document=_document(document))


def cadences_of(model: Model, *, document: dict | None = None, today: date | None = None) -> list[Effective]:
    """Everything about a model that is looked at in a rhythm."""
    document, own = _document(document), own_of([model], today=today)
    rhythms = (policies.ATTESTATION,) if model.tier == policies.EXEMPT else tuple(policies.RHYTHMS)
    return [effective(model, rhythm, own.get((model.pk, rhythm)), document=document) for rhythm in rhythms]


def own_of(models: Iterable[Model], *, today: date | None = None, moment: Moment | None = None) -> dict[tuple, Cadence]:
    """What was set for these models themselves, by model and rhythm, or had been at a moment; one query for all."""
    today = moment.as_of if moment else _day(today)
    rows = Cadence.objects.holding(today, moment).filter(model__in=[model.pk for model in models])
    return {(row.model_id, row.rhythm): row for row in rows}


def effective(model: Model, rhythm: str, own: Cadence | None, *, document: dict) -> Effective:
    """What counts, of what the policy wants and what was set for the model."""
    facts = {name: getattr(model, name) for name in policies.ASKED}
    required = policies.required_span(document, model.tier, rhythm, facts)
    label = policies.RHYTHMS[rhythm]
    if own is not None:
        span = policies.LENGTHS[rhythm][own.every]
        if (span > required.span) if own.loosens else (span < required.span):
            return Effective(rhythm, label, own.every, span, required, own)
    return Effective(rhythm, label, required.every, required.span, required)


def set_apart(*rhythms: str, today: date | None = None) -> list[Cadence]:
    """What was set for any model itself, of these rhythms; one query."""
    return list(Cadence.objects.holding(_day(today)).filter(rhythm__in=rhythms).select_related("model"))


def by_span(rhythm: str, tier: int, *, document: dict, own: list[Cadence]) -> list[tuple[Q, timedelta]]:
    """The models of a tier in parts that are looked at equally often, each as a condition on models.

    own  what was set for models themselves, as `set_apart` finds it
    """
    apart = defaultdict(list)
    for row in own:
        if row.rhythm == rhythm and row.model.tier == tier:
            apart[effective(row.model, rhythm, row, document=document).span].append(row.model_id)
    parts = [(Q(pk__in=ids), span) for span, ids in apart.items()]
    others = Q(tier=tier)
    if apart:
        others &= ~Q(pk__in=[pk for ids in apart.values() for pk in ids])
    for when, required in policies.stricter_rules(document, tier, rhythm):
        met = _met(when)
        parts.append((others & met, required.span))
        others &= ~met
    return [*parts, (others, policies.tier_span(document, tier, rhythm).span)]


def looser(models=None, *, today: date | None = None):
    """What holds less often than the policy wanted when it was decided, of these models or of all."""
    rows = Cadence.objects.holding(_day(today)).filter(loosens=True)
    return rows if models is None else rows.filter(model__in=models)


def _met(when: dict[str, list[str]]) -> Q:
    """Of each list that a rule asks about, one entry suffices."""
    asked = [
        Q(*(Q(**{f"{name}__contains": [one]}) for one in wanted), _connector=Q.OR) for name, wanted in when.items()
    ]
    return Q(*asked)


def _document(document: dict | None) -> dict:
    return document or Policy.objects.in_force().document


def _day(today: date | None) -> date:
    return today or timezone.now().date()
