"""Which models share a data source, a vendor or a family of methods: what fails for one fails for all of them."""

from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Lower

from inventory.models import DataSource, Model, ModelRecord, Moment
from inventory.states import Status

WHAT = {"data_source": "Data sources", "vendor": "Vendors", "method_family": "Families of methods"}
LIVE = (Status.IN_USE, Status.RESTRICTED, Status.SUSPENDED)


@dataclass(frozen=True)
class Held:
    """One thing that models have in common, and what rests on it."""

    name: str
    models: int
    live: int
    tier_1: int


def held_in_common(visible: QuerySet[Model], what: str, *, least: int = 2, most: int) -> list[Held]:
    """What at least so many of the visible models name, the most widely shared first; retired ones do not count."""
    living = visible.exclude(status=Status.RETIRED)
    if what == "data_source":
        rows, model = DataSource.objects.standing().filter(model__in=living), "model__"
        rows = rows.annotate(folded=Lower("name"))
    else:
        rows, model = living.exclude(**{what: ""}).annotate(folded=Lower(what)), ""
    counted = (
        rows.order_by()
        .values("folded")
        .annotate(
            told=Min("name" if model else what),
            models=Count(f"{model}pk", distinct=True),
            live=Count(f"{model}pk", distinct=True, filter=Q(**{f"{model}status__in": LIVE})),
            tier_1=Count(f"{model}pk", distinct=True, filter=Q(**{f"{model}tier": 1})),
        )
    )
    found = counted.filter(models__gte=least).order_by("-models", "folded")[:most]
    return [Held(one["told"], one["models"], one["live"], one["tier_1"]) for one in found]


def naming(what: str, name: str, kind: type[Model | ModelRecord], moment: Moment | None) -> Q:
    """Those that name one of these, whatever the case of its letters: present entries, or records at a moment."""
    if what == "data_source":
        rows = DataSource.objects.standing(moment).annotate(folded=Lower("name")).filter(folded=name.lower())
        return Q(**{"pk__in" if kind is Model else "subject__in": rows.values("model")})
    return Q(**{f"{what if kind is Model else f'fields__{what}'}__iexact": name})
