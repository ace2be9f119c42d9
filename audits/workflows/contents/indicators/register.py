"""Indicators of the register itself: what there is, how well it is described, and what much of it hangs on."""

from django.db.models import Count, F, Q
from django.db.models.functions import Lower

from audits.workflows.contents.indicators.scope import Found, Scope, count, share
from audits.workflows.models import Attestation
from inventory import policies
from inventory.attributes import BY_NAME
from inventory.contents.register import chosen
from inventory.models import DataSource, Policy, lacking

NOBODY = "No model that is not retired is in the register."
BOUGHT = ("vendor", "hybrid")


def by_tier(scope: Scope) -> dict[int, int]:
    """How many models there are of each tier."""
    found = dict(scope.register.values_list("tier").annotate(models=Count("pk")))
    return {tier: found.get(tier, 0) for tier in (*map(int, policies.TIERS), policies.EXEMPT)}


def machine_learning_share(scope: Scope) -> Found:
    nothing = "Of no model the register says whether it uses machine learning."
    return _share_saying(scope, "uses_machine_learning", (True,), of=(True, False), nothing=nothing)


def vendor_share(scope: Scope) -> Found:
    nothing = "Of no model the register says where it comes from."
    return _share_saying(scope, "origin", BOUGHT, of=BY_NAME["origin"].choices, nothing=nothing)


def tier_provisional_share(scope: Scope) -> Found:
    provisional = chosen(scope.register, {"provisional": True}).count()
    return share(provisional, scope.register.count(), nothing=NOBODY)


def register_incomplete(scope: Scope) -> Found:
    incomplete = lacking(Policy.objects.in_force().document)
    found = scope.register.aggregate(all=Count("pk"), part=Count("pk", filter=incomplete))
    return share(found["part"], found["all"], nothing=NOBODY)


def attestation_late(scope: Scope) -> Found:
    """Of the attestations that fell due within a year, those that were not given in time."""
    due = Attestation.objects.filter(scope.about, due_at__gte=scope.since.date(), due_at__lt=scope.moment.date())
    in_time = Q(attested_at__isnull=False, attested_at__date__lte=F("due_at"))
    found = due.aggregate(all=Count("pk"), late=Count("pk", filter=~in_time))
    return share(found["late"], found["all"], nothing="No attestation fell due within the last year.")


def concentration_source(scope: Scope) -> Found:
    """Of the models that name their data, those fed by the one source that feeds most."""
    stood = Q(ended_at__isnull=True) | Q(ended_at__gt=scope.moment)
    rows = DataSource.objects.filter(stood, added_at__lte=scope.moment, model__in=scope.visible.values("pk")).order_by()
    models = rows.aggregate(models=Count("model", distinct=True))["models"]
    by_source = rows.values(source=Lower("name")).annotate(models=Count("model", distinct=True)).order_by("-models")
    top = by_source.values_list("models", flat=True).first()
    return share(top or 0, models, nothing="No model names a source of its data.")


def concentration_vendor(scope: Scope) -> Found:
    """Of the models whose origin is known, those of the one vendor who supplies most."""
    known = sum(_by_value(scope, "origin"))
    nothing = "Of no model the register says where it comes from."
    return share(min(max(_by_value(scope, "vendor"), default=0), known), known, nothing=nothing)


def concentration_method(scope: Scope) -> Found:
    """Of the models whose family of methods is known, those of the commonest."""
    counts = _by_value(scope, "method_family")
    nothing = "Of no model the register says which family of methods it uses."
    return share(max(counts, default=0), sum(counts), nothing=nothing)


def retirements(scope: Scope) -> Found:
    return count(scope.visible.filter(retired_at__gt=scope.since, retired_at__lte=scope.moment).count())


def _share_saying(scope: Scope, attribute: str, wanted: tuple, *, of: tuple, nothing: str) -> Found:
    """The part with one of the wanted values, of the models with any of `of`."""
    name = scope.says(attribute)
    part, every = (Q(*((name, value) for value in values), _connector=Q.OR) for values in (wanted, of))
    found = scope.register.aggregate(part=Count("pk", filter=part), of=Count("pk", filter=every))
    return share(found["part"], found["of"], nothing=nothing)


def _by_value(scope: Scope, attribute: str) -> list[int]:
    """How many models have each value of an attribute, without those that have none."""
    name = scope.says(attribute)
    said = scope.register.filter(**{f"{name}__isnull": False}).exclude(**{name: ""})
    return list(said.values(name).annotate(models=Count("pk")).values_list("models", flat=True))
