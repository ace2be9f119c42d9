"""What a model is wanted for."""

from django import forms

from inventory.forms.fields import text_area
from inventory.models import ModelVersion, Use
from inventory.models.models import LEVELS

LEVEL_CHOICES = [("", "Not assessed"), *LEVELS]


class UseForm(forms.Form):
    """What a model is wanted for; a title suffices to begin."""

    title = forms.CharField(max_length=200, help_text="Such as Pricing of instalment loans.")
    business_purpose = forms.CharField(
        widget=text_area(), max_length=20_000, required=False, help_text="Which decisions rest on it."
    )
    population = forms.CharField(
        widget=text_area(), max_length=20_000, required=False, help_text="Whom or what it may be applied to."
    )
    operating_boundaries = forms.CharField(
        widget=text_area(),
        max_length=20_000,
        required=False,
        help_text="Within which inputs, markets and dates it holds.",
    )
    prohibited_uses = forms.CharField(
        widget=text_area(), max_length=20_000, required=False, help_text="What it must not be used for."
    )
    reliance = forms.ChoiceField(choices=LEVEL_CHOICES, required=False, help_text="High where it decides alone.")
    environment = forms.CharField(max_length=100, required=False, help_text="Where it runs.")
    users = forms.CharField(max_length=500, required=False, help_text="Units and systems that use it.")
    frequency = forms.CharField(max_length=200, required=False, help_text="Such as: with each application.")
    volume = forms.CharField(max_length=200, required=False, help_text="Such as: about 4,000 a month.")


class UseEditForm(UseForm):
    """The same, and the revision that the editor saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class UseQuestion(forms.Form):
    """Is this version approved for this use?"""

    version = forms.ModelChoiceField(ModelVersion.objects.none(), label="Is version", to_field_name="number")
    use = forms.ModelChoiceField(Use.objects.none(), label="approved for", to_field_name="number")

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = model.versions.order_by("-number")
        self.fields["version"].label_from_instance = lambda version: str(version.number)
        self.fields["use"].queryset = model.uses.all()
        self.fields["use"].label_from_instance = lambda use: use.title
        for field in self.fields.values():
            field.empty_label = None
