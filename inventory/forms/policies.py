"""A policy, field by field or as a whole."""

import copy
import json
import re
from itertools import product

from django import forms

from audits.statistics.limits import DecidedBy
from inventory import policies
from inventory.forms.fields import text_area
from mrm.json_text import read_json
from mrm.pages import wording

LARGEST_POLICY = 256 * 1024


class PolicyForm(forms.Form):
    """Cadences and limits of a policy, every field named by its path in the document, so that faults find it."""

    NEW = "new"
    SET = ("amber", "red", "decided_by", "tolerance", "minimum_size")  # What is filled in about every limit.

    def __init__(self, data=None, *, document: dict, **kwargs):
        super().__init__(data, **kwargs)
        self.base = document
        for tier, kind in product(policies.TIERS, policies.ASSESSMENTS):
            self.fields[f"tiers.{tier}.cadence.{kind}"] = forms.ChoiceField(
                label=f"{kind} at tier {tier}",
                choices=[(name, name) for name in policies.CADENCES],
                initial=document["tiers"][tier]["cadence"][kind],
            )
        for place, entry in enumerate(document["limits"]):
            self._add_limit(str(place), entry)
            self.fields[f"limits[{place}].drop"] = forms.BooleanField(label="Drop this limit", required=False)
        self._add_limit(self.NEW, {})
        self._add_case()
        self.fields["reason"] = forms.CharField(
            label="Why", widget=text_area(), max_length=2000, help_text="Read by whoever publishes it, and kept."
        )

    def _add_limit(self, place: str, entry: dict) -> None:
        named = f"limits[{place}]"
        for colour in ("amber", "red"):
            self.fields[f"{named}.{colour}"] = forms.FloatField(
                label=f"{colour.capitalize()} from", required=False, initial=entry.get(colour)
            )
        self.fields[f"{named}.decided_by"] = forms.ChoiceField(
            label="Decided by",
            choices=[(decider.value, decider.value) for decider in DecidedBy],
            initial=entry.get("decided_by", DecidedBy.POINT.value),
        )
        self.fields[f"{named}.tolerance"] = forms.FloatField(
            label="Tolerance", required=False, initial=entry.get("tolerance")
        )
        self.fields[f"{named}.minimum_size"] = forms.IntegerField(
            label="Rows at least", required=False, min_value=1, initial=entry.get("minimum_size")
        )

    def _add_case(self) -> None:
        """What a new limit is about."""
        named = f"limits[{self.NEW}]"
        measures = sorted((wording.sentence(measure), measure) for measure in policies.MEASURES)
        self.fields[f"{named}.measure"] = forms.ChoiceField(
            label="Measure",
            required=False,
            choices=[("", "No new limit"), *((name, title) for title, name in measures)],
        )
        self.fields[f"{named}.role"] = forms.ChoiceField(
            label="Columns",
            required=False,
            choices=[("", "All"), ("score", "The score"), ("feature", "Features"), ("text", "Texts")],
        )
        self.fields[f"{named}.tier"] = forms.ChoiceField(
            label="Tier", required=False, choices=[("", "All"), *((tier, tier) for tier in policies.TIERS)]
        )
        self.fields[f"{named}.direction"] = forms.ChoiceField(
            label="Bad is", choices=[("upper", "above"), ("lower", "below")], initial="upper"
        )

    def cadence_rows(self):
        return [
            (wording.sentence(kind), [self[f"tiers.{tier}.cadence.{kind}"] for tier in policies.TIERS])
            for kind in policies.ASSESSMENTS
        ]

    def limit_rows(self):
        names = (*self.SET, "drop")
        return [
            (entry, [self[f"limits[{place}].{name}"] for name in names])
            for place, entry in enumerate(self.base["limits"])
        ]

    def new_limit(self):
        names = ("measure", "role", "tier", "direction", *self.SET)
        return [self[f"limits[{self.NEW}].{name}"] for name in names]

    def document(self) -> dict:
        """The policy as it would be with what was filled in."""
        document = copy.deepcopy(self.base)
        for tier, kind in product(policies.TIERS, policies.ASSESSMENTS):
            document["tiers"][tier]["cadence"][kind] = self.cleaned_data[f"tiers.{tier}.cadence.{kind}"]
        document["limits"] = [self._limit(place) for place in self._places()]
        return document

    def at_its_field(self, path: str) -> str:
        """The field in which a fault of the document is put right; where there is none, its path again."""
        found = re.match(r"limits\[(\d+)\](?:\.(\w+))?", path)
        if not found:
            return path
        place = self._places()[int(found[1])]
        named = f"limits[{place}].{found[2] or 'red'}"
        return named if named in self.fields else f"limits[{place}].red"

    def _places(self) -> list[str]:
        """The rows that stay, in order; a new limit for some columns or tiers goes before those it is taken out of."""
        places = [
            str(place)
            for place in range(len(self.base["limits"]))
            if not self.cleaned_data.get(f"limits[{place}].drop")
        ]
        new = f"limits[{self.NEW}]"
        if not self.cleaned_data.get(f"{new}.measure"):
            return places
        is_special = self.cleaned_data[f"{new}.role"] or self.cleaned_data[f"{new}.tier"]
        return [self.NEW, *places] if is_special else [*places, self.NEW]

    def _limit(self, place: str) -> dict:
        given = {name: self.cleaned_data[f"limits[{place}].{name}"] for name in self.SET}
        entry = dict(self._new_case() if place == self.NEW else self.base["limits"][int(place)])
        for name, value in given.items():
            if value is None:
                entry.pop(name, None)
            elif name in entry or (name, value) != ("decided_by", DecidedBy.POINT):
                entry[name] = value
        return entry

    def _new_case(self) -> dict:
        chosen = {
            name: self.cleaned_data[f"limits[{self.NEW}].{name}"] for name in ("measure", "role", "tier", "direction")
        }
        tier = chosen.pop("tier")
        return {name: value for name, value in chosen.items() if value} | ({"tiers": [tier]} if tier else {})


class PolicyDocumentForm(forms.Form):
    """The whole policy as JSON, typed or as a file."""

    file = forms.FileField(required=False, help_text="A JSON file; it replaces what stands below.")
    document = forms.CharField(
        label="Document",
        required=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "form-control font-monospace"}),
    )
    reason = forms.CharField(
        label="Why", widget=text_area(), max_length=2000, help_text="Read by whoever publishes it, and kept."
    )

    def clean(self):
        cleaned = super().clean()
        if upload := cleaned.get("file"):
            if upload.size > LARGEST_POLICY:
                raise forms.ValidationError(f"A policy has at most {LARGEST_POLICY // 1024} KiB.")
            content = upload.read()
        else:
            content = cleaned.get("document", "").encode(errors="surrogatepass")
        try:
            cleaned["content"] = read_json(content.decode("utf-8-sig"))
        except json.JSONDecodeError as fault:
            self.add_error("document", f"Line {fault.lineno}, column {fault.colno}: {fault.msg}.")
        except (UnicodeDecodeError, RecursionError):
            self.add_error("document", "This is not JSON in UTF-8.")
        except ValueError as fault:
            self.add_error("document", f"This is not JSON: {fault}.")
        return cleaned


class WithdrawalForm(forms.Form):
    reason = forms.CharField(label="Why it comes to nothing", widget=text_area(), max_length=2000)
