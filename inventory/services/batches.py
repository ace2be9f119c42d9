"""Batches of predictions, as they were logged."""

from pathlib import Path

from django.utils import timezone

from audits.profiles.engines.arrow import scan
from audits.profiles.grid import Grid
from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import frames
from inventory.models import ModelVersion, PredictionBatch
from inventory.services.rows import checked
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken


def receive_batch(
    version: ModelVersion, body_path: Path | str, *, content_type: str, actor
) -> tuple[PredictionBatch, bool]:
    """Keep rows that a version scored. A body that came before is answered with the batch it made then."""
    require(actor, Permission.LOG_DATA, version.model.workspace_id, model_slug=version.model_slug)
    body = storage.digest_of(body_path)
    if first := version.batches.filter(body_sha256=body).first():
        return first, False
    _refuse_if_retired(version)
    with checked(version, body_path, content_type=content_type, required=required_columns(version)) as rows:
        earlier = list(version.batches.all())
        if first := next((batch for batch in earlier if batch.body_sha256 == body), None):
            return first, False  # The same body overtook this one.
        frames.already_logged(version, rows.path, earlier).raise_if_any()
        stored = storage.put(rows.path)
    now = timezone.now()
    with governed():
        version = ModelVersion.objects.select_for_update().select_related("model").get(pk=version.pk)
        _refuse_if_retired(version)
        if first := version.batches.filter(body_sha256=body).first():
            return first, False
        # Only what came in while this one was being checked still has to be compared, so this is short.
        meanwhile = version.batches.exclude(pk__in=[batch.pk for batch in earlier])
        frames.already_logged(version, storage.local_path(stored), meanwhile).raise_if_any()
        batch = PredictionBatch.objects.create(
            version=version,
            sha256=stored,
            body_sha256=body,
            rows=rows.written.rows,
            first_at=rows.written.first_at or now,
            last_at=rows.written.last_at or now,
            received_at=now,
            received_from=actor,
        )
        record(
            Action.BATCH_RECEIVED,
            actor=actor,
            subject=batch,
            sha256=stored,
            rows=batch.rows,
            first_at=batch.first_at.isoformat(),
            last_at=batch.last_at.isoformat(),
            version=version.number,
        )
        return batch, True


def profile_batch(batch: PredictionBatch) -> PredictionBatch:
    """Count a batch into the cells of its version's grid, once, so that no assessment scans it again."""
    if not batch.profile_sha256:
        grid = Grid.from_json(batch.version.reference.grid)
        profile = scan(storage.local_path(batch.sha256), grid)
        batch.profile_sha256 = storage.put(profile.to_bytes())
        batch.save(update_fields=["profile_sha256"])
    return batch


def required_columns(version: ModelVersion) -> set[str]:
    """Columns that every row of a batch must have a value in. Labels come later; predictions may be derived."""
    columns = version.columns()
    derivable = frames.derivable(columns, version.decision_threshold)
    always = {Role.ID, Role.TIME}
    return {
        column.name
        for column in columns
        if column is not derivable
        and not column.has_role(Role.LABEL)
        and (column.required or always & set(column.roles))
    }


def _refuse_if_retired(version: ModelVersion) -> None:
    if version.stage == Stage.RETIRED:
        raise RuleBroken(f"{version} is retired and takes no data.")
