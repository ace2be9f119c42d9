"""A form about something that somebody else changed meanwhile: nothing that either typed is lost."""

from collections.abc import Callable
from datetime import date

from django import forms

CHANGED = "Somebody else changed this since you opened it, so nothing is saved yet."


def merge(form: forms.Form, *, then: dict, now: dict, revision: int, words: Callable[[str, object], str]) -> None:
    """Put theirs into a bound form wherever its sender touched nothing, and tell both where both changed the same.

    then, now  the values that its sender saw, and those that stand, by field
    words      how the page tells a value of a field
    """
    data, taken_over, contested = form.data.copy(), [], {}
    for name in now.keys() & form.fields.keys():
        field = form.fields[name]
        sent = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        if field.disabled or then[name] == now[name]:
            continue
        if not field.has_changed(then[name], sent):
            _put(data, form.add_prefix(name), field, now[name])
            taken_over.append(form[name].label)
        elif field.has_changed(now[name], sent):
            contested[name] = words(name, now[name])
    data[form.add_prefix("revision")] = str(revision)
    form.data = data
    form.full_clean()
    told = [CHANGED]
    if taken_over:
        told.append(f"What you had not touched now says what they entered: {', '.join(sorted(taken_over))}.")
    told.append("Look through it and save again.")
    form.add_error(None, " ".join(told))
    for name, theirs in contested.items():
        became = f"Meanwhile somebody else entered “{theirs}”" if theirs else "Meanwhile somebody else emptied it"
        form.add_error(name, f"{became}; yours is kept in the field. Save again and it takes the place of theirs.")


def _put(data, name: str, field: forms.Field, value) -> None:
    """As a browser would send it."""
    value = field.prepare_value(value)
    if isinstance(field.widget, forms.CheckboxInput):
        data.setlist(name, ["on"] if value else [])
    elif isinstance(value, list):
        data.setlist(name, [str(one) for one in value])
    else:
        data[name] = value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
