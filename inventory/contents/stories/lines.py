"""Entries of the trail as lines of a story: a sentence, what changed, what was said, and the evidence behind it."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audits.trail.models import Action, Entry
from inventory.attributes import BY_NAME
from inventory.contents.histories import BY_DIGEST
from inventory.contents.stories.objects import KINDS, address_of, kind_of, looked_up
from inventory.contents.stories.sentences import DIGESTS, LISTED, QUOTED, QUOTED_FROM, SENTENCES, SIGNED
from inventory.contents.stories.wording import (
    Names,
    Part,
    address,
    field_of,
    item_of,
    label_of,
    models_of,
    part_of,
    recorded,
)
from inventory.models import Model
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.pages.wording import counted, told, words

SYSTEM = "The system"
PERSON = "person"  # The page that not everybody may open.
NAMED_BY_KIND = ("assessments.Plan:", "assessments.Run:")  # Their names begin with an ordinary word.
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
REFERENCED = re.compile(r"^([A-Z]{1,3}-\d{4}-\d{4,}): (.*)$", re.DOTALL)
USE = re.compile(r"^(.*?), use (\d+): (.*)$", re.DOTALL)
KEY = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


@dataclass(frozen=True)
class Change:
    """One thing that the entry changed; None where there was nothing before."""

    label: str
    before: str | None
    after: str
    address: str = ""
    noun: str = "field"


@dataclass(frozen=True)
class Evidence:
    """What stands behind a line: where it is read, and its digest to compare."""

    label: str
    address: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it."""

    entry: Entry
    by: str
    parts: tuple[Part, ...]
    quote: str
    changes: tuple[Change, ...]
    evidence: tuple[Evidence, ...]

    @property
    def text(self) -> str:
        """The sentence without its day, for lists that are grouped by day."""
        told = "".join(part.text for part in self.parts)
        return f"{self.by} {told}{'.' if self.lacks_full_stop else ''}"

    @property
    def lacks_full_stop(self) -> bool:
        return not "".join(part.text for part in self.parts).endswith(".")

    @property
    def changed(self) -> str:
        """How many of what: 5 items; 3 fields and 1 condition."""
        nouns = Counter(change.noun for change in self.changes)
        return " and ".join(counted(number, noun) for noun, number in nouns.items())

    @property
    def sentence(self) -> str:
        """The whole of it, for a list without pages: when, who, what, and what they said."""
        at: datetime = self.entry.at
        quote = f" “{self.quote}”" if self.quote else ""
        by = "the system" if self.by == SYSTEM else self.by
        return f"On {at.day} {at:%B %Y} {by}{self.text.removeprefix(self.by)}{quote}"


class Lacking(LookupError):
    """The entry does not hold what its sentence needs; an older one did not."""


def lines_of(entries: Iterable[Entry], *, of_one: bool = False, reader: Person | None = None) -> list[Line]:
    """These entries as lines; a handful of queries, however many they are.

    of_one  all are about one thing whose title the page shows: only its reference is said again
    reader  who may follow their links; left out where only words are needed
    """
    entries = list(entries)
    names, rows = _names(entries, leads_to_people=leads_to_people(reader)), _rows(entries)
    return [_line(entry, names, rows, named=r"\1" if of_one else r"\1 (\2)") for entry in entries]


def leads_to_people(reader: Person | None) -> bool:
    """Whether this reader may open the pages of people."""
    return reader is None or Permission.READ_PEOPLE in reader.permissions_in(None)


def _line(entry: Entry, names: Names, rows: dict[str, dict], *, named: str) -> Line:
    subject = _subject(entry, rows, named, names)
    return Line(
        entry=entry,
        by=SYSTEM if entry.actor_name == "system" and not entry.actor_id else entry.actor_name,
        parts=tuple(_parts(entry, names, subject)),
        quote=_quote(entry, rows),
        changes=tuple(_changes(entry, names)),
        evidence=tuple(_evidence(entry, subject)),
    )


def _parts(entry: Entry, names: Names, subject: Part) -> list[Part]:
    try:
        template = SENTENCES[entry.action]
        return _filled(template if SIGNED in template else template + SIGNED, entry, subject, names)
    except LookupError:  # An action of another release, or an entry that is older than a detail.
        known = Action(entry.action).label.lower() if entry.action in Action.values else words(entry.action)
        details = f": {told(entry.details)}" if entry.details else ""
        return [Part(f"recorded “{known}” about "), subject, Part(details)]


def _filled(template: str, entry: Entry, subject: Part, names: Names) -> list[Part]:
    """The sentence with its places filled, and without the optional pieces for which something is missing."""
    pieces, at = [], 0
    for optional in OPTIONAL.finditer(template):
        pieces += [(template[at : optional.start()], False), (optional[1], True)]
        at = optional.end()
    pieces.append((template[at:], False))
    parts = []
    for piece, is_optional in pieces:
        if is_optional and not all(_is_told(entry, name) for name, _ in PLACE.findall(piece)):
            continue
        told_here = _piece(piece, entry, subject, names)
        if not is_optional or all(part.text for part in told_here):
            parts += told_here
    return parts


def _piece(piece: str, entry: Entry, subject: Part, names: Names) -> list[Part]:
    parts, at = [], 0
    for place in PLACE.finditer(piece):
        parts += [*_plain(piece[at : place.start()]), _place(place[1], place[2] or "", entry, subject, names)]
        at = place.end()
    return [*parts, *_plain(piece[at:])]


def _plain(text: str) -> list[Part]:
    return [Part(text)] if text else []


def _place(name: str, how: str, entry: Entry, subject: Part, names: Names) -> Part:
    if name == "subject":
        return part_of(None, how, entry, names) if how else subject
    if name == "model":
        return Part(names.models.get(entry.model_slug, entry.model_slug), address("model", entry.model_slug))
    if name not in entry.details:
        raise Lacking(name)
    return part_of(entry.details[name], how, entry, names)


def _is_told(entry: Entry, name: str) -> bool:
    value = entry.details.get(name)
    return value not in (None, "", [], {}) and (isinstance(value, bool) or value != 0)


def _subject(entry: Entry, rows: dict[str, dict], named: str, names: Names) -> Part:
    name = USE.sub(r"use \2 of \1 (\3)", REFERENCED.sub(named, entry.subject_name))
    if entry.subject.startswith(NAMED_BY_KIND):
        name = name[:1].lower() + name[1:]
    if not names.leads_to_people and kind_of(entry.subject).page == PERSON:
        return Part(name)
    return Part(name, address_of(entry.subject, rows.get(entry.subject)))


def _quote(entry: Entry, rows: dict[str, dict]) -> str:
    if source := QUOTED_FROM.get(entry.action):
        label, detail, field = source
        row = rows.get(f"{label}:{entry.details.get(detail)}" if detail else entry.subject, {})
        return str(row.get(field) or "")
    return next((told(entry.details[name]) for name in QUOTED if _is_told(entry, name) and _is_words(entry, name)), "")


def _is_words(entry: Entry, name: str) -> bool:
    return isinstance(entry.details[name], str) and name not in _in_sentence(entry.action)


def _in_sentence(action: str) -> set[str]:
    return {name for name, _ in PLACE.findall(SENTENCES.get(action, ""))}


def _changes(entry: Entry, names: Names) -> Iterable[Change]:
    details = entry.details
    changes = details.get("changes")
    for name, change in changes.items() if isinstance(changes, dict) else ():
        if isinstance(change, dict):
            field = field_of(name, entry)
            before, after = (recorded(change.get(when), names, field) for when in ("before", "after"))
            yield Change(label_of(name, field), before, after, _texts_of(change.values(), name, entry))
    for told_of in ("said", "values"):
        said = details.get(told_of)
        for name, value in said.items() if isinstance(said, dict) else ():
            field = field_of(name, entry)
            if name not in DIGESTS and (words_of := recorded(value, names, field)):
                yield Change(label_of(name, field), None, words_of, _texts_of([value], name, entry))
    for listed, noun in LISTED.items():
        items = details.get(listed)
        for number, item in enumerate(items if isinstance(items, list) else (), start=1):
            if isinstance(item, dict):
                yield Change(f"{noun.capitalize()} {number}", None, item_of(item, entry, names), noun=noun)


def _texts_of(values: Iterable, name: str, entry: Entry) -> str:
    """Where the register keeps the longer texts of an attribute, of which an entry holds the digest."""
    is_longer = any(isinstance(value, str) and value.startswith(BY_DIGEST) for value in values)
    return address("model-attribute", entry.model_slug, name) if is_longer and name in BY_NAME else ""


def _evidence(entry: Entry, subject: Part) -> Iterable[Evidence]:
    """Each leads to where it is read: what was signed to the entry's page, what has a digest to that of its object."""
    details = entry.details
    if run := details.get("run"):
        yield Evidence("the run", address("run", run))
    if breach := details.get("breach"):
        yield Evidence("the breach", address("breach", breach))
    if entry.action == Action.REPORT_ISSUED and (reference := REFERENCED.match(entry.subject_name)):
        yield Evidence("the report as PDF", address("report-pdf", reference[1]))
    signature = details.get("signature")
    if isinstance(signature, dict) and signature.get("statement_digest"):
        digest, page = str(signature["statement_digest"]), address("trail-entry", entry.position)
        yield Evidence("the statement that was signed", address=f"{page}#signed", digest=digest)
    values = details.get("values")
    digests = details | (values if isinstance(values, dict) else {})
    for name, label in DIGESTS.items():
        value = digests.get(name)
        if isinstance(value, str) and value:
            yield Evidence(label, address=subject.address, digest=value.removeprefix("sha256:"))


def _names(entries: list[Entry], *, leads_to_people: bool) -> Names:
    """The names of every person and model that these entries hold by id, and of the models they are about."""
    keys = {value for entry in entries for value in _strings(entry.details) if KEY.match(value)}
    slugs = {entry.model_slug for entry in entries if entry.model_slug}
    for entry in entries:
        slugs.update(_strings(models_of(entry.details.get("scope"))))
    people = Person.objects.filter(pk__in=keys).values_list("pk", "display_name") if keys else []
    models = Model.objects.filter(pk__in=keys).values_list("pk", "name") if keys else []
    named = Model.objects.filter(slug__in=slugs).values_list("slug", "name") if slugs else []
    people, models = ({str(pk): name for pk, name in found} for found in (people, models))
    return Names(people, dict(named), models, leads_to_people)


def _strings(value) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _rows(entries: list[Entry]) -> dict[str, dict]:
    """What addresses and quotes need of the rows that the entries are about."""
    fields = {label: kind.by for label, kind in KINDS.items() if kind.by}
    for label, _, field in QUOTED_FROM.values():
        fields[label] = (*fields.get(label, ()), field)
    subjects = {entry.subject for entry in entries}
    for entry in entries:
        label, detail, _ = QUOTED_FROM.get(entry.action, ("", "", ""))
        if detail:
            subjects.add(f"{label}:{entry.details.get(detail)}")
    return looked_up(subjects, fields)
