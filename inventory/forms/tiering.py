"""The scorecard of a policy as a questionnaire."""

from django import forms

from inventory import policies
from inventory.attributes import BY_NAME
from inventory.forms.fields import text_area


class ConfirmationForm(forms.Form):
    """Nothing to fill in: the revision of the entry that was read, which is what is confirmed."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)


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
        label="Why", widget=text_area(), max_length=2000, required=False, help_text="Needed for either of the two."
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
                BY_NAME[factor].label,
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
