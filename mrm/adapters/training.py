"""Starting a training pipeline. The built-in one is a task of ours; outside ones get the same facts over the network.

Whatever the pipeline: `reference` is its idempotency key, and it reports back with the one-time `secret`.
"""

from dataclasses import dataclass

from celery import current_app

BUILT_IN = "built-in"
BUILT_IN_TASK = "audits.workflows.tasks.train"


@dataclass(frozen=True, kw_only=True)
class TrainingOrder:
    """What a pipeline is told: what to retrain, for which request, and how to report back."""

    reference: str
    model: str
    version: int
    callback_url: str
    secret: str


def start(order: TrainingOrder, *, pipeline: str = BUILT_IN) -> str:
    """Start a pipeline; returns its own id for this run. Starting the same reference again must not train twice."""
    if pipeline != BUILT_IN:
        raise ValueError(f"There is no training pipeline called {pipeline!r}.")
    current_app.send_task(BUILT_IN_TASK, args=[order.reference])
    return order.reference
