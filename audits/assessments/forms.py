"""What the pages about assessments ask for."""

from django import forms

from audits.assessments.services.backtests import fault_in_period
from inventory.policies import TIERS


class ClosureForm(forms.Form):
    reason = forms.CharField(label="Why can it be closed?", widget=forms.Textarea(attrs={"rows": 2}), max_length=4000)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class BackTestFilter(forms.Form):
    """Which past results are judged again; what is left empty does not narrow them."""

    since = _day("Windows that ended from")
    until = _day("to")
    tier = forms.ChoiceField(choices=[("", "Any"), *((tier, f"Tier {tier}") for tier in TIERS)], required=False)
    model = forms.SlugField(label="Model, by its slug", max_length=100, required=False)

    def clean(self):
        cleaned = super().clean()
        if fault := fault_in_period(cleaned.get("since"), cleaned.get("until")):
            raise forms.ValidationError(fault)
        return cleaned
