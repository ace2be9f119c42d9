"""Predictions told in halves by a serving platform's logger, and the batches that the pairs become.

Nothing is lost and nothing is done twice: pairs are first put into a parcel, which is written down; its body is always
the same bytes, and the same body again is answered with the batch that it made.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import frames
from inventory.models import InferenceEvent, ModelVersion
from inventory.models.events import KEPT_FOR, KNOWN_FOR
from inventory.services.batches import receive_batch, required_columns
from inventory.services.rows import checked
from inventory.states import Stage
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken, TooLarge, UnusableData
from mrm.locks import held

MOST_PAIRS = 1000  # In one batch.
A_DAY = timedelta(days=1)
REQUEST, RESPONSE = InferenceEvent.Half.REQUEST, InferenceEvent.Half.RESPONSE


def receive_event(version: ModelVersion, event: frames.CloudEvent, *, actor: Person) -> tuple[InferenceEvent, bool]:
    """Keep half a prediction, once every value of it was found to fit. One that came before is answered as it was."""
    require(actor, Permission.LOG_DATA, version.model.workspace_id, model_slug=version.model_slug)
    values = frames.values_of(event.data, version.columns(), event.half)
    if event.half == REQUEST:
        values = _with_id_and_time(version, event, values)
    content = json.dumps(values).encode()
    digest = hashlib.sha256(json.dumps([event.source, values], sort_keys=True).encode()).hexdigest()
    same = version.events.filter(event_id=event.id, half=event.half)
    if first := same.first():
        return _known(first, digest), False
    if version.stage == Stage.RETIRED:
        raise RuleBroken(f"{version} is retired and takes no data.")
    _check(version, event.half, values)
    _compare(event, values, version.events.filter(event_id=event.id).exclude(half=event.half).first())
    try:
        with transaction.atomic():
            kept = InferenceEvent.objects.create(
                version=version, event_id=event.id, half=event.half, digest=digest, values=content, received_from=actor
            )
    except IntegrityError:
        return _known(same.get(), digest), False  # The same event overtook this one.
    return kept, True


def gather_events(version: ModelVersion) -> int:
    """Make batches of all pairs of a version; how many were made. One worker at a time."""
    made = 0
    with held(version.pk) as mine:
        if not mine:
            return 0
        _let_go(version)
        while _pack(version):
            pass
        parcels = list(
            version.events.paired().exclude(parcel=None).order_by("parcel").values_list("parcel", flat=True).distinct()
        )
        while parcels:
            parts, is_made = _hand_over(version, parcels.pop(0))
            parcels += parts
            made += is_made
    return made


def versions_with_events(now: datetime) -> list:
    """The keys of versions whose events wait for a batch, or were kept long enough."""
    due = InferenceEvent.objects.paired() | _old(InferenceEvent.objects.all(), now, margin=A_DAY)
    return list(due.order_by("version").values_list("version", flat=True).distinct())


@governed()
def _let_go(version: ModelVersion) -> None:
    """Forget what became rows, and give up what did not in time: once a day, so that the trail can say how much."""
    now = timezone.now()
    if not _old(version.events.all(), now, margin=A_DAY).exists():
        return
    old = _old(version.events.all(), now)
    told = old.filter(batch=None).aggregate(halves=Count("pk"), first=Min("received_at"), last=Max("received_at"))
    old.delete()
    if told["halves"]:
        told |= {"first": told["first"].isoformat(), "last": told["last"].isoformat()}
        record(Action.EVENTS_GIVEN_UP, actor=None, subject=version, **told)


def _old(events, now: datetime, *, margin: timedelta = timedelta()):
    return events.older_than(made=now - KNOWN_FOR - margin, stuck=now - KEPT_FOR - margin)


def _check(version: ModelVersion, half: InferenceEvent.Half, values: dict[str, list]) -> None:
    columns = frames.columns_of_half(version.columns(), half)
    required = required_columns(version) & {column.name for column in columns}
    with tempfile.TemporaryDirectory(prefix="mrm-event-") as folder:
        body = Path(folder, "values.json")
        body.write_text(json.dumps({"columns": values}))
        with checked(version, body, content_type="application/json", required=required, columns=columns):
            pass


def _compare(event: frames.CloudEvent, values: dict[str, list], other: InferenceEvent | None) -> None:
    """Refuse a half of which the other, where it came first, tells another number of rows."""
    if other is None or not other.values:
        return
    rows, due = _rows_in(values), _rows_in(json.loads(bytes(other.values)))
    if rows != due:
        message = f"The {event.half} {event.id} has {rows} rows; its {other.half} came with {due}."
        raise UnusableData({"message": message, "field": "data"})


def _rows_in(values: dict[str, list]) -> int:
    return max(map(len, values.values()), default=0)


def _with_id_and_time(version: ModelVersion, event: frames.CloudEvent, values: dict[str, list]) -> dict[str, list]:
    """With what only the event tells: the id of each row, and when the request came."""
    rows = _rows_in(values)
    identity, time = version.column_with(Role.ID), version.column_with(Role.TIME)
    if identity and identity.name not in values:
        values[identity.name] = [event.id if rows == 1 else f"{event.id}:{row}" for row in range(1, rows + 1)]
    if time and time.name not in values:
        values[time.name] = [event.at.isoformat()] * rows
    return values


def _known(first: InferenceEvent, digest: str) -> InferenceEvent:
    if first.digest != digest:
        raise RuleBroken(f"The {first.half} of event {first.event_id} came before and said otherwise. The first stays.")
    return first


def _pack(version: ModelVersion) -> bool:
    """Write down which pairs go into a batch together, all from one sender; whether there were any."""
    requests = version.events.paired().filter(half=REQUEST, parcel=None).order_by("received_at", "pk")
    oldest = requests.first()
    if oldest is None:
        return False
    sender = requests.filter(received_from=oldest.received_from_id)
    together = list(sender.values_list("event_id", flat=True)[:MOST_PAIRS])
    version.events.filter(event_id__in=together).update(parcel=uuid4())
    return True


def _hand_over(version: ModelVersion, parcel: UUID) -> tuple[list[UUID], bool]:
    """Make the batch of a parcel: the parts to be tried instead where it holds a fault, and whether it was made.

    A pair that alone is at fault is set aside with the reason. Where a rule stands against it, the parcel waits.
    """
    events = version.events.filter(parcel=parcel)
    sender = events.filter(half=REQUEST).select_related("received_from").first().received_from
    try:
        with tempfile.TemporaryDirectory(prefix="mrm-events-") as folder:
            body = Path(folder, "rows.ndjson")
            with body.open("w") as file:
                for row in _rows(events):
                    file.write(json.dumps(row) + "\n")
            batch, _ = receive_batch(version, body, content_type="application/x-ndjson", actor=sender)
    except (NotPermitted, RuleBroken) as refusal:
        events.update(fault=str(refusal))
        return [], False
    except (UnusableData, TooLarge) as fault:
        return _part(events, parcel, str(fault)), False
    events.update(batch=batch, values=b"", fault="")
    return [], True


def _part(events, parcel: UUID, fault: str) -> list[UUID]:
    """Halve a parcel, so that one faulty pair holds up no other."""
    together = list(events.filter(half=REQUEST).order_by("event_id").values_list("event_id", flat=True))
    if len(together) == 1:
        events.update(fault=fault, refused_at=timezone.now())
        return []
    other = uuid4()
    events.filter(event_id__in=together[len(together) // 2 :]).update(parcel=other)
    return [parcel, other]


def _rows(events) -> Iterator[dict]:
    """The pairs as rows, always in the same order."""
    requests, responses = (events.filter(half=half).order_by("event_id").iterator() for half in (REQUEST, RESPONSE))
    for request, response in zip(requests, responses, strict=True):
        asked, answered = json.loads(bytes(request.values)), json.loads(bytes(response.values))
        if _rows_in(asked) != _rows_in(answered):  # Both came at the same moment; else the second was refused.
            told = f"{_rows_in(asked)} rows, its response {_rows_in(answered)}"
            raise UnusableData({"message": f"The request {request.event_id} has {told}."})
        values = asked | answered
        for row in range(_rows_in(values)):
            yield {name: column[row] for name, column in values.items()}
