"""Models and versions as MLflow's objects."""

import json
from collections import defaultdict
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, Exists, F, Func, OuterRef, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest

from audits.workflows.models import ChangeRequest
from audits.workflows.states import ChangeState
from inventory.attributes import PREFIX
from inventory.models import Model, ModelVersion
from inventory.states import Stage
from mrm.accounts.models import Workspace
from mrm.prepared import OneOf, Prepared
from registry import stages
from registry.contents.tagged import FIELDS, ROWS, tags_in
from registry.models import Alias, ModelTag, VersionTag

STATE_TAGS = ("mrm.slug", "mrm.status", "mrm.tier")  # Answered, never set: they follow from decisions.
VERSION_FIELDS = {f"mrm.{name}": name for name in ("framework", "code_ref", "artifact_sha256")}
OUT_OF_USE = (Stage.SUPERSEDED, Stage.RETIRED)
OPEN = (ChangeState.PENDING, ChangeState.APPROVED)
_ASKED = ChangeRequest.objects.filter(version=OuterRef("pk"), kind=ChangeRequest.Kind.PROMOTION, state__in=OPEN)
STATUS_OF_VERSION = Case(  # Where a version stands with us, in one word for a tag.
    When(stage__in=(Stage.PRODUCTION, *OUT_OF_USE), then=F("stage")),
    When(Exists(_ASKED), then=Value("pending_approval")),
    default=Value("pending_validation"),
    output_field=CharField(),
)
# What the tags that are answered and never set say, for a comparison in the database.
STATES = {
    Model: {"mrm.slug": F("slug"), "mrm.status": F("status"), "mrm.tier": Cast("tier", CharField())},
    ModelVersion: {"mrm.status": STATUS_OF_VERSION},
}
SOURCE = "artifact_uri"  # Where the version's artifact lives, in the client's words.
_AS_MADE = ("slug", "name", "description", "registered_at", "status", "tier", *FIELDS)  # Columns of a model itself.


class Pair(Func):
    """Two texts as one value, which the driver reads faster than JSON."""

    template = "ARRAY[%(expressions)s]"
    output_field = ArrayField(TextField())


def models_of(workspace: Workspace, person) -> QuerySet[Model]:
    """The models of a workspace that MLflow clients of this person see: those that nobody deleted."""
    return Model.objects.visible_to(person).filter(workspace=workspace, mlflow__deleted_at__isnull=True)


def versions_of(workspace: Workspace, person) -> QuerySet[ModelVersion]:
    versions = ModelVersion.objects.filter(person.sees("model__workspace", "model__slug"), model__workspace=workspace)
    return versions.filter(model__mlflow__deleted_at__isnull=True, mlflow__deleted_at__isnull=True)


def with_times(rows: QuerySet) -> QuerySet:
    """With `changed`: when a client, or anybody, last changed what MLflow shows of it."""
    if rows.model is Model:
        return rows.annotate(changed=Greatest("edited_at", Coalesce("mlflow__touched_at", "edited_at")))
    return rows.annotate(changed=Coalesce("mlflow__touched_at", "registered_at"))


def with_stage(versions: QuerySet[ModelVersion], *, governed: bool) -> QuerySet[ModelVersion]:
    """With `mlflow_stage`. What is in production or out of use is so by decision, whatever a client once said."""
    said = Coalesce("mlflow__stage", Value(stages.NONE))
    cases = [
        When(stage=Stage.PRODUCTION, then=Value(stages.PRODUCTION)),
        When(stage__in=OUT_OF_USE, then=Value(stages.ARCHIVED)),
    ]
    if governed:
        cases.append(When(mlflow__stage=stages.PRODUCTION, then=Value(stages.NONE)))
    return versions.annotate(mlflow_stage=Case(*cases, default=said, output_field=CharField()))


def shown_models(keys: list[UUID], *, governed: bool) -> list[dict]:
    """Each model as MLflow's RegisteredModel, in the order of `keys`: two queries in all."""
    rows, latest = _MODELS_BY_KEY(keys=keys), defaultdict(list)
    for row in _LATEST[governed](models=keys):
        latest[row["model_id"]].append(_shown_version(row, governed))
    tags = tags_in(rows, governed=governed)
    shown = {row["pk"]: _shown_model(row, tags[row["pk"]], latest[row["pk"]], governed) for row in rows}
    return _in_order(keys, shown)


def shown_model(workspace: Workspace, name: str, person, *, governed: bool) -> dict | None:
    """The model of that name as its RegisteredModel; None where this person's clients see none."""
    rows = _MODEL_BY_NAME(workspace=workspace.pk, name=name)
    if not rows or not person.may_see(workspace, rows[0]["slug"]):
        return None
    return _with_latest(rows[0], governed)


def shown_model_of(key: UUID, *, governed: bool) -> dict:
    """A model that was just made or changed."""
    return _with_latest(_MODEL_BY_KEY(key=key)[0], governed)


def shown_new_model(model: Model, tags: dict[str, str], *, governed: bool) -> dict:
    """A model that was just made with these tags. Where none of them says more of it, nothing needs to be read."""
    if any(key.startswith(PREFIX) for key in tags):
        return shown_model_of(model.pk, governed=governed)
    row = {name: getattr(model, name) for name in _AS_MADE}
    row |= {"pk": model.pk, "changed": model.edited_at, "owner__email": model.owner.email, "alias_pairs": []}
    row["tag_pairs"] = sorted(tags.items())
    return _with_tags(row, [], governed)


def shown_version_of(key: UUID, *, governed: bool) -> dict:
    """A version that was just made, changed or looked up."""
    return _shown_version(_VERSION_BY_KEY[governed](key=key)[0], governed)


def shown_versions(versions: QuerySet[ModelVersion], *, governed: bool) -> list[dict]:
    """Each of these versions as MLflow's ModelVersion: one query."""
    return [_shown_version(row, governed) for row in _version_rows(with_stage(versions, governed=governed), governed)]


def shown_versions_of(keys: list[UUID], *, governed: bool) -> list[dict]:
    """The same of versions that were looked up or changed, in their order."""
    rows = _VERSIONS_BY_KEY[governed](keys=keys)
    return _in_order(keys, {row["pk"]: _shown_version(row, governed) for row in rows})


def latest_versions(versions: QuerySet[ModelVersion], wanted: set[str], *, governed: bool) -> list[dict]:
    """The newest version in each of the wanted stages."""
    newest = _newest(versions, governed).filter(mlflow_stage__in=wanted)
    return [_shown_version(row, governed) for row in _version_rows(newest, governed)]


def _in_order(keys: list[UUID], found: dict) -> list[dict]:
    return [found[key] for key in keys if key in found]


def _with_latest(row: dict, governed: bool) -> dict:
    latest = [_shown_version(version, governed) for version in _LATEST[governed](models=[row["pk"]])]
    return _with_tags(row, latest, governed)


def _with_tags(row: dict, latest: list[dict], governed: bool) -> dict:
    return _shown_model(row, tags_in([row], governed=governed)[row["pk"]], latest, governed)


def _model_rows(models: QuerySet[Model]) -> QuerySet:
    """What is shown of models, with their tags and aliases, a row each."""
    tags = ModelTag.objects.filter(model=OuterRef("pk")).order_by("key")
    aliases = Alias.objects.filter(model=OuterRef("pk")).order_by("name")
    return (
        with_times(models)
        .annotate(
            tag_pairs=ArraySubquery(tags.values(pair=Pair("key", "value"))),
            alias_pairs=ArraySubquery(aliases.values(pair=Pair("name", Cast("version__number", TextField())))),
        )
        .values("pk", "changed", "owner__email", *_AS_MADE, "tag_pairs", "alias_pairs")
    )


def _newest(versions: QuerySet[ModelVersion], governed: bool) -> QuerySet[ModelVersion]:
    """Of each model the newest version in each stage."""
    newest = with_stage(versions, governed=governed).filter(mlflow__deleted_at__isnull=True)
    return newest.order_by("model_id", "mlflow_stage", "-number").distinct("model_id", "mlflow_stage")


def _version_rows(versions: QuerySet[ModelVersion], governed: bool) -> QuerySet:
    """What is shown of versions, with their tags and aliases, a row each."""
    tags = VersionTag.objects.filter(version=OuterRef("pk")).order_by("key")
    aliases = Alias.objects.filter(version=OuterRef("pk")).order_by("name")
    rows = with_times(versions).annotate(
        tag_pairs=ArraySubquery(tags.values(pair=Pair("key", "value"))),
        alias_names=ArraySubquery(aliases.values("name")),
        mrm_status=STATUS_OF_VERSION if governed else Value(""),
    )
    return rows.values(
        "pk", "model_id", "model__name", "model__slug", "number", "registered_at", "changed", "registered_by__email",
        "stage", "mlflow_stage", "mlflow__description", SOURCE, "mlflow__run_id", "mlflow__run_link",
        "mlflow__logged_model_id", *VERSION_FIELDS.values(), "params", "metrics", "tag_pairs", "alias_names",
        "mrm_status",
    )  # fmt: skip


def _named(workspace: UUID, name: str) -> QuerySet:
    return _model_rows(Model.objects.filter(workspace=workspace, name=name, mlflow__deleted_at__isnull=True))


def _keyed(key: UUID) -> QuerySet:
    """One key has a query of its own: of a list the database takes ten to be in it, and plans anew for the one."""
    return _model_rows(Model.objects.filter(pk=key))


def _among(keys: list[UUID]) -> QuerySet:
    return _model_rows(Model.objects.filter(OneOf("pk", keys)).order_by())


def _latest_of(models: list[UUID], *, governed: bool) -> QuerySet:
    return _version_rows(_newest(ModelVersion.objects.filter(OneOf("model_id", models)), governed), governed)


def _keyed_version(key: UUID, *, governed: bool) -> QuerySet:
    return _version_rows(with_stage(ModelVersion.objects.filter(pk=key), governed=governed), governed)


def _versions_among(keys: list[UUID], *, governed: bool) -> QuerySet:
    versions = ModelVersion.objects.filter(OneOf("pk", keys)).order_by()
    return _version_rows(with_stage(versions, governed=governed), governed)


_MODEL_BY_NAME, _MODEL_BY_KEY, _MODELS_BY_KEY = Prepared(_named), Prepared(_keyed), Prepared(_among)
_LATEST = {governed: Prepared(partial(_latest_of, governed=governed)) for governed in (True, False)}
_VERSION_BY_KEY = {governed: Prepared(partial(_keyed_version, governed=governed)) for governed in (True, False)}
_VERSIONS_BY_KEY = {governed: Prepared(partial(_versions_among, governed=governed)) for governed in (True, False)}


def _shown_model(row: dict, said: list[dict], latest: list[dict], governed: bool) -> dict:
    if governed:
        state = ("mrm.slug", row["slug"]), ("mrm.status", row["status"]), ("mrm.tier", str(row["tier"]))
        said = said + [{"key": key, "value": value} for key, value in state]
    shown = {
        "name": row["name"],
        "creation_timestamp": _milliseconds(row["registered_at"]),
        "last_updated_timestamp": _milliseconds(max(row["changed"], row["registered_at"])),
        "user_id": row["owner__email"],
        "description": row["description"],
        "latest_versions": latest,
        "tags": [{"key": key, "value": value} for key, value in row["tag_pairs"] if key not in ROWS] + said,
        "aliases": [{"alias": alias, "version": number} for alias, number in row["alias_pairs"]],
    }
    if governed:
        shown["mrm"] = {"url": f"{settings.PUBLIC_URL}/models/{row['slug']}/"}
    return shown


def _shown_version(row: dict, governed: bool) -> dict:
    said = [{"key": key, "value": row[name]} for key, name in VERSION_FIELDS.items() if row[name]]
    if governed:
        said.append({"key": "mrm.status", "value": row["mrm_status"]})
    shown = {
        "name": row["model__name"],
        "version": str(row["number"]),
        "creation_timestamp": _milliseconds(row["registered_at"]),
        "last_updated_timestamp": _milliseconds(row["changed"]),
        "user_id": row["registered_by__email"] or "",
        "current_stage": row["mlflow_stage"],
        "description": row["mlflow__description"] or "",
        "source": row[SOURCE],
        "run_id": row["mlflow__run_id"] or "",
        "run_link": row["mlflow__run_link"] or "",
        "status": "READY",  # Always: a client that is told to wait would hang until somebody approves.
        "tags": [{"key": key, "value": value} for key, value in row["tag_pairs"]] + said,
        "aliases": row["alias_names"],
    }
    if row["mlflow__logged_model_id"]:
        shown["model_id"] = row["mlflow__logged_model_id"]
    if row["params"]:
        shown["model_params"] = [{"name": name, "value": _text(value)} for name, value in sorted(row["params"].items())]
    if metrics := _measured(row["metrics"]):
        measured = {key: shown[key] for key in ("run_id", "model_id") if shown.get(key)}
        measured |= {"timestamp": shown["creation_timestamp"], "step": 0}
        shown["model_metrics"] = [{"key": key, "value": value} | measured for key, value in metrics]
    if governed:
        address = f"{settings.PUBLIC_URL}/models/{row['model__slug']}/versions/{row['number']}/"
        shown["mrm"] = {"url": address, "status": row["mrm_status"]}
    return shown


def _text(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _measured(metrics: dict) -> list[tuple[str, int | float]]:
    """Those that are numbers; a metric of MLflow is nothing else."""
    return [(key, value) for key, value in sorted(metrics.items()) if type(value) in (int, float)]


def _milliseconds(moment) -> int:
    return int(moment.timestamp() * 1000)
