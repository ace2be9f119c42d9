"""Reference data: what a version is compared with for as long as it lives."""

from dataclasses import replace
from pathlib import Path

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import frames
from inventory.models import ModelVersion, ReferenceData
from inventory.services.rows import checked
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken

NOT_NEEDED = {Role.ID, Role.TIME, Role.LABEL}


def receive_reference(version: ModelVersion, body_path: Path | str, *, content_type: str, actor) -> ReferenceData:
    """Keep the reference of a version and freeze from it the grid that everything later is counted into. Once."""
    require(actor, Permission.LOG_DATA, version.model.workspace_id, model_slug=version.model_slug)
    body = storage.digest_of(body_path)
    if (first := _first(version)) and _is_same(first, body):
        return first
    columns = version.columns()
    derived = frames.derivable(columns, version.decision_threshold)
    required = {
        column.name
        for column in columns
        if column.required and column is not derived and not NOT_NEEDED & set(column.roles)
    }
    with checked(version, body_path, content_type=content_type, required=required) as rows:
        # What may be left out of a reference was decided above; the grid has cells for what is there.
        counted = [replace(column, required=column.name in required) for column in columns]
        grid = freeze_grid(rows.path, counted)
        profile = storage.put(scan(rows.path, grid).to_bytes())
        stored = storage.put(rows.path)
    with governed():
        version = ModelVersion.objects.select_for_update().select_related("model").get(pk=version.pk)
        if version.stage == Stage.RETIRED:
            raise RuleBroken(f"{version} is retired and takes no data.")
        if (first := _first(version)) and _is_same(first, body):
            return first
        reference = ReferenceData.objects.create(
            version=version,
            sha256=stored,
            body_sha256=body,
            rows=rows.written.rows,
            grid_sha256=grid.digest,
            grid=grid.to_json(),
            profile_sha256=profile,
            received_from=actor,
        )
        record(
            Action.REFERENCE_RECEIVED,
            actor=actor,
            subject=reference,
            sha256=stored,
            rows=rows.written.rows,
            grid=grid.digest,
            version=version.number,
        )
        return reference


def _first(version: ModelVersion) -> ReferenceData | None:
    return ReferenceData.objects.filter(version=version).first()


def _is_same(first: ReferenceData, body: str) -> bool:
    """Whether the body is the one that came first; another is refused."""
    if first.body_sha256 != body:
        raise RuleBroken(
            f"{first.version} already has reference data, and what it is compared with never changes. "
            "Register another version to compare with other data."
        )
    return True
