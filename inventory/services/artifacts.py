"""The file that a version is: identified without opening it, stored under its digest."""

from pathlib import Path

from audits.scoring.errors import ArtifactRefused
from audits.scoring.formats import identify
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import ModelVersion
from inventory.services.versions import digest_of_facts, refuse_to_fill_once_decided
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken, UnusableData


def attach_artifact(
    version: ModelVersion, source_path: Path | str, *, expected_sha256: str = "", actor
) -> ModelVersion:
    """Keep the artifact of a version. Once: another file is another version. The same file again changes nothing.

    One whose digest was not stated when it was registered takes it only while nobody has decided about it.
    """
    require(actor, Permission.REGISTER_VERSION, version.model.workspace_id, model_slug=version.model_slug)
    digest, size = storage.digest_of(source_path), Path(source_path).stat().st_size
    if expected_sha256 and expected_sha256 != digest:
        message = f"The file arrived with the SHA-256 {digest}, not {expected_sha256}. Send it again."
        raise UnusableData({"message": message, "field": "artifact.sha256"})
    try:
        framework = identify(source_path)
    except ArtifactRefused as refusal:
        raise UnusableData({"message": str(refusal), "field": "artifact"}) from refusal
    storage.put(Path(source_path))
    with governed():
        version = ModelVersion.objects.select_for_update().select_related("model").get(pk=version.pk)
        if version.stage == Stage.RETIRED:
            raise RuleBroken(f"{version} is retired and takes no artifact.")
        if version.artifact_sha256 and version.artifact_sha256 != digest:
            raise RuleBroken(
                f"{version} was registered with the artifact {version.artifact_sha256}; this file is {digest}. "
                "Register another version for another file."
            )
        if version.framework and version.framework != framework:
            raise RuleBroken(f"{version} was registered as {version.framework}, but this file is {framework}.")
        if version.artifact_bytes is not None:
            return version
        if not version.artifact_sha256:
            refuse_to_fill_once_decided(version, "an artifact")
        version.artifact_sha256, version.artifact_bytes, version.framework = digest, size, framework
        version.save(update_fields=["artifact_sha256", "artifact_bytes", "framework"])
        told = {"sha256": digest, "bytes": size, "framework": framework, "facts": digest_of_facts(version)}
        record(Action.ARTIFACT_RECEIVED, actor=actor, subject=version, **told)
        return version
