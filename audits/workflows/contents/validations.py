"""When each model is to be validated next, and how overdue that is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import Exists, Max, OuterRef, Q

from audits.workflows.models import ValidationOpinion, ValidationRequest
from inventory import policies
from inventory.contents.cadences import by_span, effective, own_of, set_apart
from inventory.models import Determination, Model, Policy
from inventory.states import Status

Kind = ValidationRequest.Kind
REVIEWING = (*policies.FULL_TYPES, Kind.ANNUAL_REVIEW)  # A full validation is a review as well.
# What each rhythm asks for: the kinds of validation that begin it anew.
RHYTHMS = {policies.FULL_VALIDATION: policies.FULL_TYPES, policies.ANNUAL_REVIEW: REVIEWING}
IN_USE = (Status.IN_USE, Status.RESTRICTED, Status.SUSPENDED)


@dataclass(frozen=True)
class Due:
    """The days by which a model is validated in full, and reviewed."""

    full_on: date
    review_on: date

    @property
    def next_on(self) -> date:
        return min(self.full_on, self.review_on)

    @property
    def kind(self) -> str:
        """What is due first; where both are, the full one, which is a review as well."""
        return Kind.PERIODIC_FULL if self.full_on <= self.review_on else Kind.ANNUAL_REVIEW

    def days_overdue(self, today: date) -> int:
        return max((today - self.next_on).days, 0)


def due_of(models: list[Model], *, document: dict | None = None) -> dict:
    """Per model in use that is neither exempt nor a tool, what is due next; of entries of the past, what was due then.

    What was never validated counts from its registration.
    """
    moment = models[0].stood_at if models else None
    document = document or Policy.objects.in_force_at(moment).document
    approved = ValidationOpinion.objects.approved(moment.instant if moment else None).filter(
        request__model__in=[model.pk for model in models]
    )
    last = {
        model: (full, review)
        for model, full, review in approved.order_by()
        .values_list("request__model")
        .annotate(
            full=Max("effective_on", filter=Q(request__kind__in=policies.FULL_TYPES)),
            review=Max("effective_on", filter=Q(request__kind__in=REVIEWING)),
        )
    }
    due, own = {}, own_of(models, moment=moment)
    tools = set(Determination.objects.tools(moment).filter(model__in=models).values_list("model", flat=True))
    for model in models:
        if model.tier == policies.EXEMPT or model.status not in IN_USE or model.pk in tools:
            continue
        full, review = last.get(model.pk, (None, None))
        registered = model.registered_at.date()
        full_every, review_every = (
            effective(model, rhythm, own.get((model.pk, rhythm)), document=document).span for rhythm in RHYTHMS
        )
        due[model.pk] = Due((full or registered) + full_every, (review or registered) + review_every)
    return due


def due_before(day: date, *, document: dict | None = None) -> Q:
    """The models of which a validation or a review is due before this day."""
    document = document or Policy.objects.in_force().document
    condition, own = Q(pk__in=[]), set_apart(*RHYTHMS)
    for tier in map(int, policies.TIERS):
        for rhythm, kinds in RHYTHMS.items():
            for part, span in by_span(rhythm, tier, document=document, own=own):
                since = day - span
                approved = ValidationOpinion.objects.approved().filter(
                    request__model=OuterRef("pk"), request__kind__in=kinds, effective_on__gte=since
                )
                registered_before = datetime.combine(since, time(), UTC)
                condition |= part & Q(tier=tier, registered_at__lt=registered_before) & ~Q(Exists(approved))
    return Q(status__in=IN_USE) & condition
