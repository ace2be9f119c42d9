"""How long the documents of a model are kept by the policy in force, and what keeps them beyond that."""

from dataclasses import dataclass
from datetime import date

from audits.workflows.models import Arrangement, Retirement
from audits.workflows.states import RetirementState
from inventory import policies
from inventory.models import Document, Model, Policy
from mrm.pages.wording import day


@dataclass(frozen=True)
class Kept:
    """One document, its rule, and when it may be destroyed; without a day, why there is none."""

    document: Document
    rule: policies.RetentionRule
    until: date | None
    reason: str


def retention_of(model: Model) -> list[Kept]:
    """Every document of a model, those included that no longer hold."""
    policy = Policy.objects.in_force().document
    hold = Arrangement.objects.on_hold().filter(model=model).order_by("starts_at").first()
    archived = Retirement.objects.filter(change__model=model, state=RetirementState.ARCHIVED).first()
    documents = Document.objects.filter(model=model).select_related("model").order_by("added_at")
    return [_kept(document, policy, hold, archived) for document in documents]


def _kept(document: Document, policy: dict, hold: Arrangement | None, archived: Retirement | None) -> Kept:
    rule = policies.retention_rule(policy, document.retention_class)
    begun = {
        "retirement": document.model.retired_at,
        "end": document.ended_at,
        "addition": document.added_at,
    }[rule.runs_from]
    if hold:
        return Kept(document, rule, None, f"Not before {hold.reference} is released: the model is on legal hold.")
    if begun is None:
        return Kept(document, rule, None, f"Kept; the years run from {policies.RETENTION_EVENTS[rule.runs_from]}.")
    until = rule.ends_on(begun.date())
    if archived and until < archived.retained_until:
        return Kept(document, rule, archived.retained_until, f"As its model's records, by {archived.change.reference}.")
    return Kept(document, rule, until, f"{rule.years} years after {day(begun)}.")
