"""Looking at something about a model more often."""

from django import forms

from inventory import policies
from inventory.forms.fields import day, text_area

LENGTHS = list(dict.fromkeys(every for lengths in policies.LENGTHS.values() for every in lengths))


class CadenceForm(forms.Form):
    rhythm = forms.ChoiceField(label="What", choices=[("", "Choose"), *policies.RHYTHMS.items()])
    every = forms.ChoiceField(
        label="How often",
        choices=[("", "Choose"), *((every, every.capitalize()) for every in LENGTHS)],
        help_text="Validations in months; everything else from daily to annual.",
    )
    reason = forms.CharField(
        label="Why", widget=text_area(), max_length=2000, help_text="Shown wherever the cadence is."
    )
    holds_until = forms.DateField(
        label="Last day", required=False, widget=day(), help_text="Left empty, it holds until it is ended."
    )
