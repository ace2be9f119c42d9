"""The short names people use for a request, a finding or a report: CR-2026-0001."""

from django.db.models.functions import Length
from django.utils import timezone


def next_reference(model, prefix: str) -> str:
    """The next free reference of this year. Call inside `governed()`: its lock keeps two callers apart."""
    beginning = f"{prefix}-{timezone.now().year}-"
    given = model.objects.filter(reference__startswith=beginning).values_list("reference", flat=True)
    last = given.order_by(Length("reference").desc(), "-reference").first()  # 10000 comes after 9999.
    return f"{beginning}{int(last.removeprefix(beginning)) + 1 if last else 1:04d}"
