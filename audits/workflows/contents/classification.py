"""The class of a change as its page shows it."""

from audits.workflows.models import ChangeRequest, Classification
from inventory.policies import CRITERIA
from inventory.policies.change_classes import BEYOND, NOT_MEASURED


def class_shown(change: ChangeRequest) -> Classification | None:
    """The class with its comparisons; only one where the last full validation looked at what is in use."""
    found = getattr(change, "classification", None)
    if found is None:
        return None
    found.compared = [_told("Against", found.step)]
    if found.cumulative["baseline"] != found.step["baseline"]:
        found.compared.append(_told("All changes since", found.cumulative))
    return found


def _told(title: str, compared: dict) -> dict:
    rows = [
        (CRITERIA[one["name"]], one["standing"] in (BEYOND, NOT_MEASURED), one["told"]) for one in compared["criteria"]
    ]
    return {"title": title, "baseline": compared["baseline"], "because": compared["because"], "rows": rows}
