"""What the pages about changes and findings ask for."""

from django import forms

from audits.statistics.limits import Verdict
from audits.workflows.models import ChangeRequest, Decision, Finding
from audits.workflows.states import ChangeState, FindingState
from inventory.states import Status

ANY = ("", "Any")


def _text_area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _radios() -> forms.RadioSelect:
    return forms.RadioSelect(attrs={"class": "form-check-input"})


def _words(members) -> list[tuple[str, str]]:
    return [(member.value, member.replace("_", " ").capitalize()) for member in members]


class PortfolioFilter(forms.Form):
    q = forms.CharField(label="Name, unit or owner", required=False, max_length=200)
    tier = forms.ChoiceField(
        choices=[ANY, ("1", "Tier 1"), ("2", "Tier 2"), ("3", "Tier 3"), ("0", "Exempt")], required=False
    )
    verdict = forms.ChoiceField(choices=[ANY, *_words(Verdict), ("no_data", "No data")], required=False)
    status = forms.ChoiceField(choices=[ANY, *_words(Status)], required=False)
    flag = forms.ChoiceField(
        label="Attention",
        choices=[
            ANY,
            ("overdue", "Something overdue"),
            ("unapproved", "In use without approval"),
            ("provisional", "Tier to confirm"),
        ],
        required=False,
    )
    by = forms.ChoiceField(label="Columns", choices=[("month", "Months"), ("week", "Weeks")], required=False)


class ChangeFilter(forms.Form):
    state = forms.ChoiceField(choices=[ANY, *_words(ChangeState)], required=False)
    kind = forms.ChoiceField(choices=[ANY, *ChangeRequest.Kind.choices], required=False)
    q = forms.CharField(label="Model or reference", required=False, max_length=200)


class FindingFilter(forms.Form):
    state = forms.ChoiceField(choices=[ANY, *_words(FindingState)], required=False)
    severity = forms.ChoiceField(choices=[ANY, *Finding.Severity.choices], required=False)
    q = forms.CharField(label="Model, reference or title", required=False, max_length=200)


class ChangeForm(forms.Form):
    kind = forms.ChoiceField(choices=ChangeRequest.Kind.choices, label="What should change?")
    reason = forms.CharField(
        widget=_text_area(),
        max_length=4000,
        help_text="Whoever decides reads this first: what happened, and what the change should achieve.",
    )


class WithdrawalForm(forms.Form):
    reason = forms.CharField(label="Why is it withdrawn?", widget=_text_area(2), max_length=2000)


class DecisionForm(forms.Form):
    """What somebody decides, over the evidence whose digest they were shown; the statement it makes is signed next."""

    evidence_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    meaning = forms.ChoiceField(label="My decision", choices=Decision.Meaning.choices, widget=_radios())
    comment = forms.CharField(
        widget=_text_area(), required=False, max_length=4000, help_text="Needed for a rejection; printed in the report."
    )

    @property
    def approved(self) -> bool:
        return self.cleaned_data["meaning"] != Decision.Meaning.REJECTED


class FindingForm(forms.Form):
    severity = forms.ChoiceField(choices=Finding.Severity.choices, initial=Finding.Severity.MEDIUM)
    title = forms.CharField(max_length=200)
    observation = forms.CharField(
        widget=_text_area(4), max_length=8000, help_text="What was seen, where, and why it matters."
    )
    required_outcome = forms.CharField(
        widget=_text_area(), max_length=8000, help_text="How everybody will know that it is put right."
    )
    due_at = forms.DateField(
        label="Due",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Left empty, the date follows from tier and severity.",
    )


class AnswerForm(forms.Form):
    response = forms.CharField(label="Response", widget=_text_area(4), max_length=8000)


class ReasonForm(forms.Form):
    reason = forms.CharField(widget=_text_area(), max_length=4000)
