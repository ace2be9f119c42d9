"""Tags that begin with mrm.: they fill the typed fields of the register, by the services that fill them anywhere."""

import json

from inventory.attributes import COLUMNS
from mrm.accounts.models import Person, Workspace
from registry.contents.shown import MODEL_FIELDS, STATE_TAGS, VERSION_FIELDS
from registry.refusals import invalid

OWNER, NATURAL_PERSONS = "mrm.owner", "mrm.affects_natural_persons"
SCHEMA, THRESHOLD = "mrm.schema", "mrm.decision_threshold"
OF_MODELS = (*MODEL_FIELDS, OWNER, NATURAL_PERSONS)
OF_VERSIONS = (*VERSION_FIELDS, SCHEMA, THRESHOLD)
JSON_FACTS = {f"mrm.{name}": name for name in ("training_data", "params", "metrics")}
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no", "")


def of_model(tags: dict[str, str], workspace: Workspace) -> tuple[dict, dict[str, str]]:
    """The fields that these tags of a model fill, and the tags that are kept as they are."""
    fields, kept = {}, {}
    for key, value in tags.items():
        if key in MODEL_FIELDS:
            fields[MODEL_FIELDS[key]] = value
        elif key == OWNER:
            fields["owner"] = _person(value, workspace)
        elif key == NATURAL_PERSONS:
            fields["affects_natural_persons"] = _truth(key, value)
        elif key not in STATE_TAGS:
            kept[key] = value
    for name, value in fields.items():
        most = COLUMNS[name].longest
        if isinstance(value, str) and most and len(value) > most:
            raise invalid(f"The tag mrm.{name} has {len(value)} characters; at most {most} fit.")
    return fields, kept


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
            kept[key] = value
    return fields, kept


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


def _person(email: str, workspace: Workspace) -> Person:
    person = Person.objects.filter(email__iexact=email.strip(), kind=Person.Kind.HUMAN, is_active=True).first()
    if person is None or not person.roles_in(workspace):
        raise invalid(f"The tag {OWNER} names {email[:100]!r}; nobody by that address works in {workspace}.")
    return person


def _truth(key: str, value: str) -> bool:
    if value.lower() not in TRUE + FALSE:
        raise invalid(f"The tag {key} must be true or false, not {value[:100]!r}.")
    return value.lower() in TRUE


def _number(key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise invalid(f"The tag {key} must be a number, not {value[:100]!r}.") from None


def _json(key: str, value: str):
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise invalid(f"The tag {key} must be JSON.") from None
