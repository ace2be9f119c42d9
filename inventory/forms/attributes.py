"""What the register says about a model: entering it, a group of its attributes, a row of one."""

from django import forms

from inventory.attributes import BY_NAME, Attribute, Field, why_not_change
from inventory.forms.fields import field_of, since, text_area
from mrm.accounts.models import Workspace

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
            self.fields[name] = field_of(BY_NAME[name], models)


class AttributeForm(forms.Form):
    """One group of attributes as the table describes them; what the person's roles may not change is shown only."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    effective_on = since("Where what you change was so before today: since when. The register keeps both dates.")

    def __init__(self, *args, attributes: list[Attribute], roles, models, **kwargs):
        super().__init__(*args, **kwargs)
        for attribute in attributes:
            self.fields[attribute.name] = field = field_of(attribute, models, self.initial.get(attribute.name))
            if why_not := why_not_change(attribute, roles):
                field.disabled, field.help_text = True, why_not
        self.order_fields([*(attribute.name for attribute in attributes), "effective_on"])

    def said(self) -> dict:
        """The values to keep. Of what held before today, only what was typed anew: the form brings every field."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in self.base_fields}
        if not self.cleaned_data["effective_on"]:
            return said
        return {name: said[name] for name in self.changed_data if name in said}


class ParticularForm(forms.Form):
    """One row of an attribute, as the table of particulars describes it; with its file where it is a document."""

    def __init__(self, *args, fields: tuple[Field, ...], models, with_file: bool, **kwargs):
        super().__init__(*args, **kwargs)
        for field in fields:
            self.fields[field.name] = field_of(field, models)
        if with_file:
            self.fields["file"] = forms.FileField(help_text="Kept under its SHA-256 as it is, and never opened here.")
        self.fields["effective_on"] = since("Where it was so before today: since when. Both dates are kept.")


class EndForm(forms.Form):
    reason = forms.CharField(widget=text_area(), max_length=2000, help_text="Why it no longer holds.")
    effective_on = since(
        "Where it ceased before today: the first day on which it no longer held; the day on which it began, if never.",
        label="No longer so since",
    )
