"""Tags that begin with mrm.: they fill the typed fields of the register, by the services that fill them anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from inventory import attributes
from inventory.attributes import PREFIX, TAGGED, Kind
from inventory.models import Model
from mrm.accounts.models import Person
from mrm.errors import UnusableData
from mrm.json_text import read_json
from registry.contents.shown import STATE_TAGS, VERSION_FIELDS
from registry.contents.tagged import ROWS, SAID_OTHERWISE, TYPED
from registry.refusals import invalid

SCHEMA, THRESHOLD = "mrm.schema", "mrm.decision_threshold"
JSON_FACTS = {f"mrm.{name}": name for name in ("training_data", "params", "metrics")}
MOST_TOLD = 10  # Of the faults of one call.
OF_VERSIONS = (*VERSION_FIELDS, SCHEMA, THRESHOLD, *JSON_FACTS)


def of_model(tags: dict[str, str], actor) -> tuple[dict, dict[str, str]]:
    """The fields that these tags of a model fill, and the tags that are kept as they are; or every fault at once.

    A tag that holds a list is kept as well: that it was set is why it is answered.
    """
    kept = {key: value for key, value in tags.items() if key in ROWS or not key.startswith(PREFIX)}
    typed = {key: value for key, value in tags.items() if key in TYPED}
    values, errors = attributes.values_from_tags(typed)
    faults = [error["message"] for error in errors]
    unknown = [key for key in tags if key not in kept and key not in typed and key not in STATE_TAGS]
    faults += [_why_not_a_model(key) for key in unknown[:MOST_TOLD]]
    for name, value in values.items():
        attribute = TAGGED[f"{PREFIX}{name}"]
        if attribute.kind in NAMED and value is not None:
            values[name] = NAMED[attribute.kind](value, actor)
            if values[name] is None:
                faults.append(f"Tag {PREFIX}{name} names {value[:100]!r}; {NOBODY[attribute.kind]}")
    if faults:
        raise invalid(" ".join(faults[:MOST_TOLD]))
    return values, kept


@contextmanager
def faults_named_by_tag() -> Iterator[None]:
    """What the register refuses about a field is said of its tag, because that is what the client sent."""
    try:
        yield
    except UnusableData as refusal:
        raise invalid(" ".join(_said_of_tag(error) for error in refusal.errors)) from refusal


def emptied(key: str) -> dict:
    """What deleting a typed tag changes."""
    attribute = TYPED[key]
    if attribute.is_required and attribute.empty is None:
        raise invalid(f"The tag {key} cannot be deleted: a model needs this. Set it to another value.")
    return {attribute.name: attribute.empty}


def of_version(tags: dict[str, str]) -> tuple[dict, dict[str, str]]:
    """The fields that these tags of a version fill when it is registered, and the tags that are kept as they are."""
    fields, kept = {"schema": None}, {}
    for key, value in tags.items():
        if key in VERSION_FIELDS:
            fields[VERSION_FIELDS[key]] = value
        elif key in JSON_FACTS:
            fields[JSON_FACTS[key]] = _json(key, value)
        elif key == SCHEMA:
            fields["schema"] = columns_in(value)
        elif key == THRESHOLD:
            fields["decision_threshold"] = _number(key, value)
        elif key not in STATE_TAGS:
            refuse_unknown_of_version(key)
            kept[key] = value
    return fields, kept


def refuse_unknown_of_version(key: str) -> None:
    if key in TYPED or key in ROWS:
        raise invalid(f"Tag {key} belongs to the registered model, not to a version of it; set it there.")
    if key.startswith(PREFIX) and key not in OF_VERSIONS:
        raise invalid(attributes.why_no_tag(key, OF_VERSIONS))


def columns_in(value: str) -> list:
    """The columns in the tag mrm.schema: a list, or an object that holds it as REST sends it."""
    said = _json(SCHEMA, value)
    return said["columns"] if isinstance(said, dict) and "columns" in said else said


def refuse_state(key: str) -> None:
    """Refuse to set by hand what follows from decisions.

    With a new model or version it is passed over instead: a client that copies sends back what it was answered.
    """
    if key in STATE_TAGS:
        raise invalid(f"The tag {key} is answered by mrm and cannot be set; it follows from decisions.")


def _why_not_a_model(key: str) -> str:
    if key in SAID_OTHERWISE:
        return f"Tag {key} fills no field. {SAID_OTHERWISE[key]}"
    if key in OF_VERSIONS:
        return f"Tag {key} belongs to a version; give it when the version is registered."
    return attributes.why_no_tag(key, (*TYPED, *ROWS))


def _said_of_tag(error: dict) -> str:
    tag = f"{PREFIX}{error.get('field', '')}"
    return f"Tag {tag}: {error['message']}" if tag in TYPED else error["message"]


def _person(email: str, actor) -> Person | None:
    return Person.objects.filter(email__iexact=email, kind=Person.Kind.HUMAN, is_active=True).first()


def _model(slug: str, actor) -> Model | None:
    return Model.objects.visible_to(actor).filter(slug=slug).first()


NAMED = {Kind.PERSON: _person, Kind.MODEL: _model}
NOBODY = {
    Kind.PERSON: "nobody here has that address. Give the e-mail address of a person who can sign in.",
    Kind.MODEL: "there is no such model that you may see. Give its slug, the last part of its address here.",
}


def _number(key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise invalid(f"The tag {key} must be a number, not {value[:100]!r}.") from None


def _json(key: str, value: str):
    try:
        return read_json(value)
    except (ValueError, RecursionError) as fault:
        raise invalid(f"The tag {key} must be JSON: {fault}.") from None
