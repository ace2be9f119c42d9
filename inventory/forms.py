"""What the pages of the register ask for."""

import copy
import json
import re
from itertools import product

from django import forms
from django.conf import settings

from audits.statistics.limits import DecidedBy
from audits.trail.models import Action
from inventory import policies
from inventory.attributes import BY_NAME, Attribute, Field, Kind, why_not_change
from inventory.contents.register import ORDERINGS
from inventory.models.models import LEVELS
from inventory.states import Status
from mrm.accounts.models import Person, Workspace
from mrm.pages import wording

LARGEST_POLICY = 256 * 1024
LEVEL_CHOICES = [("", "Not assessed"), *LEVELS]
ANY = ("", "Any")
YES_OR_NO = [ANY, ("true", "Yes"), ("false", "No")]


def _date() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _yes_or_no(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=YES_OR_NO, coerce=lambda value: value == "true", empty_value=None, required=False
    )


def _text_area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class PersonChoice(forms.ModelChoiceField):
    """People who can sign in; service accounts answer for nothing."""

    def __init__(self, **kwargs):
        super().__init__(Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True), **kwargs)


# What the page of registration asks for; a name and an owner suffice, and the rest can wait.
ESSENTIALS = (
    "name",
    "owner",
    "business_unit",
    "purpose",
    "description",
    "methodology",
    "exposure",
    "purpose_level",
    "complexity",
    "reliance",
    "affects_natural_persons",
)


class RegistrationForm(forms.Form):
    """A model to register: where, the essentials, and what else the policy wants to know at once."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None)

    def __init__(self, *args, workspaces, wanted, models, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces
        if len(workspaces) == 1:
            self.fields["workspace"].initial = workspaces[0]
        for name in (*ESSENTIALS, *(name for name in wanted if name not in ESSENTIALS)):
            self.fields[name] = _field_of(BY_NAME[name], models)


class AttributeForm(forms.Form):
    """One group of attributes as the table describes them; what the person's roles may not change is shown only."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    effective_on = forms.DateField(
        label="Holds since",
        required=False,
        widget=_date(),
        help_text="Where what you change was so before today: since when. The register keeps both dates.",
    )

    def __init__(self, *args, attributes: list[Attribute], roles, models, **kwargs):
        super().__init__(*args, **kwargs)
        for attribute in attributes:
            self.fields[attribute.name] = field = _field_of(attribute, models)
            if why_not := why_not_change(attribute, roles):
                field.disabled, field.help_text = True, why_not
        self.order_fields([*(attribute.name for attribute in attributes), "effective_on"])

    def said(self) -> dict:
        """The values to keep. Of what held before today, only what was typed anew: the form brings every field."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in self.base_fields}
        if not self.cleaned_data["effective_on"]:
            return said
        return {name: said[name] for name in self.changed_data if name in said}


class RegisterFilter(forms.Form):
    """Which models, sorted how, and as of when; the same names as in the API."""

    search = forms.CharField(label="Words", required=False, max_length=200)
    status = forms.ChoiceField(
        choices=[ANY, *((status.value, status.replace("_", " ").capitalize()) for status in Status)], required=False
    )
    tier = forms.TypedChoiceField(
        choices=[ANY, *((str(tier), f"Tier {tier}") for tier in (1, 2, 3, 0))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    provisional = _yes_or_no("Tier to confirm")
    affects_natural_persons = _yes_or_no("Natural persons")
    as_of = forms.DateField(label="As of", required=False, widget=_date())
    known_on = forms.DateField(label="Known on", required=False, widget=_date())
    business_unit = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    owner = PersonChoice(required=False, widget=forms.HiddenInput)
    workspace = forms.SlugField(required=False, widget=forms.HiddenInput)
    ordering = forms.ChoiceField(
        choices=[(f"{dash}{name}", name) for name in ORDERINGS for dash in ("", "-")],
        required=False,
        widget=forms.HiddenInput,
    )

    def clean(self):
        wanted = super().clean()
        if wanted.get("known_on") and not wanted.get("as_of"):
            self.add_error("as_of", "Say of which day the register is asked for; “known on” alone is no question.")
        return wanted


class SurveyForm(forms.Form):
    """A filled-in sheet, and until when what its models lack is dated debt."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None)
    sheet = forms.FileField(
        label="Sheet", widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}), help_text="CSV in UTF-8, or .xlsx."
    )
    baselined_until = forms.DateField(
        label="Baselined until",
        required=False,
        widget=_date(),
        help_text="For a portfolio taken over: what its models lack is shown as dated debt until this day, apart from "
        "what is overdue.",
    )

    def __init__(self, *args, workspaces, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces

    def clean_sheet(self):
        sheet = self.cleaned_data["sheet"]
        if sheet.size > settings.MAXIMUM_UPLOAD_BYTES:
            raise forms.ValidationError(f"The sheet is larger than {settings.MAXIMUM_UPLOAD_BYTES // 2**20} MiB.")
        return sheet


class DatesForm(forms.Form):
    """Two days to compare, and on which day both are judged."""

    since = forms.DateField(label="From", widget=_date())
    until = forms.DateField(label="To", widget=_date())
    known_on = forms.DateField(label="Known on", required=False, widget=_date())


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


def _field_of(attribute: Field, models) -> forms.Field:
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
            return forms.DateField(widget=_date(), **told)
        case Kind.AMOUNT:
            return forms.DecimalField(min_value=0, max_digits=18, decimal_places=2, **told)
        case Kind.PERSON:
            return PersonChoice(empty_label="Nobody", **told)
        case Kind.MODEL:
            return forms.ModelChoiceField(models, empty_label="None", **told)
    widget = _text_area() if attribute.is_long else forms.TextInput()
    return forms.CharField(max_length=attribute.longest, widget=widget, **told)


class ParticularForm(forms.Form):
    """One row of an attribute, as the table of particulars describes it; with its file where it is a document."""

    def __init__(self, *args, fields: tuple[Field, ...], models, with_file: bool, **kwargs):
        super().__init__(*args, **kwargs)
        for field in fields:
            self.fields[field.name] = _field_of(field, models)
        if with_file:
            self.fields["file"] = forms.FileField(help_text="Kept under its SHA-256 as it is, and never opened here.")


class EndForm(forms.Form):
    reason = forms.CharField(widget=_text_area(), max_length=2000, help_text="Why it no longer holds.")


class UseForm(forms.Form):
    """What a model is wanted for; a title suffices to begin."""

    title = forms.CharField(max_length=200, help_text="Such as Pricing of instalment loans.")
    business_purpose = forms.CharField(
        widget=_text_area(), max_length=20_000, required=False, help_text="Which decisions rest on it."
    )
    population = forms.CharField(
        widget=_text_area(), max_length=20_000, required=False, help_text="Whom or what it may be applied to."
    )
    operating_boundaries = forms.CharField(
        widget=_text_area(),
        max_length=20_000,
        required=False,
        help_text="Within which inputs, markets and dates it holds.",
    )
    prohibited_uses = forms.CharField(
        widget=_text_area(), max_length=20_000, required=False, help_text="What it must not be used for."
    )
    reliance = forms.ChoiceField(choices=LEVEL_CHOICES, required=False, help_text="High where it decides alone.")
    environment = forms.CharField(max_length=100, required=False, help_text="Where it runs.")
    users = forms.CharField(max_length=500, required=False, help_text="Units and systems that use it.")
    frequency = forms.CharField(max_length=200, required=False, help_text="Such as: with each application.")
    volume = forms.CharField(max_length=200, required=False, help_text="Such as: about 4 000 a month.")


class UseEditForm(UseForm):
    """The same, and the revision that the editor saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class TrailFilter(forms.Form):
    q = forms.CharField(label="Object", required=False, max_length=200)
    person = forms.CharField(required=False, max_length=200)
    action = forms.ChoiceField(choices=[("", "Any"), *Action.choices], required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class PolicyForm(forms.Form):
    """Cadences and limits of a policy, every field named by its path in the document, so that faults find it."""

    NEW = "new"

    def __init__(self, data=None, *, document: dict, **kwargs):
        super().__init__(data, **kwargs)
        self.base = document
        for tier, kind in product(policies.TIERS, policies.ASSESSMENTS):
            self.fields[f"tiers.{tier}.cadence.{kind}"] = forms.ChoiceField(
                label=f"{kind} at tier {tier}",
                choices=[(name, name) for name in policies.CADENCES],
                initial=document["tiers"][tier]["cadence"][kind],
            )
        for place, entry in enumerate(document["limits"]):
            self._add_limit(str(place), entry)
            self.fields[f"limits[{place}].drop"] = forms.BooleanField(label="Drop this limit", required=False)
        self._add_limit(self.NEW, {})
        self._add_case()
        self.fields["reason"] = forms.CharField(
            label="Why", widget=_text_area(), max_length=2000, help_text="Read by whoever publishes it, and kept."
        )

    def _add_limit(self, place: str, entry: dict) -> None:
        named = f"limits[{place}]"
        for colour in ("amber", "red"):
            self.fields[f"{named}.{colour}"] = forms.FloatField(
                label=f"{colour.capitalize()} from", required=False, initial=entry.get(colour)
            )
        self.fields[f"{named}.decided_by"] = forms.ChoiceField(
            label="Decided by",
            choices=[(decider.value, decider.value) for decider in DecidedBy],
            initial=entry.get("decided_by", DecidedBy.POINT.value),
        )
        self.fields[f"{named}.minimum_size"] = forms.IntegerField(
            label="Rows at least", required=False, min_value=1, initial=entry.get("minimum_size")
        )

    def _add_case(self) -> None:
        """What a new limit is about."""
        named = f"limits[{self.NEW}]"
        measures = sorted((wording.sentence(measure), measure) for measure in policies.MEASURES)
        self.fields[f"{named}.measure"] = forms.ChoiceField(
            label="Measure",
            required=False,
            choices=[("", "No new limit"), *((name, title) for title, name in measures)],
        )
        self.fields[f"{named}.role"] = forms.ChoiceField(
            label="Columns", required=False, choices=[("", "All"), ("score", "The score"), ("feature", "Features"), ("text", "Texts")]
        )
        self.fields[f"{named}.tier"] = forms.ChoiceField(
            label="Tier", required=False, choices=[("", "All"), *((tier, tier) for tier in policies.TIERS)]
        )
        self.fields[f"{named}.direction"] = forms.ChoiceField(
            label="Bad is", choices=[("upper", "above"), ("lower", "below")], initial="upper"
        )

    def cadence_rows(self):
        return [
            (wording.sentence(kind), [self[f"tiers.{tier}.cadence.{kind}"] for tier in policies.TIERS])
            for kind in policies.ASSESSMENTS
        ]

    def limit_rows(self):
        names = ("amber", "red", "decided_by", "minimum_size", "drop")
        return [
            (entry, [self[f"limits[{place}].{name}"] for name in names])
            for place, entry in enumerate(self.base["limits"])
        ]

    def new_limit(self):
        names = ("measure", "role", "tier", "direction", "amber", "red", "decided_by", "minimum_size")
        return [self[f"limits[{self.NEW}].{name}"] for name in names]

    def document(self) -> dict:
        """The policy as it would be with what was filled in."""
        document = copy.deepcopy(self.base)
        for tier, kind in product(policies.TIERS, policies.ASSESSMENTS):
            document["tiers"][tier]["cadence"][kind] = self.cleaned_data[f"tiers.{tier}.cadence.{kind}"]
        document["limits"] = [self._limit(place) for place in self._places()]
        return document

    def at_its_field(self, path: str) -> str:
        """The field in which a fault of the document is put right; where there is none, its path again."""
        found = re.match(r"limits\[(\d+)\](?:\.(\w+))?", path)
        if not found:
            return path
        place = self._places()[int(found[1])]
        named = f"limits[{place}].{found[2] or 'red'}"
        return named if named in self.fields else f"limits[{place}].red"

    def _places(self) -> list[str]:
        """The rows that stay, in order; a new limit for some columns or tiers goes before those it is taken out of."""
        places = [
            str(place)
            for place in range(len(self.base["limits"]))
            if not self.cleaned_data.get(f"limits[{place}].drop")
        ]
        new = f"limits[{self.NEW}]"
        if not self.cleaned_data.get(f"{new}.measure"):
            return places
        is_special = self.cleaned_data[f"{new}.role"] or self.cleaned_data[f"{new}.tier"]
        return [self.NEW, *places] if is_special else [*places, self.NEW]

    def _limit(self, place: str) -> dict:
        given = {
            name: self.cleaned_data[f"limits[{place}].{name}"]
            for name in ("amber", "red", "decided_by", "minimum_size")
        }
        entry = dict(self._new_case() if place == self.NEW else self.base["limits"][int(place)])
        for name, value in given.items():
            if value is None:
                entry.pop(name, None)
            elif name in entry or (name, value) != ("decided_by", DecidedBy.POINT):
                entry[name] = value
        return entry

    def _new_case(self) -> dict:
        chosen = {
            name: self.cleaned_data[f"limits[{self.NEW}].{name}"] for name in ("measure", "role", "tier", "direction")
        }
        tier = chosen.pop("tier")
        return {name: value for name, value in chosen.items() if value} | ({"tiers": [tier]} if tier else {})


class PolicyDocumentForm(forms.Form):
    """The whole policy as JSON, typed or as a file."""

    file = forms.FileField(required=False, help_text="A JSON file; it replaces what stands below.")
    document = forms.CharField(
        label="Document",
        required=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "form-control font-monospace"}),
    )
    reason = forms.CharField(
        label="Why", widget=_text_area(), max_length=2000, help_text="Read by whoever publishes it, and kept."
    )

    def clean(self):
        cleaned = super().clean()
        if upload := cleaned.get("file"):
            if upload.size > LARGEST_POLICY:
                raise forms.ValidationError(f"A policy has at most {LARGEST_POLICY // 1024} KiB.")
            content = upload.read()
        else:
            content = cleaned.get("document", "").encode(errors="surrogatepass")
        try:
            cleaned["content"] = json.loads(content)
        except json.JSONDecodeError as fault:
            self.add_error("document", f"Line {fault.lineno}, column {fault.colno}: {fault.msg}.")
        except (UnicodeDecodeError, RecursionError):
            self.add_error("document", "This is not JSON in UTF-8.")
        return cleaned


class WithdrawalForm(forms.Form):
    reason = forms.CharField(label="Why it comes to nothing", widget=_text_area(), max_length=2000)
    since = forms.DateField(label="From", required=False, widget=_date())
    until = forms.DateField(required=False, widget=_date())


class ScorecardForm(forms.Form):
    """The questions of a policy's scorecard, each under "factor.question", and what may stand above the answers."""

    override = forms.ChoiceField(
        label="A stricter tier than the answers give",
        choices=[("", "No"), ("1", "Tier 1"), ("2", "Tier 2")],
        required=False,
    )
    exempt = forms.BooleanField(
        label="Exempt: the risk is negligible (only where the answers give tier 3)", required=False
    )
    reason = forms.CharField(
        label="Why", widget=_text_area(), max_length=2000, required=False, help_text="Needed for either of the two."
    )

    def __init__(self, data=None, *, policy, answers: dict, **kwargs):
        super().__init__(data, **kwargs)
        self.factors_asked = policy.section("tiering")["factors"]
        for factor in policies.FACTORS:
            for question in self.factors_asked[factor]["questions"]:
                self.fields[f"{factor}.{question['name']}"] = forms.ChoiceField(
                    label=question["asks"],
                    choices=[(answer["name"], answer["says"]) for answer in question["answers"]],
                    widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
                    initial=answers.get(factor, {}).get(question["name"]),
                )

    def factors(self):
        """Every factor with its questions, for the page."""
        return [
            (
                wording.sentence(factor),
                [self[f"{factor}.{question['name']}"] for question in self.factors_asked[factor]["questions"]],
            )
            for factor in policies.FACTORS
        ]

    def answers(self) -> dict:
        return {
            factor: {
                question["name"]: self.cleaned_data[f"{factor}.{question['name']}"]
                for question in self.factors_asked[factor]["questions"]
            }
            for factor in policies.FACTORS
        }
