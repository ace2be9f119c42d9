import hashlib
import json
import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audits.workflows.models.past import not_by
from audits.workflows.states import ENDED_FINDINGS, FindingState
from inventory.models import Policy
from inventory.policies import SEVERE
from mrm.accounts.policies import ALLOWED, WATCHED_READERS, Permission
from mrm_verify.canonical import canonical

READ_DRAFTS = ALLOWED[Permission.RAISE_FINDING] | WATCHED_READERS


SAID = ("severity", "severity_reason", "title", "observation", "criterion", "impact", "effect_percent",
        "class_change_percent", "required_outcome", "owner_id", "due_at")  # fmt: skip


class FindingQuerySet(models.QuerySet):
    def issued(self):
        """Everything but what is still being written."""
        return self.exclude(state=FindingState.DRAFT)

    def open(self):
        """Issued and neither closed nor dropped; what is only accepted for a time is among them."""
        return self.exclude(state__in=(FindingState.DRAFT, *ENDED_FINDINGS))

    def open_at(self, at: datetime):
        """Issued by then and ended by nobody yet; how severe one is never changes once it is issued."""
        return self.filter(not_by("closed_at", at), issued_at__lte=at)

    def overdue(self, today: date):
        """Past their day, and nobody has accepted the risk meanwhile."""
        return self.open().filter(due_at__lt=today).exclude(state=FindingState.RISK_ACCEPTED)

    def with_steps(self):
        """With what tells which step it awaits, and of whom."""
        return self.select_related("model", "owner", "policy", "validated_by").prefetch_related(
            "plans__items__owner", "submissions__reperformances"
        )

    def in_full(self):
        """With its plans and submissions, as whoever tells what it awaits reads them."""
        named = ("model__workspace", "model__owner", "owner", "version", "breach__version", "policy")
        acted = ("raised_by", "issued_by", "rebutted_by", "validated_by", "closed_by", "signature")
        return self.select_related(*named, *acted).prefetch_related(
            "plans__items__owner",
            "plans__items__done_by",
            "plans__planned_by",
            "plans__reviewed_by",
            "submissions__submitted_by",
            "submissions__returned_by",
            "submissions__reperformances__performed_by",
            "submissions__reperformances__run__plan",
        )

    def visible_to(self, person):
        """Findings on models this person may know of; a draft only for the second line, and for who reads all."""
        seen = self.filter(person.sees("model__workspace", "model__slug"))
        if person.roles_everywhere() & READ_DRAFTS:
            return seen
        places = [place for place in person.workspace_ids() or () if person.roles_in(place) & READ_DRAFTS]
        return seen.filter(~Q(state=FindingState.DRAFT) | Q(raised_by=person) | Q(model__workspace__in=places))


class Finding(models.Model):
    """What the second line observed and wants put right, by whom and by when; and how it was."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)  # F-2026-0001
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="findings")
    version = models.ForeignKey(
        "inventory.ModelVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    breach = models.ForeignKey(
        "assessments.Breach", null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    policy = models.ForeignKey("inventory.Policy", null=True, on_delete=models.PROTECT)  # In force when it was issued.
    origin = models.CharField(max_length=100, blank=True)  # What made the system raise it, so that it does so once.

    severity = models.CharField(max_length=10, choices=Severity.choices)
    severity_reason = models.TextField(blank=True)  # Why it is milder than its measured impact suggests.
    title = models.CharField(max_length=200)
    observation = models.TextField()
    criterion = models.CharField(max_length=100, blank=True)  # What of the policy is not kept, by its path.
    evidence = models.JSONField(default=list)  # What was seen where: {"kind", "reference", "digest", "told"} each.
    impact = models.TextField(blank=True)
    effect_percent = models.FloatField(null=True, blank=True)  # On a key output.
    class_change_percent = models.FloatField(null=True, blank=True)  # Of the cases, that change class.
    required_outcome = models.TextField()

    state = models.CharField(
        max_length=25,
        choices=[(s.value, s.replace("_", " ").capitalize()) for s in FindingState],
        default=FindingState.DRAFT,
    )
    raised_by = models.ForeignKey(
        "accounts.Person", null=True, on_delete=models.PROTECT, related_name="findings_raised"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="findings_issued"
    )
    owner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="findings_owned")
    due_at = models.DateField(null=True, blank=True)  # None: a draft whose day follows from tier and severity.
    first_due_at = models.DateField(null=True, blank=True)  # Before any extension.
    extensions = models.PositiveSmallIntegerField(default=0)
    plan_due_at = models.DateField(null=True, blank=True)

    response = models.TextField(blank=True)  # What the first line said when it was issued.
    rebutted_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="findings_rebutted"
    )
    rebuttal_answer = models.TextField(blank=True)
    validated_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="findings_validated"
    )
    validated_at = models.DateTimeField(null=True, blank=True)
    signature = models.OneToOneField(
        "accounts.Signature", null=True, blank=True, on_delete=models.PROTECT, related_name="finding"
    )
    closed_by = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="findings_closed"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.TextField(blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["due_at", "id"], name="findings_by_due_date")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in FindingState]), name="finding_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["critical", "high", "medium", "low"]), name="finding_severity_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "dropped"]) | Q(due_at__isnull=False),
                name="issued_finding_has_a_due_date",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["closed", "dropped"]) | Q(closed_at__isnull=False),
                name="ended_finding_says_when",
            ),
            models.CheckConstraint(
                condition=Q(validated_by__isnull=True) | Q(signature__isnull=True) | ~Q(validated_by=F("closed_by")),
                name="finding_signed_off_by_another_than_who_validated_it",
            ),
            models.UniqueConstraint(fields=["origin"], condition=~Q(origin=""), name="one_finding_per_origin"),
        ]

    def __str__(self):
        """Of a draft only that it is one: names stand in the trail, where the first line reads them too."""
        return f"{self.reference}, a draft" if self.state == FindingState.DRAFT else f"{self.reference}: {self.title}"

    @property
    def model_slug(self):
        return self.model.slug

    @property
    def revision(self) -> str:
        """The ETag of a draft: what it says, by digest."""
        said = [str(getattr(self, name)) for name in SAID] + [self.state, self.evidence]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def said_digest(self) -> str:
        """Of what it says once it is issued, but for its severity and its day: its entry states them as they are."""
        said = {name: getattr(self, name) for name in SAID if name not in ("severity", "owner_id", "due_at")}
        said |= {"owner": str(self.owner_id), "evidence": self.evidence}
        return hashlib.sha256(canonical(said)).hexdigest()

    @property
    def rules(self) -> dict:
        """The document of the policy that binds it: of when it was issued, before that the one in force."""
        return (self.policy or Policy.objects.in_force()).document

    @property
    def is_severe(self) -> bool:
        return self.severity in SEVERE

    @property
    def is_about_what_is_in_use(self) -> bool:
        """About the model as a whole while a version is in production, or about that version or its artifact."""
        in_use = self.model.production_version()
        if in_use is None or self.version is None:
            return in_use is not None
        return self.version.is_same_artifact(in_use)

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED_FINDINGS

    @property
    def is_overdue(self) -> bool:
        still = self.state not in (FindingState.DRAFT, FindingState.RISK_ACCEPTED, *ENDED_FINDINGS)
        return still and self.due_at < timezone.localdate()

    def plan(self):
        """The newest action plan; None before the first."""
        return self.plans.order_by("-number").first()

    def submission(self):
        """The newest submission for closure; None before the first."""
        return self.submissions.order_by("-number").first()
