"""What the register says about a model beyond its name: one column for each attribute that is a single value."""

from django.db import models
from django.db.models import F, Q

from inventory.attributes import COLUMNS, Kind


def _text(name: str) -> models.Field:
    attribute = COLUMNS[name]
    if attribute.is_long:
        return models.TextField(blank=True)
    return models.CharField(max_length=attribute.longest, blank=True)


def _choice(name: str) -> models.CharField:
    words = [(word, word.replace("_", " ").capitalize()) for word in COLUMNS[name].choices]
    return models.CharField(max_length=30, choices=words, blank=True)


def _person(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name=related_name
    )


def _list() -> models.JSONField:
    return models.JSONField(default=list, blank=True)


class Described(models.Model):
    """Types, lengths and words are those of `inventory.attributes`."""

    regions = _list()
    legal_entities = _list()

    prohibited_uses = _text("prohibited_uses")
    observed_uses = _text("observed_uses")
    decisions_driven = _text("decisions_driven")
    users = _list()
    operating_boundaries = _text("operating_boundaries")
    use_frequency = _text("use_frequency")

    developer = _person("models_developed")
    validator = _person("models_validated")
    sponsor = _person("models_sponsored")

    model_type = _choice("model_type")
    method_family = _choice("method_family")
    uses_machine_learning = models.BooleanField(null=True, blank=True)
    learns_in_use = models.BooleanField(null=True, blank=True)
    regulatory_categories = _list()
    ai_act_role = _choice("ai_act_role")
    ai_act_class = _choice("ai_act_class")
    personal_data = _choice("personal_data")
    dpia_reference = _text("dpia_reference")
    explainability_required = _choice("explainability_required")

    tier_hint = _choice("tier_hint")
    exposure_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    exposure_measure = _text("exposure_measure")
    exposure_on = models.DateField(null=True, blank=True)
    supervisory_permission = _text("supervisory_permission")

    origin = _choice("origin")
    vendor = _text("vendor")
    vendor_contract = _text("vendor_contract")
    vendor_contract_ends_on = models.DateField(null=True, blank=True)
    components = _text("components")
    platform = _text("platform")
    endpoint = _text("endpoint")
    target_definition = _text("target_definition")
    developed_from = models.DateField(null=True, blank=True)
    developed_until = models.DateField(null=True, blank=True)
    development_sample = _text("development_sample")
    downstream_reports = _list()

    retention_class = _text("retention_class")
    retires_on = models.DateField(null=True, blank=True)
    successor = models.ForeignKey(
        "inventory.Model", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors"
    )

    class Meta:
        abstract = True


# Of the columns here; what a tier is made of has been checked by the services alone since before them.
_CHOICES = [name for name, attribute in COLUMNS.items() if attribute.kind == Kind.CHOICE and hasattr(Described, name)]
DESCRIBED_CONSTRAINTS = [
    *(
        models.CheckConstraint(condition=Q(**{f"{name}__in": ["", *COLUMNS[name].choices]}), name=f"{name}_is_known")
        for name in _CHOICES
    ),
    models.CheckConstraint(
        condition=Q(exposure_amount__isnull=True) | Q(exposure_amount__gte=0), name="exposure_is_no_less_than_nothing"
    ),
    models.CheckConstraint(
        condition=Q(developed_from__isnull=True)
        | Q(developed_until__isnull=True)
        | Q(developed_until__gte=F("developed_from")),
        name="development_ends_after_it_begins",
    ),
    models.CheckConstraint(
        condition=Q(successor__isnull=True) | ~Q(successor=F("id")), name="no_model_succeeds_itself"
    ),
]
