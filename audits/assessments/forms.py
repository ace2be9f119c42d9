"""What the pages about assessments ask for."""

from datetime import datetime

from django import forms

from audits.assessments.models import BreachStep
from audits.assessments.services.backtests import fault_in_period
from audits.assessments.states import BreachState
from inventory.policies import TIERS


class ClosureForm(forms.Form):
    reason = forms.CharField(label="Why can it be closed?", widget=forms.Textarea(attrs={"rows": 2}), max_length=4000)


class StepForm(forms.Form):
    """The next step of the investigation of a breach."""

    ASKED = {
        BreachState.OPEN: ("triage", "take it up", "Who looks into it, and how?", "Take it up"),
        BreachState.TRIAGED: ("root_cause", "say the root cause", "What caused it?", "Say the root cause"),
        BreachState.ROOT_CAUSE: ("decision", "decide", "Why is that decided?", "Decide and sign"),
    }
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), max_length=4000)

    def __init__(self, data=None, *, state: BreachState, **kwargs):
        super().__init__(data, **kwargs)
        self.kind, self.heading, self.fields["text"].label, self.submit = self.ASKED[state]
        if self.kind == BreachStep.Kind.DECISION:
            choices = [("", "Choose"), *BreachStep.Decision.choices]
            self.fields["decision"] = forms.ChoiceField(label="What is done", choices=choices)
            self.order_fields(["decision", "text"])


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class BackTestFilter(forms.Form):
    """Which past results are judged again; what is left empty does not narrow them."""

    since = _day("Windows that ended from")
    until = _day("to")
    tier = forms.ChoiceField(choices=[("", "Any"), *((tier, f"Tier {tier}") for tier in TIERS)], required=False)
    model = forms.SlugField(label="Model, as in its address", max_length=100, required=False)

    def __init__(self, *args, until: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        self.until = until  # Where no last day is said.

    def clean(self):
        cleaned = super().clean()
        if fault := fault_in_period(cleaned.get("since"), cleaned.get("until"), until=self.until):
            raise forms.ValidationError(fault)
        return cleaned
