"""The trail as an archive that its reader verifies without us."""

from collections.abc import Iterator

from audits.trail.services import sign_checkpoint
from inventory.contents.trail import chosen, entries_visible_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken
from reports.contents.trail_export import export_extract, export_whole


def export_trail(*, wanted: dict, actor) -> Iterator[bytes]:
    """The trail as an archive that `mrm-verify` checks, a piece at a time.

    The whole of it for the system and for those who may read all of it; an extract with proofs for everybody else, and
    where only part is wanted: by the names of the search on the page Trail.
    """
    require(actor, Permission.READ_TRAIL, None, model_slug=None)
    checkpoint = sign_checkpoint()
    if checkpoint is None:
        raise RuleBroken("Nothing is recorded yet, so there is nothing to export.")
    wanted = {name: value for name, value in wanted.items() if value not in ("", None)}
    everything = actor is None or actor.workspace_ids() is None
    if everything and not wanted:
        return export_whole(checkpoint)
    scope = {name: str(value) for name, value in wanted.items()}
    if not everything:
        scope["reader"] = f"{actor} sees the entries about the models of their workspaces."
    return export_extract(checkpoint, chosen(entries_visible_to(actor), wanted), scope)
