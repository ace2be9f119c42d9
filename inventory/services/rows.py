"""Bodies on their way to storage: checked and rewritten in a folder that is gone afterwards, whatever happens."""

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from inventory import frames
from inventory.models import ModelVersion
from mrm.errors import RuleBroken


@dataclass(frozen=True)
class CheckedRows:
    """Cleaned rows as Parquet in a temporary file."""

    path: Path
    written: frames.Written


@contextmanager
def checked(
    version: ModelVersion, body_path: Path | str, *, content_type: str, required: Collection[str], columns=None
) -> Iterator[CheckedRows]:
    """The rows of a body, once every value was found to fit the version's schema, or the given columns of it."""
    if not version.is_described:
        raise RuleBroken(f"{version} has no schema yet, so no row can be read; describe its columns first.")
    with tempfile.TemporaryDirectory(prefix="mrm-rows-") as folder:
        target = Path(folder, "rows.parquet")
        written = frames.write(
            Path(body_path),
            target,
            content_type=content_type,
            columns=version.columns() if columns is None else columns,
            required=required,
            decision_threshold=version.decision_threshold,
            now=timezone.now(),
        )
        yield CheckedRows(target, written)
