"""What the pages about reports ask for."""

from django import forms

from inventory.models import Model
from mrm.pages.filters import OfModelsFilter, SearchField
from reports.contents.lists import REPORTS
from reports.states import ReportState
from reports.verification import MAXIMUM_BYTES

ANY = ("", "Any")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReportFilter(OfModelsFilter):
    listing = REPORTS
    chosen_by = {"state": "state"}

    state = forms.ChoiceField(choices=[ANY, *((s.value, s.capitalize()) for s in ReportState)], required=False)
    q = SearchField(label="Model or reference")


class ReportForm(forms.Form):
    """One model and a period. Both ends are included."""

    model = forms.ModelChoiceField(Model.objects.none(), empty_label="Choose")
    period_start = forms.DateField(label="From", widget=_day())
    period_end = forms.DateField(label="Until", widget=_day())

    def __init__(self, *args, models, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["model"].queryset = models


class VerifyForm(forms.Form):
    file = forms.FileField(
        label="The report, as a PDF",
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={
            "required": "Choose the PDF to verify.",
            "empty": "The file is empty; choose the PDF to verify.",
        },
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MAXIMUM_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAXIMUM_BYTES // 2**20} MiB; no report is.")
        return file
