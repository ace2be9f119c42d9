"""What the pages of the register ask for."""

from django import forms

from audits.trail.models import Action
from inventory.models.models import LEVELS
from mrm.accounts.models import Person, Workspace

LEVEL_CHOICES = [("", "Not assessed"), *LEVELS]


def _text_area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class PersonChoice(forms.ModelChoiceField):
    """People who can sign in; service accounts answer for nothing."""

    def __init__(self, **kwargs):
        super().__init__(Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True), **kwargs)


class ModelForm(forms.Form):
    """What the register says about a model; a name and an owner suffice to begin."""

    name = forms.CharField(max_length=200)
    owner = PersonChoice(help_text="Answers for the model and its findings; never decides about it.")
    business_unit = forms.CharField(max_length=200, required=False)
    purpose = forms.CharField(
        widget=_text_area(), required=False, help_text="Which decisions rest on it, and for whom."
    )
    description = forms.CharField(widget=_text_area(), required=False)
    methodology = forms.CharField(label="Method", max_length=200, required=False)
    exposure = forms.ChoiceField(choices=LEVEL_CHOICES, required=False, help_text="How much money or how many people.")
    purpose_level = forms.ChoiceField(
        label="Importance of the purpose",
        choices=LEVEL_CHOICES,
        required=False,
        help_text="How much the use matters: regulatory, pricing, informational.",
    )
    complexity = forms.ChoiceField(choices=LEVEL_CHOICES, required=False)
    reliance = forms.ChoiceField(choices=LEVEL_CHOICES, required=False, help_text="High where it decides alone.")
    affects_natural_persons = forms.BooleanField(label="Its decisions concern natural persons", required=False)


class RegistrationForm(ModelForm):
    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None)

    field_order = ["workspace"]

    def __init__(self, *args, workspaces, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces
        if len(workspaces) == 1:
            self.fields["workspace"].initial = workspaces[0]


class EditForm(ModelForm):
    """The same, and the revision that the editor saw, so that nobody overwrites what they have not read."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


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
