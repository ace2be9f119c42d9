"""What the page of a list may be narrowed to: one form for all of them, as `Listing` is one for what they show."""

from collections.abc import Callable
from typing import ClassVar

from django import forms
from django.db.models import QuerySet

from mrm.errors import UnusableData
from mrm.pages.listing import Listing, check_words


class SearchField(forms.CharField):
    """The words of a search in a list."""

    def __init__(self, *, label: str, check: Callable[[str], None] = check_words):
        super().__init__(label=label, required=False, max_length=200, validators=[check])


def insist(form: forms.Form) -> None:
    """Refuse a question that is nonsense: a file that answers another one would be taken for what it is not."""
    if not form.is_valid():
        told = ((name, message) for name, messages in form.errors.items() for message in messages)
        raise UnusableData(*({"message": message, "field": name} for name, message in told))


class ListFilter(forms.Form):
    """The filters of a list. `chosen_by` says which field each is for; the others a list looks at itself.

    What cannot be read is named and filters nothing; a search that cannot be read finds nothing, for what it found
    would be taken for what was looked for.
    """

    listing: ClassVar[Listing]
    chosen_by: ClassVar[dict[str, str]] = {}

    @property
    def asked(self) -> dict:
        """What was asked for and could be read."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def status(self) -> int:
        """Of a page that shows it."""
        return 200 if self.is_valid() else 400

    def chosen(self, rows: QuerySet) -> QuerySet:
        """The rows that fit."""
        asked = self.asked
        if "q" in self.errors:
            return rows.none()
        rows = rows.filter(**{field: asked[name] for name, field in self.chosen_by.items() if name in asked})
        return self.listing.holding(rows, asked.get("q", ""))


class OfModelsFilter(ListFilter):
    """The filters of a list whose rows belong to models: to one of them, too, as its own page asks."""

    model = forms.SlugField(required=False, max_length=100, widget=forms.HiddenInput)

    def chosen(self, rows: QuerySet) -> QuerySet:
        slug = self.asked.get("model")
        return super().chosen(rows.filter(model__slug=slug) if slug else rows)
