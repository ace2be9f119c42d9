"""What the pages about changes, arrangements, attestations and the portfolio ask for."""

from datetime import date

from django import forms

from audits.statistics.limits import Verdict
from audits.workflows.contents.lists import ARRANGEMENTS, ATTESTATIONS, CHANGES
from audits.workflows.models import Arrangement, ChangeRequest, Decision, SupervisoryRecord
from audits.workflows.models.classifications import CHANGE_CLASSES
from audits.workflows.services.kinds import KINDS, Term
from audits.workflows.states import ArrangementState, AttestationState, ChangeState, RetrainingState
from inventory.contents.register import check_words
from inventory.models import Document, ModelVersion
from inventory.policies import MATERIAL
from inventory.states import Status
from mrm.accounts.models import Person
from mrm.pages.filters import OfModelsFilter, SearchField

ANY = ("", "Any")


def text_area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def radios() -> forms.RadioSelect:
    return forms.RadioSelect(attrs={"class": "form-check-input"})


def words(members) -> list[tuple[str, str]]:
    return [(member.value, member.replace("_", " ").capitalize()) for member in members]


def dated_lines(lines: str) -> list[tuple[str, str]]:
    """Each line that begins with a day, as that day and the rest."""
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        day, _, text = line.partition(" ")
        try:
            due_on = date.fromisoformat(day)
        except ValueError as fault:
            message = f"Begin each line with its day, as 2026-12-31; this one begins with {day[:40]}."
            raise forms.ValidationError(message) from fault
        found.append((due_on.isoformat(), text.strip()))
    return found


class PortfolioFilter(forms.Form):
    q = SearchField(label="Name, unit or owner", check=check_words)
    tier = forms.ChoiceField(
        choices=[ANY, ("1", "Tier 1"), ("2", "Tier 2"), ("3", "Tier 3"), ("0", "Exempt")], required=False
    )
    verdict = forms.ChoiceField(choices=[ANY, *words(Verdict), ("no_data", "No data")], required=False)
    status = forms.ChoiceField(choices=[ANY, *words(Status)], required=False)
    flag = forms.ChoiceField(
        label="Attention",
        choices=[
            ANY,
            ("overdue", "Something overdue"),
            ("unapproved", "In use without approval"),
            ("provisional", "Tier to confirm"),
            ("validation", "Validation overdue"),
            ("validation_up_to_90", "Validation overdue, up to 90 days"),
            ("validation_91_to_365", "Validation overdue, 91 to 365 days"),
            ("validation_more_than_365", "Validation overdue, more than a year"),
        ],
        required=False,
    )
    by = forms.ChoiceField(label="Columns", choices=[("month", "Months"), ("week", "Weeks")], required=False)


class ChangeFilter(OfModelsFilter):
    listing = CHANGES
    chosen_by = {"state": "state", "kind": "kind", "retraining": "retraining__state"}

    state = forms.ChoiceField(choices=[ANY, *words(ChangeState)], required=False)
    kind = forms.ChoiceField(choices=[ANY, *ChangeRequest.Kind.choices], required=False)
    retraining = forms.ChoiceField(choices=[ANY, *words(RetrainingState)], required=False)
    q = SearchField(label="Model or reference")


class ItemEvidenceForm(forms.Form):
    evidence = forms.CharField(
        label="What shows it",
        max_length=4000,
        widget=text_area(2),
        help_text="A ticket, a commit, a message, a place in the archive.",
    )


class RetirementSignatureForm(forms.Form):
    comment = forms.CharField(label="Comment", max_length=4000, required=False, widget=text_area(2))


class ArchiveForm(forms.Form):
    archive = forms.CharField(label="Where the records lie", max_length=2000, widget=text_area(2))
    retained_until = forms.DateField(label="Kept until", widget=forms.DateInput(attrs={"type": "date"}))


class ArrangementFilter(OfModelsFilter):
    listing = ARRANGEMENTS
    chosen_by = {"state": "state", "kind": "kind"}

    state = forms.ChoiceField(choices=[ANY, *words(ArrangementState)], required=False)
    kind = forms.ChoiceField(choices=[ANY, *Arrangement.Kind.choices], required=False)
    q = SearchField(label="Model, reference or title")


class ChangeForm(forms.Form):
    """What a request of one kind must say: why, and the terms of its kind, each under `terms.` and its name."""

    kind = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why?",
        widget=text_area(),
        max_length=4000,
        help_text="Whoever decides reads this first: what happened, and what the change should achieve.",
    )

    def __init__(self, *args, change: ChangeRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = KINDS[change.kind].terms
        for term in self.asked:
            self.fields |= _fields(term, change)

    @property
    def terms(self) -> dict:
        """The terms as a program would send them."""
        said = {name: value for name, value in self.cleaned_data.items() if name.startswith("terms.")}
        terms = {}
        for term in self.asked:
            if term.shape in ("answers", "numbers"):
                beginning = f"terms.{term.name}."
                answers = {name.removeprefix(beginning): value for name, value in said.items() if beginning in name}
                terms[term.name] = {item: answer for item, answer in answers.items() if answer not in (None, "")}
            else:
                value = said.get(f"terms.{term.name}")
                terms[term.name] = value.isoformat() if isinstance(value, date) else value
        return terms


def _fields(term: Term, change: ChangeRequest) -> dict[str, forms.Field]:
    """The form fields of one term: one, or one for each thing that wants an answer."""
    name, common = f"terms.{term.name}", {"label": term.label, "required": term.required, "help_text": term.help}
    if term.shape == "answers":
        return {
            f"{name}.{item}": forms.CharField(label=asks, required=False, widget=text_area(2), help_text=term.help)
            for item, asks in term.choices(change).items()
        }
    if term.shape == "numbers":
        fields = {
            f"{name}.{item}": forms.FloatField(label=asks, required=False)
            for item, asks in term.choices(change).items()
        }
        for first in list(fields.values())[:1]:
            first.help_text = term.help  # Of all of them, so said once.
        return fields
    match term.shape:
        case "choice":
            choices = [("", "Choose"), *term.choices(change).items()]
            return {name: forms.ChoiceField(choices=choices, **common)}
        case "several":
            choices = list(term.choices(change).items())
            widget = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
            return {name: forms.MultipleChoiceField(choices=choices, widget=widget, **common)} if choices else {}
        case "day":
            return {name: forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **common)}
        case "number":
            return {name: forms.FloatField(**common)}
        case "line":
            return {name: forms.CharField(max_length=200, **common)}
        case _:
            return {name: forms.CharField(widget=text_area(), max_length=8000, **common)}


class WithdrawalForm(forms.Form):
    reason = forms.CharField(label="Why is it withdrawn?", widget=text_area(2), max_length=2000)


class DecisionForm(forms.Form):
    """What somebody decides, over the evidence whose digest they were shown; the statement it makes is signed next."""

    evidence_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    meaning = forms.ChoiceField(label="My decision", choices=Decision.Meaning.choices, widget=radios())
    comment = forms.CharField(
        widget=text_area(), required=False, max_length=4000, help_text="Needed for a rejection; printed in the report."
    )
    conditions = forms.CharField(
        widget=text_area(2),
        required=False,
        max_length=4000,
        help_text="Of an approval: one a line, each beginning with the day by which it is met. "
        "2026-12-31 Bias is assessed monthly.",
    )

    def __init__(self, *args, may_be_conditional: bool, may_abstain: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_abstain:
            alone = (Decision.Meaning.ABSTAINED, Decision.Meaning.DEFERRED)
            self.fields["meaning"].choices = [one for one in Decision.Meaning.choices if one[0] not in alone]
        if not may_be_conditional:
            del self.fields["conditions"]

    @property
    def approved(self) -> bool:
        return self.cleaned_data["meaning"] in (Decision.Meaning.REVIEWED, Decision.Meaning.APPROVED)

    def clean_conditions(self) -> list[dict]:
        return [{"text": text, "due_on": due_on} for due_on, text in dated_lines(self.cleaned_data["conditions"])]


class ChangeClassForm(forms.Form):
    """The class that holds, or a higher one."""

    change_class = forms.ChoiceField(label="It is", choices=CHANGE_CLASSES, widget=radios())
    remark = forms.CharField(
        label="Why",
        widget=text_area(),
        required=False,
        max_length=4000,
        help_text="Needed where you raise it: what the criteria do not see.",
    )

    def __init__(self, *args, held: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["change_class"].initial = held
        if held == MATERIAL:  # Nobody lowers it.
            self.fields["change_class"].choices = [one for one in CHANGE_CLASSES if one[0] == MATERIAL]
            self.fields["remark"].help_text = "Shown beside the class, and in the trail."


class ConclusionForm(forms.Form):
    minutes = forms.CharField(
        widget=text_area(4),
        max_length=8000,
        help_text="What was discussed and what weighed. The votes, and the dissent, are added.",
    )


class DelegationForm(forms.Form):
    delegate = forms.ModelChoiceField(Person.objects.none(), label="Who decides for you", empty_label="Choose")
    ends_on = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="Why", max_length=500, help_text="Such as a leave.")

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["delegate"].queryset = people


class AttestationFilter(OfModelsFilter):
    listing = ATTESTATIONS

    state = forms.ChoiceField(choices=[ANY, ("overdue", "Overdue"), *words(AttestationState)], required=False)
    q = SearchField(label="Model")


class AttestationForm(forms.Form):
    """The owner's answer, and the digest of what they read."""

    evidence_digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    statement = forms.CharField(
        label="I confirm, in my own words",
        widget=text_area(4),
        max_length=4000,
        help_text="That the entry is right and complete, the changes above included; and what you know beyond it.",
    )


class SupervisionForm(forms.Form):
    """What the supervisor was told or said about a version, and which document of the model shows it."""

    said = forms.ChoiceField(label="What happened", choices=SupervisoryRecord.Said.choices, widget=radios())
    on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))
    document = forms.ModelChoiceField(Document.objects.none(), empty_label=None, help_text="The letter that shows it.")
    remark = forms.CharField(required=False, max_length=4000, widget=text_area())

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["document"].queryset = Document.objects.standing().filter(model=model)


class ReasonForm(forms.Form):
    reason = forms.CharField(widget=text_area(), max_length=4000)


class ComparisonForm(forms.Form):
    """Which two versions of a model, and whether what they share is shown, too."""

    before = forms.ModelChoiceField(ModelVersion.objects.none(), label="Version", to_field_name="number")
    after = forms.ModelChoiceField(ModelVersion.objects.none(), label="against version", to_field_name="number")
    show = forms.ChoiceField(
        label="Show", choices=[("", "Only differences"), ("everything", "Everything")], required=False
    )

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, **kwargs)
        versions = model.versions.select_related("model", "reference").order_by("-number")
        for name in ("before", "after"):
            self.fields[name].queryset = versions
            self.fields[name].empty_label = None
            self.fields[name].label_from_instance = lambda version: f"{version.number}, {version.stage}"
