"""Fields that the forms of the register share, and the field that an attribute asks for."""

from django import forms

from inventory import policies
from inventory.attributes import Field, Kind
from inventory.models import Policy, RegimePack
from mrm.accounts.models import Person

ANY = ("", "Any")
YES_OR_NO = [ANY, ("true", "Yes"), ("false", "No")]


def day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def since(told: str, label: str = "Holds since") -> forms.DateField:
    """The day from which something that is said late has been so."""
    return forms.DateField(label=label, required=False, widget=day(), help_text=told)


def yes_or_no(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=YES_OR_NO, coerce=lambda value: value == "true", empty_value=None, required=False
    )


def text_area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class PersonChoice(forms.ModelChoiceField):
    """People who can sign in; service accounts answer for nothing."""

    def __init__(self, **kwargs):
        super().__init__(Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True), **kwargs)


class Lines(forms.CharField):
    """A list of short texts, one per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        if isinstance(value, list):
            return value
        return [line.strip() for line in super().to_python(value).splitlines() if line.strip()]

    def has_changed(self, initial, data):
        return self.to_python(data) != (initial or [])


class Flag(forms.TypedChoiceField):
    """Yes, no, or nobody said."""

    WORDS = {"": None, "True": True, "False": False}

    def __init__(self, **kwargs):
        choices = [("", "Not stated"), ("True", "Yes"), ("False", "No")]
        super().__init__(choices=choices, coerce=self.WORDS.get, empty_value=None, **kwargs)


def field_of(attribute: Field, models, now=None) -> forms.Field:
    """`now` is what it holds already, which stays a choice."""
    told = {"label": attribute.label, "help_text": attribute.help, "required": attribute.is_required}
    words = [(word, word.replace("_", " ").capitalize()) for word in attribute.choices]
    if attribute.kind == Kind.FLAG and attribute.is_required:
        return forms.BooleanField(**told | {"required": False})  # Unticked is an answer, too.
    match attribute.kind:
        case Kind.CHOICE:
            nothing = "Choose one" if attribute.is_required else "Not stated"
            return forms.ChoiceField(choices=[("", nothing), *words], **told)
        case Kind.CHOICES:
            return forms.MultipleChoiceField(choices=words, widget=forms.CheckboxSelectMultiple, **told)
        case Kind.TEXTS:
            told["help_text"] = f"{attribute.help} One per line.".strip()
            return Lines(**told)
        case Kind.FLAG:
            return Flag(**told)
        case Kind.DATE:
            return forms.DateField(widget=day(), **told)
        case Kind.AMOUNT:
            return forms.DecimalField(min_value=0, max_digits=18, decimal_places=2, **told)
        case Kind.PERSON:
            return PersonChoice(empty_label="Nobody", **told)
        case Kind.MODEL:
            return forms.ModelChoiceField(models, empty_label="None", **told)
    if attribute.name == "retention_class" and (choices := _retention_choices(now)):
        return forms.ChoiceField(choices=choices, **told)
    if attribute.name == "regime":
        packs = RegimePack.objects.newest()
        return forms.ChoiceField(choices=[("", "Choose one"), *((pack.code, pack.title) for pack in packs)], **told)
    widget = text_area() if attribute.is_long else forms.TextInput()
    return forms.CharField(max_length=attribute.longest, widget=widget, **told)


def _retention_choices(now: str | None) -> list[tuple[str, str]]:
    """The classes of the schedule, where the policy in force has one; none where it is said in words of one's own."""
    policy = Policy.objects.in_force().document
    known = policies.retention_classes(policy)
    if not known:
        return []
    own = [(now, f"{now}: no class of the schedule")] if now and now not in known else []
    general = f"None: {policies.retention_rule(policy, '')}"
    return [("", general), *((name, f"{name}: {rule}") for name, rule in known.items()), *own]
