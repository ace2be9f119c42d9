"""What the loggers of serving platforms told of a model and what is in no batch yet."""

from inventory.models import InferenceEvent, Model
from inventory.models.events import KEPT_FOR

MOST_SHOWN = 20


def waiting_events(model: Model) -> dict:
    """Halves without the other, pairs on their way into a batch, pairs that were refused; the oldest of the stuck."""
    events = InferenceEvent.objects.filter(version__model=model)
    alone = events.alone()
    refused = events.filter(refused_at__isnull=False, half=InferenceEvent.Half.REQUEST)
    pairs = events.paired().filter(half=InferenceEvent.Half.REQUEST)
    kept_back = pairs.exclude(fault="")
    return {
        "any": events.exists(),
        "kept_days": KEPT_FOR.days,
        "alone": alone.count(),
        "pairs": pairs.count(),
        "refused": refused.count(),
        "reason": kept_back.values_list("fault", flat=True).first() or "",
        "stuck": [*alone.select_related("version")[:MOST_SHOWN], *refused.select_related("version")[:MOST_SHOWN]],
    }
