"""How long the record of a model and its documents are kept by the policy, and what keeps them beyond that."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db.models import QuerySet

from audits.workflows.models import Arrangement, Retirement
from audits.workflows.states import RetirementState
from inventory import policies
from inventory.contents.derived import day
from inventory.models import Document, Model, Policy

OF_THE_RECORD = ("retention_class", "record_kept_until")


@dataclass(frozen=True)
class Kept:
    """What is kept, its rule, and when it may be destroyed; without a day, why there is none.

    document  None where it is the record of the model itself
    named     the class that was said of it, which the schedule may not know
    """

    named: str
    rule: policies.RetentionRule
    until: date | None
    reason: str
    document: Document | None = None

    @property
    def title(self) -> str:
        return self.document.title if self.document else "The record of the model"

    @property
    def lines(self) -> list[str]:
        return [day(self.until) if self.until else "No day yet", self.reason]


def retention_of(model: Model, attribute: str = "documents") -> list[Kept]:
    """What an attribute is about that is kept for a time: every document, those included that no longer hold, or the
    record of the model itself."""
    if attribute not in ("documents", *OF_THE_RECORD):
        return []
    policy = Policy.objects.in_force().document
    hold = Arrangement.objects.on_hold().filter(model=model).order_by("starts_at").first()
    archived = archived_of([model.pk]).first()
    if attribute in OF_THE_RECORD:
        return [record_kept(model, policy, hold=hold, archived=archived)]
    documents = Document.objects.filter(model=model).select_related("model").order_by("added_at")
    return [_document_kept(document, policy, hold, archived) for document in documents]


def record_kept(model: Model, policy: dict, *, hold: Arrangement | None, archived: Retirement | None) -> Kept:
    """Until when the record of a model is kept: while it is not retired, then by its class or longer."""
    rule = policies.retention_rule(policy, model.retention_class)
    kept = partial(Kept, model.retention_class, rule)
    if hold:
        return kept(until=None, reason=_on_hold(hold))
    if model.retired_at is None:
        general = policies.retention_rule(policy, "")
        least = f", never for less than {general}" if rule != general else ""
        return kept(until=None, reason=f"Kept while the model is not retired, and for {rule}{least}.")
    until, longest = longest_rule(model, policy, model.retired_at.date())
    if archived and until < archived.retained_until:
        return kept(until=archived.retained_until, reason=f"As {archived.change.reference} says, which archived it.")
    return kept(until=until, reason=f"{longest.name or 'The general rule'}: {longest}.")


def longest_rule(model: Model, policy: dict, retired: date) -> tuple[date, policies.RetentionRule]:
    """The rule that keeps the record of a retired model longest: its class's, but never for less than the general one,
    so that no class that is meant for papers lets a whole record go."""
    rule, general = (policies.retention_rule(policy, name) for name in (model.retention_class, ""))
    begun = model.registered_at.date() if rule.runs_from == "addition" else retired
    return max((rule.ends_on(begun), rule), (general.ends_on(retired), general), key=lambda pair: pair[0])


def archived_of(keys: list) -> QuerySet[Retirement]:
    """The archives of these models."""
    archived = Retirement.objects.filter(change__model__in=keys, state=RetirementState.ARCHIVED)
    return archived.select_related("change")


def _document_kept(document: Document, policy: dict, hold: Arrangement | None, archived: Retirement | None) -> Kept:
    rule = policies.retention_rule(policy, document.retention_class)
    begun = {
        "retirement": document.model.retired_at,
        "end": document.ended_at or document.model.retired_at,  # Of a model that is no more, nothing holds any longer.
        "addition": document.added_at,
    }[rule.runs_from]
    kept = partial(Kept, document.retention_class, rule, document=document)
    if hold:
        return kept(until=None, reason=_on_hold(hold))
    if begun is None:
        return kept(until=None, reason=f"Kept; the years run from {policies.RETENTION_EVENTS[rule.runs_from]}.")
    until = rule.ends_on(begun.date())
    if archived and until < archived.retained_until:
        return kept(until=archived.retained_until, reason=f"As its model's records, by {archived.change.reference}.")
    return kept(until=until, reason=f"{rule.years} years after {day(begun)}.")


def _on_hold(hold: Arrangement) -> str:
    return f"Not before {hold.reference} is released: the model is on legal hold."
