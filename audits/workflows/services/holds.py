"""What a legal hold forbids. The database refuses the same, whoever deletes (migration 0029)."""

from audits.workflows.models import Arrangement
from inventory.models import Model
from mrm.errors import RuleBroken


def refuse_deletion(model: Model, what: str) -> None:
    """Refuse to delete anything about a model while a legal hold keeps it."""
    if hold := Arrangement.objects.on_hold().filter(model=model).order_by("starts_at").first():
        raise RuleBroken(
            f"{model} is on legal hold ({hold.reference}): {what} is not deleted before the chief risk officer and an "
            "auditor release it."
        )
