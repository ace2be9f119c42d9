"""Which models depend on which: neighbours, paths, and everything that a change or a retirement would reach."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from inventory.contents.history import models_as_they_stood
from inventory.contents.shared import naming
from inventory.models import DataSource, Dependency, Model, ModelRecord, Moment
from inventory.states import Status

MOST_SHOWN = 12


@dataclass(frozen=True)
class Reached:
    """A model that takes in another's output, directly (1) or through others."""

    model: Model
    steps: int

    @property
    def is_live(self) -> bool:
        return is_live(self.model)


def is_live(model: Model) -> bool:
    """Whether it is in use, or restricted or suspended from use."""
    return model.status not in (Status.IN_DEVELOPMENT, Status.RETIRED)


def consumers_of(model: Model, moment: Moment | None = None) -> list[Reached]:
    """Every model downstream of one, nearest first: whom its change or retirement would reach, or would have."""
    reached, level, steps = {model.pk: None}, [model.pk], 0
    found = []
    while level:
        steps += 1
        edges = Dependency.objects.standing(moment).filter(upstream__in=level).select_related("model__owner")
        nearest = {edge.model_id: edge.model for edge in edges.order_by("model__name") if edge.model_id not in reached}
        reached.update(nearest)
        found += [Reached(consumer, steps) for consumer in nearest.values()]
        level = list(nearest)
    return found


def ways_to_live_consumers_of(model: Model) -> list[list[Model]]:
    """The ways down to models in use that take in its output, nearest first: none may be left when it retires.

    A way leads through what is not in use itself, such as a tool; what lies behind a model in use is its own matter.
    """
    ways, level, found = {model.pk: []}, [model.pk], []
    while level:
        edges = Dependency.objects.standing().filter(upstream__in=level).exclude(model__status=Status.RETIRED)
        level = []
        for edge in edges.select_related("model").order_by("model__name"):
            if edge.model_id not in ways:
                ways[edge.model_id] = [*ways[edge.upstream_id], edge.model]
                if is_live(edge.model):
                    found.append(ways[edge.model_id])
                else:
                    level.append(edge.model_id)
    return found


def why_still_needed(model: Model) -> list[str]:
    """Why a model may not retire yet: one sentence for each model in use that takes in its output."""
    return [_need(consumer, between, model) for *between, consumer in ways_to_live_consumers_of(model)]


def _need(consumer: Model, between: list[Model], model: Model) -> str:
    through = "".join(f" through {one}" for one in reversed(between))
    remedy = "end one of these dependencies" if between else "end that dependency"
    return f"{consumer} is in use and takes in what {model} gives{through}; {remedy} or retire {consumer} first."


@dataclass(frozen=True)
class Neighbourhood:
    """What one person may see around a model; of models that they may not see, only how many there are."""

    above: list[Dependency]
    below: list[Dependency]
    reached: list[Reached]
    hidden: int


def neighbourhood_of(model: Model, visible: QuerySet[Model], moment: Moment | None = None) -> Neighbourhood:
    """Its neighbours and everything that a change would reach, as far as they are among the visible models.

    At a moment: as the register told of the dependencies, and of the models at their other ends, then.
    """
    above, below = list(upstream_of(model, moment)), list(downstream_of([model], moment))
    reached = consumers_of(model, moment)
    around = {edge.upstream_id for edge in above} | {one.model.pk for one in reached}
    if moment:
        records = ModelRecord.objects.standing(moment).filter(subject__in=around)
        then = {one.pk: one for one in models_as_they_stood(records, moment)}
        for edge in above:
            edge.upstream = then.get(edge.upstream_id, edge.upstream)
        for edge in below:
            edge.model = then.get(edge.model_id, edge.model)
        reached = [Reached(then.get(one.model.pk, one.model), one.steps) for one in reached]
    seen = set(visible.filter(pk__in=around).values_list("pk", flat=True))
    return Neighbourhood(
        [edge for edge in above if edge.upstream_id in seen],
        [edge for edge in below if edge.model_id in seen],
        [one for one in reached if one.model.pk in seen],
        len(around - seen),
    )


def path_between(consumer: Model, upstream: Model) -> list[Model]:
    """The models from `consumer` up to `upstream`, both included, by the shortest way; empty where there is none."""
    if consumer.pk == upstream.pk:
        return [consumer]
    came_from, level = {consumer.pk: None}, [consumer.pk]
    while level and upstream.pk not in came_from:
        edges = Dependency.objects.standing().filter(model__in=level).values_list("model", "upstream")
        level = []
        for below, above in edges:
            if above not in came_from:
                came_from[above] = below
                level.append(above)
    if upstream.pk not in came_from:
        return []
    way = [upstream.pk]
    while came_from[way[-1]] is not None:
        way.append(came_from[way[-1]])
    models = Model.objects.in_bulk(way)
    return [models[key] for key in reversed(way)]


def upstream_of(model: Model, moment: Moment | None = None) -> QuerySet[Dependency]:
    edges = Dependency.objects.standing(moment).filter(model_id=model.pk)
    return edges.select_related("upstream__owner").order_by("upstream__name")


def downstream_of(models: Iterable[Model], moment: Moment | None = None) -> QuerySet[Dependency]:
    edges = Dependency.objects.standing(moment).filter(upstream__in=[model.pk for model in models])
    return edges.select_related("model__owner").order_by("model__name")


@dataclass(frozen=True)
class Shared:
    """Something that this model has in common with others: a data source, a vendor, a family of methods."""

    what: str
    name: str
    others: list[Model | ModelRecord]
    total: int


def shared_by(model: Model, visible: QuerySet[Model], moment: Moment | None = None) -> list[Shared]:
    """What it shares, or shared at a moment, with the models that are in the same boat, among those one may see."""
    if moment:
        rows, own = ModelRecord.objects.standing(moment).filter(subject__in=visible.values("pk")), "subject"
    else:
        rows, own = visible, "pk"
    others = rows.exclude(**{own: model.pk}).exclude(status=Status.RETIRED).order_by("name")
    sources = DataSource.objects.standing(moment).filter(model_id=model.pk).order_by("name")
    said = [("data_source", "data source", name, name) for name in sources.values_list("name", flat=True)]
    said += [("vendor", "vendor", model.vendor, model.vendor)] if model.vendor else []
    if model.method_family:
        told = model.get_method_family_display()
        said.append(("method_family", "family of methods", told, model.method_family))
    found = [(label, told, others.filter(naming(what, name, rows.model, moment))) for what, label, told, name in said]
    shared = [Shared(what, name, list(same[:MOST_SHOWN]), same.count()) for what, name, same in found]
    return [one for one in shared if one.total]


@dataclass(frozen=True)
class Box:
    """One model of the picture: where it stands and what it is."""

    model: Model
    x: int
    y: int
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A model between what it depends on and what depends on it: the neighbours and no more."""

    width: int
    height: int
    focus: Box
    upstream: list[Box]
    downstream: list[Box]
    hidden: int


BOX_WIDTH, BOX_HEIGHT, BOX_STEP, COLUMN = 200, 44, 56, 290


def picture_of(model: Model, above: list[Dependency], below: list[Dependency]) -> Picture:
    """Upstream on the left, downstream on the right; what does not fit is in the list beside it."""
    left, right = above[:MOST_SHOWN], below[:MOST_SHOWN]
    rows = max(len(left), len(right), 1)
    middle = (rows * BOX_STEP - BOX_STEP) // 2

    def column(edges: list[Dependency], x: int, side: str) -> list[Box]:
        top = middle - (len(edges) - 1) * BOX_STEP // 2
        return [
            Box(getattr(edge, side), x, top + place * BOX_STEP, edge.get_kind_display())
            for place, edge in enumerate(edges)
        ]

    focus = COLUMN if left else 0  # No room is left for a side that is empty.
    return Picture(
        width=focus + (COLUMN if right else 0) + BOX_WIDTH,
        height=rows * BOX_STEP,
        focus=Box(model, focus, middle),
        upstream=column(left, 0, "upstream"),
        downstream=column(right, focus + COLUMN, "model"),
        hidden=len(above) + len(below) - len(left) - len(right),
    )


def orphan_dependencies() -> QuerySet[Dependency]:
    """Dependencies of living models on retired ones: somebody must say what takes their place."""
    rows = Dependency.objects.standing().filter(upstream__status=Status.RETIRED).exclude(model__status=Status.RETIRED)
    return rows.select_related("model", "upstream")
