"""Which models share a data source, a vendor or a family of methods: what fails for one fails for all of them."""

from dataclasses import dataclass

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
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


def held_in_common(
    visible: QuerySet[Model | ModelRecord], what: str, *, moment: Moment | None = None, least: int = 2, most: int
) -> list[Held]:
    """What at least so many of the visible models name, the most widely shared first; retired ones do not count.

    At a moment of the past, of the records that stood then.
    """
    living = visible.exclude(status=Status.RETIRED).order_by()
    key = "subject" if moment else "pk"
    if what == "data_source":
        rows = DataSource.objects.standing(moment).filter(model__in=living.values(key))
        mine = living.filter(**{key: OuterRef("model")})
        rows = rows.annotate(said=F("name"), status=Subquery(mine.values("status")), tier=Subquery(mine.values("tier")))
        key = "model"
    else:
        rows = living.annotate(said=KT(f"fields__{what}") if moment else F(what)).exclude(said="")
    counted = (
        rows.order_by()
        .annotate(folded=Lower("said"))
        .values("folded")
        .annotate(
            told=Min("said"),
            models=Count(key, distinct=True),
            live=Count(key, distinct=True, filter=Q(status__in=LIVE)),
            tier_1=Count(key, distinct=True, filter=Q(tier=1)),
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
