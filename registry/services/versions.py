"""Versions: registered from wherever their artifact lives, described, deleted."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import Overtaken, governed, record, written_at_once
from audits.workflows.services import end_with_version
from audits.workflows.services.holds import refuse_deletion
from inventory import services as inventory
from inventory.models import Model, ModelVersion
from inventory.states import Stage
from mrm.accounts.models import Workspace
from mrm.adapters import storage
from mrm.prepared import Prepared
from registry.limits import check_source, check_tag, copied_from
from registry.models import Alias, VersionFacts
from registry.refusals import DENIED, Refused, invalid
from registry.services import fields
from registry.services.found import (
    facts_of,
    may_edit,
    model_named,
    put_touch,
    touch,
    version_by_alias,
    version_named,
)
from registry.services.governance import refuse_to_lose
from registry.services.rules import is_governed
from registry.services.tags import keep_version_tags

REPEATED_WITHIN = timedelta(minutes=15)  # A client that lost an answer repeats its call for some minutes.
LONGEST = {"run_id": 200, "run_link": 1000, "model_id": 200, "description": 20_000}


def register_version(
    workspace: Workspace,
    name: str,
    *,
    source: str,
    run_id: str = "",
    run_link: str = "",
    model_id: str = "",
    description: str = "",
    tags: dict[str, str],
    body: bytes = b"",
    actor,
) -> ModelVersion:
    """A new version of a model, a candidate. `source` and the run are facts about where it came from, never fetched.

    In a governed workspace the same call of the same caller, repeated soon, gives the version it gave the first time.
    """
    check_source(source, run_id=run_id, model_id=model_id)
    for key, value in tags.items():
        check_tag(key, value)
    said = {"run_id": run_id, "run_link": run_link, "model_id": model_id, "description": description}
    for parameter, text in said.items():
        if len(text) > LONGEST[parameter]:
            raise invalid(f"'{parameter}' exceeds the maximum length of {LONGEST[parameter]} characters")
    filled, kept = fields.of_version(tags)
    facts = {"run_id": run_id, "run_link": run_link, "logged_model_id": model_id, "description": description}
    facts["location"] = source
    original = _copied(workspace, source, actor)
    if original:  # What the first is made of is known of the copy, too.
        facts["location"] = download_location(original)
        digest = original.artifact_sha256
        if digest and filled.setdefault("artifact_sha256", digest) != digest:
            raise invalid(f"{original} has the artifact {digest}; a copy of it has no other.")
    asked = partial(inventory.register_version, artifact_uri=source, copied_from=original, **filled, actor=actor)
    if not kept:
        with suppress(Overtaken):
            with written_at_once() as message:
                model = model_named(workspace, name, actor)
                call, first = _first(model, body, actor)
                if first:
                    return first
                version = asked(model, within=message)
                message.insert(_facts_of_new(version, call, facts))
                put_touch(message, model)
            return version
    with governed():
        model = model_named(workspace, name, actor)
        call, first = _first(model, body, actor)
        if first:
            return first
        version = asked(model)
        if call:
            VersionFacts.objects.filter(answers_call=call).update(answers_call="")  # One too old to be the answer.
        _facts_of_new(version, call, facts).save(force_insert=True)
        keep_version_tags(version, kept, actor=actor)
        touch(model)
    return version


@governed()
def describe_version(workspace: Workspace, name: str, number: str, *, description: str, actor) -> ModelVersion:
    """Change what a version says of itself. The model is not changed by that."""
    if len(description) > LONGEST["description"]:
        raise invalid(f"'description' exceeds the maximum length of {LONGEST['description']} characters")
    version = version_named(workspace, name, number, actor)
    may_edit(version.model, actor)
    facts = facts_of(version)
    facts.description, facts.touched_at = description, timezone.now()
    facts.save(update_fields=["description", "touched_at"])
    digest = storage.digest_of(description.encode())
    record(Action.MLFLOW_DESCRIBED, actor=actor, subject=version, description=f"sha256:{digest}")
    return version


@governed()
def delete_version(workspace: Workspace, name: str, number: str, *, actor) -> None:
    """Take a version out of MLflow's sight, with its aliases. Its entry stays, retired, and keeps its number."""
    version = version_named(workspace, name, number, actor)
    may_edit(version.model, actor)
    if version.stage == Stage.PRODUCTION:
        raise Refused(DENIED, f"{version} is in production. Promote another version first, or ask to retire the model.")
    if is_governed(workspace):
        refuse_to_lose(version)
    refuse_deletion(version.model, "a version")
    facts, now = facts_of(version), timezone.now()
    facts.deleted_at, facts.touched_at, facts.answers_call = now, now, ""
    facts.save(update_fields=["deleted_at", "touched_at", "answers_call"])
    Alias.objects.filter(version=version).delete()
    record(Action.MLFLOW_VERSION_DELETED, actor=actor, subject=version, number=version.number)
    inventory.retire_version(version, actor=actor)
    end_with_version(version, because=f"Version {version.number} was deleted by an MLflow client.")
    touch(version.model)


def download_location(version: ModelVersion) -> str:
    """Where a client finds the files of a version: its source, copies followed to the first real place."""
    facts = getattr(version, "mlflow", None)
    return (facts and facts.location) or version.artifact_uri


def _facts_of_new(version: ModelVersion, call: str, facts: dict) -> VersionFacts:
    return VersionFacts(version=version, touched_at=version.registered_at, answers_call=call, **facts)


def _first(model: Model, body: bytes, actor) -> tuple[str, ModelVersion | None]:
    """What tells this call from all others, and what it gave before; empty where a repeated call is another one.

    A constraint keeps a second version from answering the same call, which may be sent twice at the same moment.
    """
    if not body or actor is None:
        return "", None
    call = storage.digest_of(f"{model.pk} {actor.pk} ".encode() + body)
    (found,) = _FIRST(workspace=model.workspace_id, call=call)
    if found["registry_rules__governed"] is False:
        return "", None
    return call, ModelVersion.objects.get(pk=found["first"]) if found["first"] else None


def _first_of(workspace: UUID, call: str) -> QuerySet:
    same = VersionFacts.objects.filter(answers_call=call, version__registered_at__gte=Now() - REPEATED_WITHIN)
    rules = Workspace.objects.filter(pk=workspace)  # A workspace that nobody set any for is governed.
    return rules.values("registry_rules__governed", first=Subquery(same.values("version")))


_FIRST = Prepared(_first_of)


def _copied(workspace: Workspace, source: str, actor) -> ModelVersion | None:
    """The version that a copy is made of."""
    if (copied := copied_from(source)) is None:
        return None
    name, number, alias = copied
    if alias:
        return version_by_alias(workspace, name, alias, actor)
    model_named(workspace, name, actor)
    return version_named(workspace, name, number, actor)
