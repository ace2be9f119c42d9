import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.moments import Moment


class SourceQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_at__isnull=True)

    def standing(self, moment: Moment):
        """Those that were registered and not closed at a moment of the past."""
        lasting = Q(closed_at__isnull=True) | Q(closed_at__gt=moment.instant)
        return self.filter(lasting, registered_at__lte=moment.instant)

    def within(self, start, end):
        """Sources that, when they were read last, had rows around the half-open window [start, end)."""
        return self.filter(first_at__lt=end, last_at__gte=start)

    def to_read(self, now, again_after):
        """Open ones that nobody has read for a while."""
        return self.open().filter(Q(read_at__isnull=True) | Q(read_at__lte=now - again_after))


class Source(models.Model):
    """A table in somebody else's warehouse that holds predictions of a version: counted where it is, never copied."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey("inventory.ModelVersion", on_delete=models.PROTECT, related_name="sources")
    url = models.CharField(max_length=500)  # Without a password: `env:NAME` says which variable holds it.
    table = models.CharField(max_length=200)  # "schema.table" where the warehouse has schemas.
    columns = models.JSONField(default=dict)  # {column of the version: column of the table}, where the names differ.
    time_column = models.CharField(max_length=200)  # As the table calls it: windows are cut by it.
    registered_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.PROTECT)
    registered_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    # What the last look at it found; the rest of the row never changes.
    read_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(null=True, blank=True)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True)  # Why it could not be read; empty where it could.

    look_is_kept = True  # Not so of a source of the past that was looked at again since.

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["registered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "url", "table"],
                condition=Q(closed_at__isnull=True),
                name="one_open_source_per_table",
            ),
        ]

    def __str__(self):
        return f"source {self.table} of {self.version}"

    @property
    def model_slug(self):
        return self.version.model.slug

    def as_it_stood(self, moment: Moment) -> "Source":
        """The same row as it was then, never to be saved: open, with the last look at it where that was by then."""
        self.closed_at = None
        if self.read_at is None or self.read_at > moment.instant:
            self.look_is_kept = False
            self.read_at, self.rows, self.first_at, self.last_at, self.fault = None, None, None, None, ""
        return self

    @property
    def state(self) -> str:
        if not self.look_is_kept:
            return "open"
        if self.closed_at:
            return "no longer read"
        if self.read_at is None:
            return "not read yet"
        return "unreadable" if self.fault else "readable"
