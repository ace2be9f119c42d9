"""Where another MLflow registry is the master: its webhooks as hints, and what it says as the truth.

A webhook may be late, lost, out of order or missing altogether (there is none for a stage or a deletion), so it only
says where to look. What is found is written by the services that write everything; nothing here is ever promoted by it.
"""

import hashlib
import json
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from audits.trail.services import governed
from inventory import services as inventory
from inventory.models import Model, ModelVersion
from inventory.states import Status
from mrm.accounts.models import Workspace
from mrm.adapters.mlflow import Master
from mrm.errors import DomainError
from registry.limits import LONGEST_KEY, LONGEST_SOURCE, LONGEST_VALUE, check_name
from registry.models import Delivery, ModelTag, VersionFacts, VersionTag
from registry.refusals import Refused
from registry.services.rules import owner_for
from registry.services.tags import keep_model_tags, keep_version_tags

SWEEP = "sweep"
EVERYTHING_EVERY = timedelta(minutes=15)
KEPT = timedelta(days=30)
GONE, NUMBER, ALIASES, STAGE = "mlflow.gone", "mlflow.version", "mlflow.aliases", "mlflow.stage"


def receive_delivery(delivery_id: str, body: bytes) -> bool:
    """Keep a signed hint; False where it came before. What it says is looked up, not believed."""
    try:
        said = json.loads(body)
        event = f"{said['entity']}.{said['action']}"[:100]
        name = str(said.get("data", {}).get("name", ""))[:256].replace("\x00", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        event, name = "unreadable", ""
    try:
        with transaction.atomic():
            Delivery.objects.create(delivery_id=delivery_id[:100], event=event.replace("\x00", ""), name=name)
    except IntegrityError:
        return False
    return True


def follow_master(master: Master, now: datetime) -> list[str]:
    """Bring the register up to what the master says: the models hinted at, and now and then all. The refusals met."""
    hints = list(Delivery.objects.filter(followed_at__isnull=True).exclude(event=SWEEP)[:1000])
    swept = Delivery.objects.filter(event=SWEEP, received_at__gt=now - EVERYTHING_EVERY).exists()
    everything = not swept or any(not hint.name for hint in hints)
    if not (everything or hints):
        return []
    names = {hint.name for hint in hints}
    workspace = Workspace.objects.get(slug=settings.MLFLOW_MASTER_WORKSPACE)
    refusals, seen = [], set()
    for said in master.models():
        name = said["name"]
        if not (everything or name in names):
            continue
        seen.add(name)
        try:
            _follow_model(workspace, said, list(master.versions(name)))
        except DomainError as refusal:
            refusals.append(f"{name}: {refusal}")
    _mark_gone(workspace, seen, None if everything else names)
    Delivery.objects.filter(pk__in=[hint.pk for hint in hints]).update(followed_at=now)
    if everything:
        Delivery.objects.create(delivery_id=f"{SWEEP} {now.isoformat()}", event=SWEEP, followed_at=now, received_at=now)
    Delivery.objects.filter(received_at__lt=now - KEPT).delete()
    return refusals


def _follow_model(workspace: Workspace, said: dict, versions: list[dict]) -> None:
    name = _text(said["name"])
    check_name(name)
    with governed():
        model = Model.objects.filter(workspace=workspace, name=name).first()
        if model is None:
            owner, description = owner_for(workspace, None), _text(said.get("description", ""))
            model = inventory.register_model(workspace, name=name, owner=owner, description=description, actor=None)
        if model.status == Status.RETIRED:
            return
        _keep_changed(ModelTag, model, {GONE: ""} | _pairs(said), keep_model_tags)  # It may have been gone before.
    for one in sorted(versions, key=lambda version: int(version["version"])):
        _follow_version(model, one)


@governed()
def _follow_version(model: Model, said: dict) -> None:
    """The version, registered once; its origin says which of the master's it is, whatever number it has here."""
    digest = hashlib.sha256(f"{model.pk}".encode()).hexdigest()[:32]
    origin = f"mlflow:{digest}:{int(said['version'])}"
    source = _text(said.get("source", ""))[:LONGEST_SOURCE]
    version = ModelVersion.objects.filter(model=model, origin=origin).first()
    if version is None:
        version = inventory.register_version(model, schema=None, artifact_uri=source, origin=origin, actor=None)
        VersionFacts.objects.create(
            version=version,
            description=_text(said.get("description", "")),
            run_id=_text(said.get("run_id", ""))[:200],
            run_link=_text(said.get("run_link", ""))[:1000],
            logged_model_id=_text(said.get("model_id", ""))[:200],
            location=source,
            touched_at=version.registered_at,
        )
    tags = _pairs(said) | {NUMBER: str(said["version"]), STAGE: str(said.get("current_stage", ""))}
    # Aliases are told, not set: the master's champion is no decision of ours.
    tags[ALIASES] = ", ".join(sorted(said.get("aliases", [])))
    _keep_changed(VersionTag, version, tags, keep_version_tags)


def _keep_changed(table, subject, tags: dict[str, str], keep) -> None:
    """Write only what is new or different, so that looking again leaves no trace."""
    owner = "model" if table is ModelTag else "version"
    now = dict(table.objects.filter(**{owner: subject}).values_list("key", "value"))
    keep(subject, {key: value for key, value in tags.items() if now.get(key, "") != value}, actor=None)


def _mark_gone(workspace: Workspace, seen: set[str], asked: set[str] | None) -> None:
    """Models that came from the master and are no longer there: told by a tag, because a register forgets nothing."""
    mirrored = Model.objects.filter(workspace=workspace, versions__origin__startswith="mlflow:").distinct()
    mirrored = mirrored if asked is None else mirrored.filter(name__in=asked)
    for model in mirrored.exclude(name__in=seen):
        with governed():
            _keep_changed(ModelTag, model, {GONE: "true"}, keep_model_tags)


def _pairs(said: dict) -> dict[str, str]:
    """The master's tags, without those that only governance of ours may write."""
    try:
        pairs = {_text(tag["key"]): _text(tag.get("value", "")) for tag in said.get("tags", [])}
    except (TypeError, KeyError) as fault:
        raise Refused("INVALID_PARAMETER_VALUE", "The master's tags cannot be read.") from fault
    kept = {key: value for key, value in pairs.items() if key and not key.startswith("mrm.")}
    return {key[:LONGEST_KEY]: value[:LONGEST_VALUE] for key, value in kept.items()}


def _text(value) -> str:
    """What the master said, as the database can hold it."""
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "")
