"""Versions of a model: registered once, then moved from stage to stage."""

import json
import math
import re
from contextlib import suppress

from django.utils import timezone

from audits.profiles.schema import Role, SchemaError, column_with_role, columns_from_json, columns_to_json
from audits.trail.models import Action, subject_name
from audits.trail.services import Message, Overtaken, governed, record, written_at_once
from inventory.models import Model, ModelVersion
from inventory.services.models import move_model, move_version
from inventory.services.uses import end_approvals_of, restrict_unapproved_uses
from inventory.states import UNDECIDED, Stage, Status
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken, UnusableData
from mrm.facts import why_not_kept
from mrm.prepared import Prepared

LONGEST = {"framework": 50, "artifact_uri": 1000, "code_ref": 500, "origin": 100}
FACTS = ("training_data", "params", "metrics", "tags")
REGISTERED = ("framework", "artifact_uri", "code_ref", "decision_threshold", *FACTS)
LARGEST_SCHEMA = 4 * 2**20
DIGEST = re.compile(r"[0-9a-f]{64}")


def register_version(
    model: Model,
    *,
    schema: list[dict] | None,
    framework: str = "",
    artifact_uri: str = "",
    artifact_sha256: str = "",
    code_ref: str = "",
    training_data: dict | None = None,
    params: dict | None = None,
    metrics: dict | None = None,
    decision_threshold: float | None = None,
    tags: dict | None = None,
    origin: str = "",
    predecessor: ModelVersion | None = None,
    copied_from: ModelVersion | None = None,
    within: Message | None = None,
    maker: str = "",
    actor,
) -> ModelVersion:
    """A new candidate of a model. The same origin again gives the version it gave the first time.

    Without a schema (None) it is in the register but nothing about it can be measured until `describe_version`.
    `within` a message of the caller's it is registered with whatever else that writes; without an origin, then.
    With an origin, `maker` is who made it there, as its address there says.
    """
    facts = {"training_data": training_data, "params": params, "metrics": metrics, "tags": tags}
    said = {
        "framework": framework,
        "artifact_uri": artifact_uri,
        "artifact_sha256": artifact_sha256,
        "code_ref": code_ref,
        "decision_threshold": decision_threshold,
        "origin": origin,
        "predecessor": predecessor,
        "copied_from": copied_from and (copied_from.copied_from or copied_from),
        "registered_by": actor,
    } | {name: value or {} for name, value in facts.items()}
    require(actor, Permission.REGISTER_VERSION, model.workspace_id, model_slug=model.slug)
    if within is not None:
        return _put(within, _drafted(model, schema, said))
    if not origin:
        with suppress(Overtaken):
            with written_at_once() as message:
                version = _put(message, _drafted(model, schema, said))
            return version
    with governed():
        model = Model.objects.select_for_update().get(pk=model.pk)
        if origin and (first := model.versions.filter(origin=origin).first()):
            return first
        version = _drafted(model, schema, said)
        version.save(force_insert=True)
        told = _told(version) | ({"maker": maker} if maker else {})
        record(Action.VERSION_REGISTERED, actor=actor, subject=version, **told)
    return version


def _put(message: Message, version: ModelVersion) -> ModelVersion:
    """Its number is still free, or the constraint says no; its model is still called so, and takes versions."""
    model = version.model
    message.only_if(
        "EXISTS (SELECT FROM inventory_model WHERE id = %s AND name = %s AND status <> %s)",
        [model.pk, model.name, Status.RETIRED],
    )
    message.insert(version)
    message.record(Action.VERSION_REGISTERED, actor=version.registered_by, subject=version, **_told(version))
    return version


def _drafted(model: Model, schema: list[dict] | None, said: dict) -> ModelVersion:
    """The version that may be registered next."""
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired and takes no further versions.")
    columns = () if schema is None else _checked_columns(schema)
    facts = {name: said[name] for name in FACTS}
    texts = {name: said[name] for name in LONGEST}
    _check(columns, facts, said["decision_threshold"], said["artifact_sha256"], **texts)
    if said["predecessor"] is not None and said["predecessor"].model_id != model.pk:
        raise RuleBroken("The predecessor of a version must be a version of the same model.")
    last = _LAST_NUMBER(model=model.pk)
    number = last[0]["number"] + 1 if last else 1
    return ModelVersion(model=model, number=number, schema=columns_to_json(columns), **said)


_LAST_NUMBER = Prepared(lambda model: ModelVersion.objects.filter(model=model).order_by("-number").values("number")[:1])


def _told(version: ModelVersion) -> dict:
    return {
        "number": version.number,
        "schema": digest_of_schema(version.schema),
        "facts": digest_of_facts(version),
        "artifact": version.artifact_sha256,
        "origin": version.origin,
        "predecessor": version.predecessor.number if version.predecessor else None,
    } | ({"copied_from": subject_name(version.copied_from)} if version.copied_from else {})


@governed()
def describe_version(
    version: ModelVersion, *, schema: list[dict], decision_threshold: float | None = None, actor
) -> ModelVersion:
    """Say what the columns of a version are that was registered without a schema. Once; then it is immutable too.

    And only while nobody has decided about it.
    """
    require(actor, Permission.REGISTER_VERSION, version.model.workspace_id, model_slug=version.model_slug)
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    columns = _checked_columns(schema)
    if version.is_described:
        if (version.schema, version.decision_threshold) == (columns_to_json(columns), decision_threshold):
            return version
        raise RuleBroken(f"{version} has its schema already; another schema is another version.")
    refuse_to_fill_once_decided(version, "its columns")
    _check(columns, {}, decision_threshold, "")
    version.schema, version.decision_threshold = columns_to_json(columns), decision_threshold
    version.save(update_fields=["schema", "decision_threshold"])
    digests = {"schema": digest_of_schema(version.schema), "facts": digest_of_facts(version)}
    record(Action.VERSION_DESCRIBED, actor=actor, subject=version, **digests)
    return version


def refuse_to_fill_once_decided(version: ModelVersion, what: str) -> None:
    """What was decided about stays as it was shown; that nobody asks or has signed, the database looks at as well."""
    if version.stage not in UNDECIDED:
        raise RuleBroken(
            f"{version} is {version.stage}: what was decided about it was decided without {what}. "
            "Register a new version."
        )


@governed()
def retire_version(version: ModelVersion, *, actor) -> ModelVersion:
    """End a version that does not decide, and its approvals with it.

    What is in production ends by being superseded, or with its model.
    """
    require(actor, Permission.REGISTER_VERSION, version.model.workspace_id, model_slug=version.model_slug)
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    if version.stage == Stage.PRODUCTION:
        raise RuleBroken(f"{version} is in production; promote another version, or ask to retire the model.")
    if version.stage != Stage.RETIRED:
        move_version(version, "retire")
        version.ended_at = version.ended_at or timezone.now()
        version.save(update_fields=["stage", "ended_at"])
        record(Action.VERSION_RETIRED, actor=actor, subject=version)
        end_approvals_of(version, reason=f"Version {version.number} was retired.", actor=actor)
    return version


@governed()
def start_challenge(version: ModelVersion, *, actor) -> ModelVersion:
    """Let a candidate score the same traffic as the version in production, deciding nothing."""
    require(actor, Permission.REGISTER_VERSION, version.model.workspace_id, model_slug=version.model_slug)
    version = ModelVersion.objects.select_for_update().select_related("model").get(pk=version.pk)
    move_version(version, "challenge")
    version.save(update_fields=["stage"])
    record(Action.VERSION_CHALLENGES, actor=actor, subject=version)
    return version


@governed()
def promote_version(version: ModelVersion, *, actor) -> ModelVersion:
    """Put a version into production in place of the present one. Called where a promotion was approved."""
    version = _put_into_production(version, "promote", actor, promoted_at=timezone.now())
    record(Action.VERSION_PROMOTED, actor=actor, subject=version)
    _restrict_uses(version)
    return version


@governed()
def return_version(version: ModelVersion, *, actor, **told) -> ModelVersion:
    """Put a version that was superseded back into production. Called where a roll-back was signed.

    `told` is what else its entry says.
    """
    version = _put_into_production(version, "return", actor, ended_at=None)
    record(Action.VERSION_RETURNED, actor=actor, subject=version, **told)
    _restrict_uses(version)
    return version


def _put_into_production(version: ModelVersion, event: str, actor, **fields) -> ModelVersion:
    model = Model.objects.select_for_update().get(pk=version.model_id)
    siblings = ModelVersion.objects.select_for_update().filter(model=model)
    version, now = siblings.get(pk=version.pk), timezone.now()
    for present in siblings.filter(stage=Stage.PRODUCTION).exclude(pk=version.pk):
        move_version(present, "supersede")
        present.ended_at = now
        present.save(update_fields=["stage", "ended_at"])
        record(Action.VERSION_SUPERSEDED, actor=actor, subject=present, by=version.number)
    move_version(version, event)
    for name, value in fields.items():
        setattr(version, name, value)
    version.save(update_fields=["stage", *fields])
    move_model(model, "promote")
    model.save(update_fields=["status"])
    return version


def _restrict_uses(version: ModelVersion) -> None:
    because = f"Version {version.number} came into production without an approval for this use."
    restrict_unapproved_uses(version.model, because=because)


def digest_of_schema(schema: list[dict]) -> str:
    """As the entry of a version states what its columns are."""
    return storage.digest_of(json.dumps(schema, sort_keys=True).encode())


def digest_of_facts(version: ModelVersion) -> str:
    """As the entries of a version state what else it was registered with.

    Every number as a fraction, since the database gives back some as whole ones that were handed to it as fractions.
    """
    said = {name: getattr(version, name) for name in REGISTERED} | {"predecessor": str(version.predecessor_id or "")}
    numbers = {"parse_int": float, "parse_float": lambda text: float(text) + 0.0}  # Nought has no sign there.
    return storage.digest_of(json.dumps(json.loads(json.dumps(said), **numbers), sort_keys=True).encode())


def _checked_columns(schema: list[dict]):
    try:
        return columns_from_json(schema)
    except SchemaError as fault:
        raise UnusableData(*({**error, "field": f"schema.{error['field']}"} for error in fault.errors)) from fault


def _check(columns, facts: dict, threshold: float | None, artifact_sha256: str, **texts: str) -> None:
    errors = [
        {"message": f"{name} has {len(texts[name])} characters; at most {most} fit.", "field": name}
        for name, most in LONGEST.items()
        if len(texts.get(name, "")) > most
    ]
    schema = {"columns": columns_to_json(columns)}
    wrong = {name: why_not_kept(value) for name, value in facts.items()}
    wrong["schema"] = why_not_kept(schema, largest=LARGEST_SCHEMA)
    errors += [{"message": f"{name} {why}", "field": name} for name, why in wrong.items() if why]
    if artifact_sha256 and not DIGEST.fullmatch(artifact_sha256):
        message = "artifact.sha256 must be a SHA-256 as 64 lower-case hexadecimal digits."
        errors.append({"message": message, "field": "artifact.sha256"})
    if threshold is not None and not math.isfinite(threshold):
        errors.append({"message": "decision_threshold must be a finite number.", "field": "decision_threshold"})
    if threshold is not None and column_with_role(columns, Role.SCORE) is None:
        message = "A decision threshold needs a score to compare it with; describe a column with the role score."
        errors.append({"message": message, "field": "decision_threshold"})
    if columns and not any(column_with_role(columns, role) for role in (Role.SCORE, Role.PREDICTION)):
        message = "The schema has neither a score nor a prediction, so there is nothing to watch; describe one."
        errors.append({"message": message, "field": "schema.columns"})
    if errors:
        raise UnusableData(*errors)
