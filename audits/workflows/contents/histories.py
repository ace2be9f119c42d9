"""What was said about an attribute before, also where it follows from assessments, findings and validations."""

from datetime import UTC

from django.db.models.functions import TruncDate

from audits.trail.models import Action, Entry
from audits.workflows.contents.assurance import assurance_of
from inventory.attributes import Attribute, Kind
from inventory.contents.histories import FOLLOWED, Change, steps_of
from inventory.contents.histories import history_of as said_of
from inventory.contents.history import model_as_it_stood
from inventory.models import Model, ModelRecord, Moment, Policy

RATING = "residual_rating"
# What a residual rating rests on. An opinion that lapses leaves no entry: the next of these tells what it came to.
RATED_BY = (
    Action.MODEL_REGISTERED,
    Action.MODEL_EDITED,
    Action.MODEL_TIER_PROPOSED,
    Action.MODEL_TIERED,
    Action.MODEL_EXEMPTION_LAPSED,
    Action.VERSION_PROMOTED,
    Action.ASSESSMENT_COMPLETED,
    Action.FINDING_RAISED,
    Action.FINDING_UPHELD,
    Action.FINDING_DROPPED,
    Action.FINDING_CLOSED,
    Action.FINDING_REOPENED,
    Action.OPINION_APPROVED,
    Action.OPINION_VOIDED,
)
MOST_DAYS = 12  # Each is looked at as the register and everything else stood that evening.


def keeps_history(attribute: Attribute) -> bool:
    return attribute.kind != Kind.DERIVED or attribute.name == RATING or attribute.name in FOLLOWED


def history_of(model: Model, attribute: Attribute) -> list[Change]:
    """Who said what about one attribute and when, newest first; of the residual rating what it came to."""
    return _history_of_rating(model) if attribute.name == RATING else said_of(model, attribute)


def _history_of_rating(model: Model) -> list[Change]:
    """On the last days on which something was recorded that it rests on."""
    entries = Entry.objects.filter(model_slug=model.slug, action__in=RATED_BY).only("at", "actor_name", "position")
    last_of_days = entries.annotate(day=TruncDate("at", tzinfo=UTC)).order_by("-day", "-position").distinct("day")
    told = []
    for entry in reversed(last_of_days[:MOST_DAYS]):
        moment = Moment.of(entry.day)
        record = ModelRecord.objects.standing(moment).filter(subject=model.pk).first()
        if then := model_as_it_stood(record, moment):
            rating = assurance_of([then], Policy.objects.in_force_at(moment).document)[model.pk][RATING]
            told.append((entry, " – ".join(rating)))
    return steps_of(told)
