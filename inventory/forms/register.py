"""Lists and dates: which models, which days, which entries of the trail, and a sheet of models."""

from django import forms
from django.conf import settings

from inventory.attributes import BY_NAME
from inventory.attributes.choices import METHOD_FAMILIES
from inventory.contents.register import ORDERINGS, check_words
from inventory.forms.fields import ANY, PersonChoice, day, yes_or_no
from inventory.models.moments import check_day_has_come
from inventory.policies import REQUIRABLE, tier_name
from inventory.states import Status
from mrm.accounts.models import Workspace
from mrm.pages.filters import SearchField


class MomentForm(forms.Form):
    """Of when; the same names as in the API."""

    as_of = forms.DateField(label="As of", required=False, widget=day(), validators=[check_day_has_come])
    known_on = forms.DateField(label="Known on", required=False, widget=day(), validators=[check_day_has_come])


class RegisterFilter(MomentForm):
    """Which models, sorted how, and as of when; the same names as in the API."""

    seldom = (
        "missing",
        "in_production",
        "production_version",
        "registered_since",
        "registered_until",
        "edited_since",
        "edited_until",
    )  # Shown when asked for.
    field_order = (
        "search",
        "status",
        "tier",
        "is_model",
        "provisional",
        "affects_natural_persons",
        "as_of",
        "known_on",
    )

    search = SearchField(label="Words", check=check_words)
    status = forms.ChoiceField(
        choices=[ANY, *((status.value, status.replace("_", " ").capitalize()) for status in Status)], required=False
    )
    tier = forms.TypedChoiceField(
        choices=[ANY, *((str(tier), tier_name(tier)) for tier in (1, 2, 3, 0))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    is_model = yes_or_no("Is a model")
    provisional = yes_or_no("Tier to confirm")
    affects_natural_persons = yes_or_no("Natural persons")
    missing = forms.ChoiceField(
        label="Lacks", choices=[ANY, *((name, BY_NAME[name].label) for name in REQUIRABLE)], required=False
    )
    in_production = yes_or_no("In production")
    production_version = forms.IntegerField(label="Version there", min_value=1, max_value=2**31 - 1, required=False)
    registered_since = forms.DateField(label="Registered from", required=False, widget=day())
    registered_until = forms.DateField(label="Registered to", required=False, widget=day())
    edited_since = forms.DateField(label="Last edit from", required=False, widget=day())
    edited_until = forms.DateField(label="Last edit to", required=False, widget=day())
    business_unit = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    data_source = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    vendor = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    method_family = forms.ChoiceField(
        choices=[ANY, *((name, name.replace("_", " ").capitalize()) for name in METHOD_FAMILIES)],
        required=False,
        widget=forms.HiddenInput,
    )
    owner = PersonChoice(required=False, widget=forms.HiddenInput)
    workspace = forms.SlugField(required=False, widget=forms.HiddenInput)
    ordering = forms.ChoiceField(
        choices=[(f"{dash}{name}", name) for name in ORDERINGS for dash in ("", "-")],
        required=False,
        widget=forms.HiddenInput,
    )

    def clean(self):
        wanted = super().clean()
        if wanted.get("known_on") and not wanted.get("as_of"):
            self.add_error("as_of", "Say of which day the register is asked for; “known on” alone is no question.")
        return wanted


class SurveyForm(forms.Form):
    """A filled-in sheet, and until when what its models lack is dated debt."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None)
    sheet = forms.FileField(
        label="Sheet", widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}), help_text="CSV in UTF-8, or .xlsx."
    )
    baselined_until = forms.DateField(
        label="Baselined until",
        required=False,
        widget=day(),
        help_text="For a portfolio taken over: what its models lack is shown as dated debt until this day, apart from "
        "what is overdue.",
    )

    def __init__(self, *args, workspaces, may_baseline: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces
        if not may_baseline:
            del self.fields["baselined_until"]

    def clean_sheet(self):
        sheet = self.cleaned_data["sheet"]
        if sheet.size > settings.MAXIMUM_UPLOAD_BYTES:
            raise forms.ValidationError(f"The sheet is larger than {settings.MAXIMUM_UPLOAD_BYTES // 2**20} MiB.")
        return sheet


class DatesForm(forms.Form):
    """Two days to compare, and on which day both are judged."""

    since = forms.DateField(label="From", widget=day(), validators=[check_day_has_come])
    until = forms.DateField(label="To", widget=day(), validators=[check_day_has_come])
    known_on = forms.DateField(label="Known on", required=False, widget=day(), validators=[check_day_has_come])
