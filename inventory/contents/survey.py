"""What an identification survey holds: its columns, and every fault of a filled-in sheet by line and column."""

import re
from collections import Counter
from dataclasses import dataclass

from django.utils.text import slugify

from inventory import attributes
from inventory.frames.sheets import Sheet, SheetFaults, fault
from inventory.models import Model
from inventory.policies import LEVELS
from mrm.accounts.models import Person, Workspace

REQUIRED = ("name", "owner")
PLACE = re.compile(r"models\[(\d+)\](?:\.(.+))?")
TEXTS = {"slug": 100} | {
    name: attributes.COLUMNS[name].longest
    for name in ("name", "business_unit", "methodology", "purpose", "description")
}
LEVELED = ("exposure", "purpose_level", "complexity", "reliance")
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0", "")
COLUMNS = (*REQUIRED, "slug", "business_unit", "purpose", "description", "methodology", *LEVELED,
           "affects_natural_persons")  # fmt: skip
EXAMPLE = ("Consumer credit default", "omar.owner@bank.example", "", "Retail lending", "Approves consumer loans.", "",
           "Gradient-boosted trees", "high", "high", "medium", "high", "yes")  # fmt: skip
# Beside those of the template, any attribute that is a single value; a model cannot be named before it is registered.
FURTHER = {
    name: attribute
    for name, attribute in attributes.COLUMNS.items()
    if name not in COLUMNS and attribute.kind != attributes.Kind.MODEL
}


@dataclass(frozen=True)
class Checked:
    """What a sheet would register, and what keeps it from being registered: the first faults, and how many there are.

    lines  every entry by its line
    sound  the lines whose cells are in order
    notes  what there is to know before it is let in
    """

    lines: dict[int, dict]
    sound: list[int]
    faults: SheetFaults
    notes: list[str]

    @property
    def entries(self) -> list[dict]:
        return list(self.lines.values())

    def refuse(self, errors: list[dict]) -> None:
        """Add what the register has against the sound lines, each error by its place among them (`models[3].owner`)."""
        for error in errors:
            place, name = PLACE.fullmatch(error["field"]).groups()
            line = self.sound[int(place)]
            at = f"Line {line}, column {name}" if name else f"Line {line}"
            self.faults.add([{"message": f"{at}: {error['message']}", "row": line - 1, "column": name or ""}])


def check(sheet: Sheet, workspace: Workspace) -> Checked:
    """Read every line as a model of this workspace. Faults are found together and counted; the first are told."""
    names, faults = [_key(name) for name in sheet.header], sheet.faults
    notes = [f"{hidden}: hidden in the workbook, and entered like the others." for hidden in sheet.hidden]
    if misnamed := _faults_in_header(names, sheet.header):
        faults.add(misnamed)
        return Checked({}, [], faults, notes)
    people = {person.email.lower(): person for person in Person.objects.all()}
    entries = {}
    for line, values in sheet.lines.items():
        cells = {name: values[i] if i < len(values) else "" for i, name in enumerate(names) if name}
        entry, wrong = _read(line, cells, people)
        entries[line] = entry
        faults.add(wrong)
        faults.add(
            fault(line, sheet.column(i), "stands under no column; name the column or remove it.")
            for i, value in enumerate(values)
            if value and (i >= len(names) or not names[i])
        )
    faults.add(_duplicates(entries, workspace))
    return Checked(entries, [line for line in entries if line not in faults.lines], faults, notes)


def _key(heading: str) -> str:
    return slugify(heading).replace("-", "_")


def _faults_in_header(names: list[str], headings: list[str]) -> list[dict]:
    faults = [
        fault(1, heading, f"is no column of a survey; there are {', '.join((*COLUMNS, *FURTHER))}.")
        for name, heading in zip(names, headings, strict=True)
        if name and name not in COLUMNS and name not in FURTHER
    ]
    faults += [fault(1, name, "is missing; the template has it.") for name in REQUIRED if name not in names]
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    return faults + [fault(1, name, "stands there twice; keep one.") for name in twice]


def _read(line: int, cells: dict[str, str], people: dict[str, Person]) -> tuple[dict, list[dict]]:
    faults = [fault(line, name, "is empty.") for name in REQUIRED if not cells.get(name)]
    entry = {}
    for name, most in TEXTS.items():
        if value := cells.get(name, ""):
            entry[name] = value
            if len(value) > most:
                faults.append(fault(line, name, f"has {len(value)} characters; at most {most} fit."))
            if "\x00" in value:
                faults.append(fault(line, name, "holds a NUL character."))
    if why := attributes.fault_in_name(entry.get("name", "")):
        faults.append(fault(line, "name", why))
    if (slug := entry.get("slug")) and slugify(slug) != slug:
        faults.append(fault(line, "slug", "must be lower-case letters, digits and dashes; left empty, it is made."))
    for name in LEVELED:
        level = cells.get(name, "").lower()
        if level and level not in LEVELS:
            faults.append(fault(line, name, f"is {level[:40]!r}; write low, medium or high, or leave it empty."))
        entry[name] = level
    answer = cells.get("affects_natural_persons", "").lower()
    if answer not in (*YES, *NO):
        faults.append(fault(line, "affects_natural_persons", f"is {answer[:40]!r}; write yes or no."))
    entry["affects_natural_persons"] = answer in YES
    if email := cells.get("owner", ""):
        entry["owner"] = people.get(email.lower())
        if why := _why_not_owner(entry["owner"], email):
            faults.append(fault(line, "owner", why))
    for name, attribute in FURTHER.items():
        if text := cells.get(name, ""):
            entry[name], why = _value(attribute, text, people)
            if why:
                faults.append(fault(line, name, why))
    return entry, faults


def _value(attribute: attributes.Attribute, text: str, people: dict[str, Person]) -> tuple:
    """The typed value of a cell, or what is wrong with it."""
    if attribute.kind == attributes.Kind.PERSON:
        person = people.get(text.lower())
        return person, _why_not_owner(person, text)
    try:
        return attributes.value_from_text(attribute, text), ""
    except attributes.Unreadable as unreadable:
        return None, str(unreadable).removeprefix(f"{attribute.name} ")


def _why_not_owner(person: Person | None, email: str) -> str:
    if person is None:
        return f"nobody here has the address {email[:100]}; an administrator creates people."
    return f"{person} cannot answer for a model; name a person." if person.is_service or not person.is_active else ""


def _duplicates(entries: dict[int, dict], workspace: Workspace) -> list[dict]:
    """Names and slugs that are there already, in the sheet or in the register."""
    names = {name.lower() for name in Model.objects.filter(workspace=workspace).values_list("name", flat=True)}
    slugs = set(Model.objects.values_list("slug", flat=True))
    first, faults = {"name": {}, "slug": {}}, []
    for line, entry in entries.items():
        for column, taken, where in (
            ("name", names, f"{workspace} already has a model"),
            ("slug", slugs, "a model has"),
        ):
            value = entry.get(column, "").lower()
            if not value:
                continue
            if value in taken:
                told = f"called {entry[column]}." if column == "name" else f"the slug {value}."
                faults.append(fault(line, column, f"{where} {told}"))
            elif (before := first[column].setdefault(value, line)) != line:
                faults.append(fault(line, column, f"stands in line {before} already."))
    return faults
