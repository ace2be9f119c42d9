"""CloudEvents 1.0 as the loggers of KServe and Seldon send them over HTTP.

binary mode      the attributes in headers `Ce-…`, the payload as the body
structured mode  one JSON object with the attributes and the payload in `data`
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from inventory.frames.faults import shown
from inventory.models import InferenceEvent
from mrm.errors import UnusableData

BINARY, STRUCTURED = "application/json", "application/cloudevents+json"
EVENT_TYPES = (BINARY, STRUCTURED)
HALVES = {
    f"{platform}.serving.inference.{half.value}": half
    for platform in ("org.kubeflow", "io.seldon")
    for half in InferenceEvent.Half
}
LONGEST = {"id": 200, "source": 500}
ATTRIBUTES = ("specversion", "type", "id", "source", "time")


@dataclass(frozen=True)
class CloudEvent:
    """Half a prediction: at what time, as its sender says, and with which payload."""

    id: str
    source: str
    half: InferenceEvent.Half
    at: datetime
    data: Any


def read_event(headers: Mapping[str, str], media_type: str, document: Any, *, now: datetime) -> CloudEvent:
    """The event in a request; UnusableData names every attribute that is at fault. Without a time it is of now."""
    if media_type == STRUCTURED:
        if not isinstance(document, dict):
            raise UnusableData({"message": "A structured event is a JSON object with its attributes and data."})
        told, data = document, document.get("data")
        if "data_base64" in document:
            message = "The data came in base64. Send them as JSON in `data`."
            raise UnusableData({"message": message, "field": "data_base64"})
    else:
        told = {name: unquote(headers[f"Ce-{name}"]) for name in ATTRIBUTES if f"Ce-{name}" in headers}
        data = document
    faults = {}
    if told.get("specversion") != "1.0":
        faults["specversion"] = f"The specversion is {_text(told.get('specversion'))}; events of 1.0 are read."
    kind = told.get("type")
    if not isinstance(kind, str) or kind not in HALVES:
        faults["type"] = f"The type is {_text(kind)}; these are read: {', '.join(HALVES)}."
    for name, longest in LONGEST.items():
        value = told.get(name)
        if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > longest:
            faults[name] = f"The {name} must be a text of 1 to {longest} characters that can be printed."
    at = _moment(told["time"]) if "time" in told else now
    if at is None:
        faults["time"] = f"The time is {_text(told['time'])}; write it as 2026-06-30T14:05:00Z, with its zone."
    if faults:
        raise UnusableData(*({"message": message, "field": name} for name, message in faults.items()))
    return CloudEvent(told["id"], told["source"], HALVES[kind], at, data)


def _text(value: Any) -> str:
    return shown(value) if isinstance(value, str) else "no text"


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
