"""Outcomes: what really happened, by the id of the prediction, possibly long after it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
from django.utils import timezone

from audits.profiles.schema import Column, Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import frames
from inventory.models import Model, ModelVersion, OutcomeBatch
from inventory.services.rows import checked
from inventory.states import Stage, Status
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken


def receive_outcomes(model: Model, body_path: Path | str, *, content_type: str, actor) -> tuple[OutcomeBatch, bool]:
    """Keep labels by prediction id: two columns, called as in the schema of the version in production, or the newest.

    Ids that no prediction has yet are kept and counted: outcomes may arrive before the predictions do.
    """
    require(actor, Permission.LOG_DATA, model.workspace_id, model_slug=model.slug)
    body = storage.digest_of(body_path)
    if first := model.outcome_batches.filter(body_sha256=body).first():
        return first, False
    _refuse_if_retired(model)
    version, identity, label = _described(model)
    columns = (identity, replace(label, roles=(Role.LABEL,)))
    names = {identity.name, label.name}
    with checked(version, body_path, content_type=content_type, required=names, columns=columns) as rows:
        canonical = rows.path.with_name("outcomes.parquet")
        frame = pl.read_parquet(rows.path).rename({identity.name: frames.ID, label.name: frames.LABEL})
        frame.write_parquet(canonical)
        unknown = frames.unknown_ids(model, canonical)
        stored = storage.put(canonical)
    with governed():
        model = Model.objects.select_for_update().get(pk=model.pk)
        _refuse_if_retired(model)
        if first := model.outcome_batches.filter(body_sha256=body).first():
            return first, False
        outcomes = OutcomeBatch.objects.create(
            model=model,
            sha256=stored,
            body_sha256=body,
            rows=rows.written.rows,
            unknown_ids=unknown,
            received_at=timezone.now(),
            received_from=actor,
        )
        record(
            Action.OUTCOMES_RECEIVED,
            actor=actor,
            subject=outcomes,
            sha256=stored,
            rows=outcomes.rows,
            unknown_ids=unknown,
        )
        return outcomes, True


def _described(model: Model) -> tuple[ModelVersion, Column, Column]:
    """The version whose schema says what outcomes are called, with its id and its label."""
    versions = sorted(model.versions.all(), key=lambda version: (version.stage == Stage.PRODUCTION, version.number))
    for version in reversed(versions):
        identity, label = version.column_with(Role.ID), version.column_with(Role.LABEL)
        if identity and label:
            return version, identity, label
    raise RuleBroken(
        f"No version of {model} describes both an id and a label, so outcomes cannot be joined. Register a version "
        "whose schema has a column with the role id and one with the role label."
    )


def _refuse_if_retired(model: Model) -> None:
    if model.status == Status.RETIRED:
        raise RuleBroken(f"{model} is retired and takes no data.")
