"""Retraining: which breaches call for it, and on which rows a model is refitted."""

from inventory.policies.checks import is_count, is_list_of, is_object, is_one_of, is_share
from inventory.policies.limits import COLOURS, MEASURES, ROLES

_cause = is_object({"measure": is_one_of(MEASURES), "verdict": is_one_of(COLOURS)}, optional={"role": is_one_of(ROLES)})
_fields = is_object(
    {
        "on": is_list_of(_cause, called="the breaches that call for retraining"),
        "window_days": is_count,
        "validation_share": is_share,
        "holdout_share": is_share,
    }
)


def faults(where: str, value) -> list[str]:
    if found := _fields(where, value):
        return found
    if value["validation_share"] + value["holdout_share"] >= 1:
        return [f"{where}.validation_share and holdout_share together must leave rows to train on."]
    return []
