"""The short names people use for a request, a finding or a report: CR-2026-0001."""

from django.db.models import Max
from django.utils import timezone


def next_reference(model, prefix: str) -> str:
    """The next free reference of this year. Call inside `governed()`: its lock keeps two callers apart."""
    beginning = f"{prefix}-{timezone.now().year}-"
    last = model.objects.filter(reference__startswith=beginning).aggregate(last=Max("reference"))["last"]
    return f"{beginning}{int(last.removeprefix(beginning)) + 1 if last else 1:04d}"
