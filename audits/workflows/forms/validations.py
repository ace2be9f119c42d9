"""What the pages of validations ask for."""

import re

from django import forms

from audits.workflows.contents.lists import VALIDATIONS
from audits.workflows.forms.changes import ANY, dated_lines, radios, text_area, words
from audits.workflows.models import ValidationItem, ValidationOpinion, ValidationRequest, ValidatorAssignment
from audits.workflows.services.validations.realised import prediction_for
from audits.workflows.states import ValidationState
from mrm.accounts.models import Person
from mrm.pages.filters import OfModelsFilter, SearchField

FINDING = re.compile(r"F-\d{4}-\d{4,}")


class ValidationFilter(OfModelsFilter):
    listing = VALIDATIONS
    chosen_by = {"kind": "kind"}

    state = forms.ChoiceField(choices=[ANY, ("open", "Open"), *words(ValidationState)], required=False)
    kind = forms.ChoiceField(choices=[ANY, *ValidationRequest.Kind.choices], required=False)
    opinion = forms.ChoiceField(choices=[ANY, *ValidationOpinion.Outcome.choices], required=False)
    q = SearchField(label="Model or reference")


class ValidationForm(forms.Form):
    version = forms.ChoiceField(required=False, help_text="Left open only for the annual review of a model as a whole.")
    kind = forms.ChoiceField(label="Type", choices=ValidationRequest.Kind.choices)
    trigger = forms.CharField(
        widget=text_area(), max_length=8000, help_text="What gives rise to it: first use, a change, a breach, a date."
    )

    def __init__(self, *args, versions, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = [("", "The model as a whole"), *versions]


class AssignmentForm(forms.Form):
    person = forms.ModelChoiceField(Person.objects.none(), empty_label="Choose")
    role = forms.ChoiceField(choices=ValidatorAssignment.Role.choices)

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people


class PlanForm(forms.Form):
    is_planned = forms.BooleanField(label="In the plan", required=False)
    expectation = forms.CharField(label="What it must show", widget=text_area(2), max_length=8000)
    deviation_reason = forms.CharField(
        label="Why it is left out",
        widget=text_area(2),
        max_length=8000,
        required=False,
        help_text="Needed where the policy requires the component for this type and tier.",
    )


class ConclusionOfItemForm(forms.Form):
    outcome = forms.ChoiceField(choices=[("", "Choose"), *ValidationItem.Outcome.choices])
    conclusion = forms.CharField(widget=text_area(4), max_length=8000, help_text="What was done, and what it showed.")


class EvidenceForm(forms.Form):
    """One thing that is there already, as `kind:key`."""

    evidence = forms.ChoiceField(label="Link")

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["evidence"].choices = [("", "Choose"), *((f"{kind}:{key}", title) for kind, key, title in offered)]


class ChallengeForm(forms.Form):
    text = forms.CharField(label="Challenge", widget=text_area(), max_length=8000)
    component = forms.ChoiceField(label="About", required=False)

    def __init__(self, *args, components, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["component"].choices = [("", "The whole"), *components]


class SayingForm(forms.Form):
    text = forms.CharField(label="Answer", widget=text_area(), max_length=8000)


class OpinionForm(forms.Form):
    content_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    outcome = forms.ChoiceField(label="My opinion", choices=ValidationOpinion.Outcome.choices, widget=radios())
    summary = forms.CharField(
        widget=text_area(4), max_length=8000, help_text="What it rests on, and what it does not cover."
    )
    conditions = forms.CharField(
        widget=text_area(2),
        required=False,
        max_length=4000,
        help_text="Of fit with conditions: one a line, each beginning with its day, then the finding that it contains, "
        "if one. 2026-12-31 F-2026-0001 Loans under 10,000 only.",
    )
    expires_on = forms.DateField(
        label="Holds until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Left empty, as long as the cadence of the tier allows.",
    )
    effect = forms.CharField(label="What came of the change", widget=text_area(3), required=False, max_length=8000)
    output_percent = forms.FloatField(
        label="The mean output moved by, in percent", required=False, help_text="Left empty where it was not measured."
    )
    cases_percent = forms.FloatField(
        label="Cases decided otherwise, in percent", required=False, help_text="Left empty where it was not measured."
    )
    REALISED = ("effect", "output_percent", "cases_percent")

    def __init__(self, *args, validation: ValidationRequest, **kwargs):
        super().__init__(*args, **kwargs)
        if validation.kind != ValidationRequest.Kind.POST_IMPLEMENTATION:
            for name in self.REALISED:
                del self.fields[name]
        elif predicted := prediction_for(validation):
            self.fields["effect"].required = True
            self.fields["effect"].help_text = f"When {predicted['change']} was decided: {predicted['told']}"

    def clean(self):
        cleaned = super().clean()
        realised = {name: cleaned.pop(name) for name in self.REALISED if name in cleaned}
        said = any(value not in (None, "") for value in realised.values())
        return cleaned | {"realised": realised if said else None}

    def clean_conditions(self) -> list[dict]:
        conditions = []
        for due_on, text in dated_lines(self.cleaned_data["conditions"]):
            first, _, rest = text.partition(" ")
            finding = first if FINDING.fullmatch(first) else ""
            conditions.append({"text": rest if finding else text, "due_on": due_on, "finding": finding})
        return conditions


class ReviewForm(forms.Form):
    content_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agreed = forms.ChoiceField(
        label="My decision",
        choices=[("yes", "I agree"), ("no", "I return it to the lead")],
        widget=radios(),
    )
    comment = forms.CharField(widget=text_area(), required=False, max_length=8000, help_text="Needed for a return.")
