"""A table of predictions that is read where it is."""

import re

from django import forms

from inventory.forms.fields import Lines

PASSWORD = re.compile(r"(://[^:/@]*:)(?!env:)[^@]*(@)")


class AddressInput(forms.TextInput):
    """Shows an address again without the password that somebody typed into it."""

    def format_value(self, value):
        shown = super().format_value(value)
        return PASSWORD.sub(r"\1\2", shown) if shown else shown


class SourceForm(forms.Form):
    """Where the table is, and what it calls the columns that it calls differently."""

    url = forms.CharField(
        label="Warehouse",
        max_length=500,
        widget=AddressInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Such as postgresql://reader:env:SOURCE_PASSWORD@warehouse:5432/risk. In place of a password stands "
        "the name of a variable of the workers' environment; an address with a password is refused.",
    )
    table = forms.CharField(max_length=200, help_text="Such as predictions, or risk.predictions.")
    time_column = forms.CharField(
        label="Column with the time",
        max_length=200,
        required=False,
        help_text="As the table calls it; left empty, the time of the version's schema.",
    )
    columns = Lines(
        label="Columns called differently",
        required=False,
        help_text="One per line: the schema's name = the table's name, such as income = applicant_income.",
    )

    def clean_columns(self) -> dict[str, str]:
        said = {}
        for line in self.cleaned_data["columns"]:
            ours, equals, theirs = (part.strip() for part in line.partition("="))
            if not (ours and equals and theirs):
                raise forms.ValidationError(f"“{line}” is no such line; write the schema's name = the table's name.")
            if ours in said:
                raise forms.ValidationError(f"{ours} stands there twice; keep one line.")
            said[ours] = theirs
        return said
