"""Where another MLflow registry is the master: its webhooks as hints, and what it says as the truth.

A webhook may be late, lost, out of order or missing altogether (there is none for a stage or a deletion), so it only
says where to look. What is found is written by the services that write everything; nothing here is ever promoted by it.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from audits.trail.services import governed
from inventory import services as inventory
from inventory.models import Model, ModelVersion, Policy
from inventory.states import Status
from mrm.accounts.models import Workspace
from mrm.adapters.mlflow import Master
from mrm.errors import DomainError, RuleBroken
from registry.limits import (
    LONGEST_KEY,
    LONGEST_SOURCE,
    LONGEST_VALUE,
    check_name,
    check_new_name,
    copied_from,
    version_number,
)
from registry.models import Delivery, ModelFacts, ModelTag, VersionFacts, VersionTag
from registry.refusals import invalid
from registry.services.rules import owner_for
from registry.services.tags import keep_model_tags, keep_version_tags
from registry.services.versions import LONGEST, describe_version, download_location

SWEEP = "sweep"
EVERYTHING_EVERY = timedelta(minutes=15)
KEPT = timedelta(days=30)
MIRRORED = "mlflow:"  # How the origin of a version begins that came from there.
MOST_TOLD = 100
LONGEST_MAKER = 254
GONE, NUMBER, ALIASES, STAGE = "mlflow.gone", "mlflow.version", "mlflow.aliases", "mlflow.stage"
DESCRIPTION = "mlflow.description"  # What the master said last.


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


@dataclass(frozen=True)
class SaidVersion:
    """A version as the master says it, in the shape and lengths that are kept."""

    number: int
    source: str
    description: str
    run_id: str
    run_link: str
    model_id: str
    maker: str
    tags: dict[str, str]


@dataclass(frozen=True)
class Copy:
    """A version that the master says is a copy of another, of a model that it calls by this name."""

    name: str
    model: Model
    said: SaidVersion


def follow_master(master: Master, now: datetime) -> list[str]:
    """Bring the register up to what the master says: the models hinted at, and now and then all. The refusals met."""
    hints = list(Delivery.objects.filter(followed_at__isnull=True).exclude(event=SWEEP)[:1000])
    swept = Delivery.objects.filter(event=SWEEP, received_at__gt=now - EVERYTHING_EVERY).exists()
    everything = not swept or any(not hint.name for hint in hints)
    if not (everything or hints):
        return []
    names = {hint.name for hint in hints}
    workspace = Workspace.objects.get(slug=settings.MLFLOW_MASTER_WORKSPACE)
    refusals, seen, baselined_until = [], set(), _end_of_baseline(now) if last_sweep() is None else None
    copies: list[Copy] = []
    for said in master.models():
        name = _text(said.get("name", "")) if isinstance(said, dict) else ""
        if not (everything or name in names):
            continue
        seen.add(name)
        try:
            copies += _follow_model(workspace, name, said, master.versions(name), baselined_until=baselined_until)
        except DomainError as refusal:
            refusals.append(f"{name[:200] or 'A model without a name'}: {refusal}")
    refusals += _follow_copies(workspace, copies, everything=everything)
    _mark_gone(workspace, seen, None if everything else names)
    Delivery.objects.filter(pk__in=[hint.pk for hint in hints]).update(followed_at=now)
    if everything:
        sweep = {"event": SWEEP, "refusals": refusals[:MOST_TOLD]}
        Delivery.objects.create(delivery_id=f"{SWEEP} {now.isoformat()}", followed_at=now, received_at=now, **sweep)
    Delivery.objects.filter(received_at__lt=now - KEPT).delete()
    return refusals


def last_sweep() -> Delivery | None:
    """When everything was last read from the master, with what of it could not be taken over."""
    return Delivery.objects.filter(event=SWEEP).order_by("-received_at").first()


def _end_of_baseline(now: datetime) -> date:
    """What the first sweep takes over is an import like any other: what it lacks is dated debt, as long as may be."""
    return now.date() + timedelta(days=Policy.objects.in_force().section("baselines")["most_days"])


def _follow_model(
    workspace: Workspace, name: str, said: dict, versions: Iterable[dict], *, baselined_until: date | None
) -> list[Copy]:
    """The model and its versions; its copies of others are given back, to follow when what they are made of is here."""
    check_name(name)
    tags, description, aliases = _pairs(said), _text(said.get("description") or ""), _aliases(said)
    read = sorted((_read(version, aliases) for version in versions), key=lambda version: version.number)
    with governed():
        model = _mirror_of(workspace, name)
        if model is None:
            check_new_name(name)
            entry = {"name": name, "owner": owner_for(workspace, None), "description": description}
            model = inventory.register_model(workspace, **entry, baselined_until=baselined_until, actor=None)
        _keep_mirrored(model, name)
        if model.status == Status.RETIRED:
            _refuse_new_versions(model, read)
            return []
        known = _tag(model, DESCRIPTION)
        if known is not None and known != description[:LONGEST_VALUE]:
            # What people here wrote stays until the master says something else.
            inventory.edit_model(model, changes={"description": description}, actor=None)
        follows = {GONE: "", DESCRIPTION: description[:LONGEST_VALUE]}  # It may have been gone before.
        _keep_changed(ModelTag, model, tags | follows, keep_model_tags)
    copies = [Copy(name, model, version) for version in read if _numbered(version.source)]
    for version in read:
        if not _numbered(version.source):
            _follow_version(workspace, model, version)
    _mark_versions_gone(model, {_origin(model, version.number) for version in read})
    return copies


def _follow_copies(workspace: Workspace, copies: list[Copy], *, everything: bool) -> list[str]:
    """Each after what it is a copy of, which may be a copy itself. The refusals met.

    While only some models are looked at, a new one whose original is not here waits for the next look at everything.
    """
    refusals = []
    while copies:
        awaited = {(copy.name, copy.said.number) for copy in copies}
        later = [copy for copy in copies if _numbered(copy.said.source) in awaited]
        ready = [copy for copy in copies if _numbered(copy.said.source) not in awaited]
        if not ready:  # Copies of themselves, or of each other.
            ready, later = later, []
        for copy in ready:
            try:
                _follow_version(workspace, copy.model, copy.said, waits=not everything)
            except DomainError as refusal:
                refusals.append(f"{copy.name[:200]}: {refusal}")
        copies = later
    return refusals


def _mirror_of(workspace: Workspace, name: str) -> Model | None:
    """The model that was taken over under this name, whatever it is called by now; else one of that name which is
    nothing else's mirror."""
    here = Model.objects.filter(workspace=workspace)
    known = here.filter(mlflow__mirrors=name).first()
    return known or here.filter(Q(mlflow=None) | Q(mlflow__mirrors=""), name=name).first()


def _keep_mirrored(model: Model, name: str) -> None:
    if not ModelFacts.objects.filter(model=model, mirrors=name).exists():
        ModelFacts.objects.update_or_create(model=model, defaults={"mirrors": name})


def _refuse_new_versions(model: Model, read: list[SaidVersion]) -> None:
    """What is retired here stays as it was; that the master goes on with it is told, not passed over."""
    known = set(ModelVersion.objects.filter(model=model).values_list("origin", flat=True))
    if new := [version.number for version in read if _origin(model, version.number) not in known]:
        raise RuleBroken(
            f"It is retired here, so {len(new)} of the master's versions, the newest being {new[-1]}, "
            f"{'is' if len(new) == 1 else 'are'} not taken over. Retire it there, or go on under another name."
        )


@governed()
def _follow_version(workspace: Workspace, model: Model, said: SaidVersion, *, waits: bool = False) -> None:
    """The version, registered once; its origin says which of the master's it is, whatever number it has here.

    waits  for what it is a copy of, where that is not here
    """
    origin = _origin(model, said.number)
    version = ModelVersion.objects.select_related("mlflow").filter(model=model, origin=origin).first()
    if version is None:
        original = _copied(workspace, said.source)
        if waits and original is None:
            return
        told = {"artifact_uri": said.source, "origin": origin, "copied_from": original}
        version = inventory.register_version(model, schema=None, **told, maker=said.maker, actor=None)
        VersionFacts.objects.create(
            version=version,
            description=said.description,
            run_id=said.run_id,
            run_link=said.run_link,
            logged_model_id=said.model_id,
            location=download_location(original) if original else said.source,
            touched_at=version.registered_at,
        )
    elif version.mlflow.description != said.description:
        describe_version(workspace, model.name, str(version.number), description=said.description, actor=None)
    _keep_changed(VersionTag, version, said.tags | {GONE: ""}, keep_version_tags)


def _copied(workspace: Workspace, source: str) -> ModelVersion | None:
    """What a copy in the master was made of, where that was taken over before."""
    name, number = _numbered(source) or ("", 0)
    original = _mirror_of(workspace, name) if name else None
    return original and original.versions.filter(origin=_origin(original, number)).first()


def _numbered(source: str) -> tuple[str, int] | None:
    """The name and number of the version that a copy was made of; None for what is no copy."""
    name, number, _ = copied_from(source) or ("", "", "")
    return (_text(name), int(number)) if number else None


def _origin(model: Model, number: int) -> str:
    return f"{MIRRORED}{hashlib.sha256(f'{model.pk}'.encode()).hexdigest()[:32]}:{number}"


def _mark_versions_gone(model: Model, there: set[str]) -> None:
    mirrored = ModelVersion.objects.filter(model=model, origin__startswith=MIRRORED).exclude(origin__in=there)
    for version in mirrored.exclude(pk__in=VersionTag.objects.filter(key=GONE, value="true").values("version")):
        with governed():
            _keep_changed(VersionTag, version, {GONE: "true"}, keep_version_tags)


def _tag(model: Model, key: str) -> str | None:
    return ModelTag.objects.filter(model=model, key=key).values_list("value", flat=True).first()


def _keep_changed(table, subject, tags: dict[str, str], keep) -> None:
    """Write only what is new or different, so that looking again leaves no trace."""
    owner = "model" if table is ModelTag else "version"
    now = dict(table.objects.filter(**{owner: subject}).values_list("key", "value"))
    unsaid = {key: "" for key in tags if key != DESCRIPTION}
    keep(subject, {key: value for key, value in tags.items() if (unsaid | now).get(key) != value}, actor=None)


def _mark_gone(workspace: Workspace, seen: set[str], asked: set[str] | None) -> None:
    """Models that came from the master and are no longer there: told by a tag, because a register forgets nothing."""
    mirrored = Model.objects.filter(workspace=workspace, mlflow__mirrors__gt="")
    mirrored = mirrored if asked is None else mirrored.filter(mlflow__mirrors__in=asked)
    for model in mirrored.exclude(mlflow__mirrors__in=seen):
        with governed():
            _keep_changed(ModelTag, model, {GONE: "true"}, keep_model_tags)


def _aliases(said: dict) -> defaultdict[int, set[str]]:
    """By the number of their version. MLflow's own server says them of the model alone when it is searched for."""
    aliases = defaultdict(set)
    try:
        for one in said.get("aliases") or []:
            aliases[version_number(str(one["version"]))].add(_text(one["alias"]))
    except (TypeError, KeyError, AttributeError) as fault:
        raise invalid("The master's aliases cannot be read.") from fault
    return aliases


def _read(said: dict, aliases: Mapping[int, set[str]]) -> SaidVersion:
    """What the master says of a version; refused where it has no number, or is of no shape that MLflow gives."""
    try:
        number = version_number(str(said["version"]))
        aliases = sorted({*map(_text, said.get("aliases") or []), *aliases[number]})
        texts = {name: _text(said.get(name) or "")[:most] for name, most in LONGEST.items()}
        source, stage = (_text(said.get(name) or "") for name in ("source", "current_stage"))
    except (TypeError, KeyError, AttributeError) as fault:
        raise invalid("One of its versions is said in a way that cannot be read.") from fault
    # Aliases are told, not set: the master's champion is no decision of ours.
    tags = {NUMBER: str(number), STAGE: stage[:LONGEST_VALUE], ALIASES: ", ".join(aliases)[:LONGEST_VALUE]}
    maker = _text(said.get("user_id") or "")[:LONGEST_MAKER]
    return SaidVersion(number, source[:LONGEST_SOURCE], maker=maker, tags=_pairs(said) | tags, **texts)


def _pairs(said: dict) -> dict[str, str]:
    """The master's tags, without those that only governance of ours may write."""
    try:
        pairs = {_text(tag["key"]): _text(tag.get("value", "")) for tag in said.get("tags") or []}
    except (TypeError, KeyError, AttributeError) as fault:
        raise invalid("The master's tags cannot be read.") from fault
    kept = {key: value for key, value in pairs.items() if key and not key.startswith("mrm.")}
    return {key[:LONGEST_KEY]: value[:LONGEST_VALUE] for key, value in kept.items()}


def _text(value) -> str:
    """What the master said, as the database can hold it."""
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "")
