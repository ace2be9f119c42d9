"""Many models at once, all of them or none."""

from collections.abc import Callable

from audits.trail.services import governed
from inventory.models import Model
from inventory.services.models import register_model
from inventory.services.versions import register_version
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken, UnusableData

MOST_ERRORS = 100


@governed()
def register_models(
    workspace: Workspace, entries: list[dict], *, actor, progress: Callable[[int], None] = lambda done: None
) -> list[Model]:
    """Enter models, each with its `versions`, if every one of them can be; else none, and every reason by its place.

    An entry is what `register_model` takes, and under `versions` a list of what `register_version` takes.
    """
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=None)
    models, errors = [], []
    for place, entry in enumerate(entries):
        versions = entry.get("versions", [])
        fields = {name: value for name, value in entry.items() if name != "versions"}
        model = _tried(errors, f"models[{place}]", lambda f=fields: register_model(workspace, **f, actor=actor))
        if model is not None:
            models.append(model)
            for number, version in enumerate(versions):
                where = f"models[{place}].versions[{number}]"
                _tried(errors, where, lambda m=model, v=version: register_version(m, **v, actor=actor))
        if len(errors) >= MOST_ERRORS:
            break
        progress(place + 1)
    if errors:
        raise UnusableData(*errors[:MOST_ERRORS])
    return models


def _tried(errors: list[dict], where: str, register: Callable):
    """What a registration gave; where it was refused, None, and the reasons under their place."""
    try:
        return register()
    except UnusableData as refusal:
        errors += [
            error | {"field": f"{where}.{error['field']}" if "field" in error else where} for error in refusal.errors
        ]
    except (RuleBroken, NotPermitted) as refusal:
        errors += [{"message": reason, "field": where} for reason in refusal.reasons]
    return None
