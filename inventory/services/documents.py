"""Documents about a model: the file under its digest, and a row that says what it is."""

import re
from datetime import date
from pathlib import Path, PurePosixPath

from django.conf import settings

from inventory.models import Document, Model
from inventory.services.attributes import refuse_what_is_not_theirs
from inventory.services.particulars import add_particular
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import TooLarge, UnusableData

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
UNKNOWN_TYPE = "application/octet-stream"
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def attach_document(
    model: Model,
    source: Path | bytes,
    *,
    filename: str,
    media_type: str,
    values: dict,
    effective_on: date | None = None,
    actor,
) -> Document:
    """Keep a file as it is, and say what it is, and since when it holds where that is before today.

    The same file twice for one model is refused.
    """
    require(actor, Permission.DESCRIBE_MODEL, model.workspace_id, model_slug=model.slug)
    refuse_what_is_not_theirs(["documents"], workspace=model.workspace_id, actor=actor)
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size == 0:
        raise UnusableData({"message": "The file is empty.", "field": "file"})
    if size > settings.MAXIMUM_UPLOAD_BYTES:
        raise TooLarge(f"The file has {size} bytes; at most {settings.MAXIMUM_UPLOAD_BYTES} are kept.")
    facts = {
        "sha256": storage.put(source),
        "bytes": size,
        "filename": CONTROL.sub("", PurePosixPath(filename.replace("\\", "/")).name)[:200],
        "media_type": media_type[:100] if MEDIA_TYPE.fullmatch(media_type[:100]) else UNKNOWN_TYPE,
    }
    return add_particular(model, "documents", values=values, effective_on=effective_on, actor=actor, **facts)
