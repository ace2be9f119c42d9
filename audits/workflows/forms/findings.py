"""What the pages about findings ask for."""

from django import forms

from audits.workflows.contents.lists import FINDINGS
from audits.workflows.forms.changes import ANY, radios, text_area, words
from audits.workflows.models import Finding
from audits.workflows.states import FindingState
from mrm.accounts.models import Person
from mrm.pages.filters import OfModelsFilter, SearchField


class FindingFilter(OfModelsFilter):
    listing = FINDINGS
    chosen_by = {"severity": "severity", "owner": "owner__display_name__icontains"}

    q = SearchField(label="Model, reference or title")
    state = forms.ChoiceField(choices=[ANY, ("unfinished", "Not ended"), *words(FindingState)], required=False)
    severity = forms.ChoiceField(choices=[ANY, *Finding.Severity.choices], required=False)
    owner = forms.CharField(required=False, max_length=200)
    overdue = forms.ChoiceField(label="Due", choices=[ANY, ("yes", "Overdue")], required=False)


class FindingForm(forms.Form):
    """What was seen, how bad it is, and what must be reached."""

    title = forms.CharField(max_length=200)
    observation = forms.CharField(
        widget=text_area(4), max_length=8000, help_text="What was seen, where, and why it matters."
    )
    evidence = forms.CharField(
        widget=text_area(2),
        required=False,
        max_length=2000,
        help_text="One reference a line: run, result or breach with its id, document with its SHA-256, entry with its "
        "number in the trail. Each is kept with the digest of what it names.",
    )
    criterion = forms.ChoiceField(
        label="What is not kept", required=False, help_text="Of the policy in force. Left empty: sound practice."
    )
    impact = forms.CharField(
        widget=text_area(2), required=False, max_length=8000, help_text="What it leads to, for whom."
    )
    effect_percent = forms.FloatField(
        label="Effect on a key output, %", required=False, help_text="By how much a total or an average is off."
    )
    class_change_percent = forms.FloatField(
        label="Cases that change class, %", required=False, min_value=0, max_value=100
    )
    severity = forms.ChoiceField(choices=Finding.Severity.choices, initial=Finding.Severity.MEDIUM)
    severity_reason = forms.CharField(
        label="Why milder than its impact suggests",
        widget=text_area(2),
        required=False,
        max_length=4000,
        help_text="Needed only where the severity lies below what the policy makes of the two numbers.",
    )
    required_outcome = forms.CharField(
        widget=text_area(),
        max_length=8000,
        help_text="How everybody will know that it is put right. The remedy is for the first line to find.",
    )
    owner = forms.ModelChoiceField(Person.objects.none(), label="Who answers for it", required=False)
    due_at = forms.DateField(
        label="Due",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Left empty, the date follows from tier and severity; it can only be earlier.",
    )

    def __init__(self, *args, criteria: dict[str, str], owners, owner, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["criterion"].choices = [("", "Sound practice"), *criteria.items()]
        self.fields["owner"].queryset = owners
        self.fields["owner"].empty_label = f"{owner}, who owns the model"

    def clean_evidence(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["evidence"].splitlines() if line.strip()]


class ConfirmForm(forms.Form):
    """A step that says nothing but that it is taken."""


class AnswerForm(forms.Form):
    disputed = forms.ChoiceField(
        label="Does it stand?",
        choices=[("", "It stands: a plan follows"), ("yes", "It does not stand: I dispute it")],
        widget=radios(),
        required=False,
    )
    response = forms.CharField(label="Response", widget=text_area(4), max_length=8000)

    def clean_disputed(self) -> bool:
        return self.cleaned_data["disputed"] == "yes"


class RebuttalForm(forms.Form):
    upheld = forms.ChoiceField(
        label="Your answer", choices=[("yes", "Uphold the finding"), ("no", "Drop it")], widget=radios()
    )
    reason = forms.CharField(widget=text_area(), max_length=8000)

    def clean_upheld(self) -> bool:
        return self.cleaned_data["upheld"] == "yes"


class ActionPlanForm(forms.Form):
    """Items side by side: `what_1`, `owner_1`, `due_1` and so on. A row left empty is no item."""

    def __init__(self, *args, rows: int, owners, owner, latest, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = range(1, rows + 1)
        for row in self.rows:
            self.fields |= {
                f"what_{row}": forms.CharField(label="What is done", required=False, max_length=500),
                f"owner_{row}": forms.ModelChoiceField(owners, label="By whom", required=False, initial=owner),
                f"due_{row}": forms.DateField(
                    label="By when",
                    required=False,
                    initial=latest,
                    widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                ),
            }

    @property
    def items(self) -> list[tuple]:
        """The fields of each row, for the page."""
        return [(row, [self[f"{name}_{row}"] for name in ("what", "owner", "due")]) for row in self.rows]

    def clean(self) -> dict:
        planned = []
        for row in self.rows:
            what, owner, due_at = (self.cleaned_data.get(f"{name}_{row}") for name in ("what", "owner", "due"))
            if not what:
                continue
            if owner is None:
                self.add_error(f"owner_{row}", "Choose who does it.")
            if due_at is None:
                self.add_error(f"due_{row}", "Say by when.")
            planned.append({"what": what, "owner": owner, "due_at": due_at})
        return {"items": planned}


class ActionPlanReviewForm(forms.Form):
    accepted = forms.ChoiceField(
        label="Does it reach the required outcome in time?",
        choices=[("yes", "Accept the plan"), ("no", "Return it")],
        widget=radios(),
    )
    reason = forms.CharField(
        widget=text_area(), required=False, max_length=8000, help_text="Needed where it is returned."
    )

    def clean_accepted(self) -> bool:
        return self.cleaned_data["accepted"] == "yes"


class OutcomeForm(forms.Form):
    outcome = forms.CharField(
        label="What was done", widget=text_area(), max_length=8000, help_text="And where it can be seen."
    )


class SubmissionForm(forms.Form):
    response = forms.CharField(label="What shows that it is put right", widget=text_area(4), max_length=8000)
    evidence = forms.CharField(
        widget=text_area(2),
        required=False,
        max_length=2000,
        help_text="One reference a line: run, result or breach with its id, document with its SHA-256, entry with its "
        "number in the trail.",
    )

    def clean_evidence(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["evidence"].splitlines() if line.strip()]


class ReperformanceForm(forms.Form):
    run = forms.ChoiceField(
        label="By a run of ours",
        required=False,
        help_text="Runs since the submission that measured the same again and no longer find it red.",
    )
    evidence_digest = forms.CharField(
        label="Or elsewhere: SHA-256 of the evidence",
        required=False,
        max_length=64,
        help_text="Of the file you keep: 64 digits from 0 to f, as `sha256sum` prints them.",
    )
    told = forms.CharField(label="What was done again, and what came out", widget=text_area(), max_length=8000)

    def __init__(self, *args, runs, **kwargs):
        super().__init__(*args, **kwargs)
        self.runs = {str(run.pk): run for run in runs}
        self.fields["run"].choices = [("", "No run"), *((key, str(run)) for key, run in self.runs.items())]

    def clean_run(self):
        return self.runs.get(self.cleaned_data["run"])


class JudgementForm(forms.Form):
    close = forms.ChoiceField(
        label="Is the required outcome reached?",
        choices=[("yes", "Yes: read the statement and sign"), ("no", "No: hand it back")],
        widget=radios(),
    )
    reason = forms.CharField(widget=text_area(), max_length=4000)


class SignOffForm(forms.Form):
    outcome = forms.ChoiceField(
        label="Your decision",
        choices=[("sign", "I agree: read the statement and sign"), ("return", "I do not: hand it back")],
        widget=radios(),
    )
    comment = forms.CharField(
        widget=text_area(), required=False, max_length=4000, help_text="Needed where it is handed back."
    )
