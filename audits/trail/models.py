"""What happened: an append-only list of entries under a Merkle tree, and the checkpoints signed over it."""

from django.db import models
from django.utils import timezone

from mrm.errors import Shown


class Action(models.TextChoices):
    """Everything that is recorded. A past tense each."""

    INSTALLATION_PREPARED = "installation.prepared", "Installation prepared"
    PERSON_CREATED = "person.created", "Person created"
    PERSON_CLOSED = "person.closed", "Account closed"
    PERSON_REOPENED = "person.reopened", "Account opened again"
    KEYS_KEPT = "keys.kept", "Custody of the keys signed"
    ROLE_PROPOSED = "role.proposed", "Role proposed"
    ROLE_GRANTED = "role.granted", "Role granted"
    ROLE_REFUSED = "role.refused", "Proposed role refused"
    ROLE_REVOKED = "role.revoked", "Role revoked"
    ROLE_CONFIRMED = "role.confirmed", "Role confirmed"
    ROLE_LAPSED = "role.lapsed", "Role lapsed"
    ROLES_RECERTIFIED = "role.recertification_opened", "Recertification of roles opened"
    PASSWORD_CHOSEN = "person.password_chosen", "Password chosen"  # noqa: S105 - the word, no secret.
    PASSWORD_HASHED = "person.password_hashed", "Password hashed anew"
    FACTOR_ENROLLED = "person.factor_enrolled", "Passkey or app enrolled"
    FACTOR_REMOVED = "person.factor_removed", "Passkey or app removed"
    SESSION_ENDED = "session.ended", "Session ended"
    TOKEN_ISSUED = "token.issued", "Token issued"
    TOKEN_ROTATED = "token.rotated", "Token rotated"
    TOKEN_REVOKED = "token.revoked", "Token revoked"
    REGIME_LOADED = "regime.loaded", "Regime pack loaded"
    POLICY_PROPOSED = "policy.proposed", "Policy proposed"
    POLICY_WITHDRAWN = "policy.withdrawn", "Proposed policy withdrawn"
    POLICY_PUBLISHED = "policy.published", "Policy published"
    MODEL_REGISTERED = "model.registered", "Model registered"
    MODEL_EDITED = "model.edited", "Model edited"
    MODEL_TIER_PROPOSED = "model.tier_proposed", "Model tier proposed"
    MODEL_EXEMPTION_LAPSED = "model.exemption_lapsed", "Model exemption lapsed"
    MODEL_TIERED = "model.tiered", "Model tier confirmed"
    MODEL_RESTRICTED = "model.restricted", "Model restricted"
    MODEL_SUSPENDED = "model.suspended", "Model suspended"
    MODEL_RESUMED = "model.resumed", "Model in unrestricted use again"
    MODEL_RETIRED = "model.retired", "Model retired"
    BASELINE_ENDED = "model.baseline_ended", "Baseline of a model ended"
    SURVEY_RECEIVED = "survey.received", "Identification survey uploaded"
    SURVEY_IMPORTED = "survey.imported", "Identification survey imported"
    PARTICULAR_ADDED = "particular.added", "Said about a model"
    PARTICULAR_ENDED = "particular.ended", "No longer said about a model"
    CADENCE_TIGHTENED = "cadence.tightened", "Cadence of a model tightened"
    CADENCE_LOOSENED = "cadence.loosened", "Cadence of a model loosened"
    CADENCE_ENDED = "cadence.ended", "Cadence of a model back to the policy's"
    USE_PROPOSED = "use.proposed", "Use proposed"
    USE_EDITED = "use.edited", "Use edited"
    USE_APPROVED = "use.approved", "Version approved for a use"
    USE_APPROVAL_ENDED = "use.approval_ended", "Approval for a use ended"
    USE_STARTED = "use.started", "Use went live"
    USE_RESTRICTED = "use.restricted", "Use restricted"
    USE_SUSPENDED = "use.suspended", "Use suspended"
    USE_RESTORED = "use.restored", "Use restored"
    USE_ENDED = "use.ended", "Use ended"
    VERSION_REGISTERED = "version.registered", "Version registered"
    VERSION_DESCRIBED = "version.described", "Version described"
    VERSION_CHALLENGES = "version.challenges", "Version runs as challenger"
    VERSION_PROMOTED = "version.promoted", "Version promoted"
    VERSION_RETURNED = "version.returned", "Version returned to production"
    VERSION_SUPERSEDED = "version.superseded", "Version superseded"
    VERSION_RETIRED = "version.retired", "Version retired"
    MLFLOW_RULES_CHANGED = "mlflow.rules_changed", "Rules of the MLflow registry changed"
    MLFLOW_DESCRIBED = "mlflow.described", "Description or lineage set through MLflow"
    MLFLOW_TAGGED = "mlflow.tagged", "Tags set through MLflow"
    MLFLOW_UNTAGGED = "mlflow.untagged", "Tag deleted through MLflow"
    MLFLOW_ALIAS_SET = "mlflow.alias_set", "Alias set through MLflow"
    MLFLOW_ALIAS_DELETED = "mlflow.alias_deleted", "Alias deleted through MLflow"
    MLFLOW_STAGED = "mlflow.staged", "Stage set through MLflow"
    MLFLOW_MODEL_DELETED = "mlflow.model_deleted", "Model deleted through MLflow"
    MLFLOW_VERSION_DELETED = "mlflow.version_deleted", "Version deleted through MLflow"
    ARTIFACT_RECEIVED = "artifact.received", "Artifact received"
    REFERENCE_RECEIVED = "reference.received", "Reference data received"
    BATCH_RECEIVED = "batch.received", "Prediction batch received"
    EVENTS_GIVEN_UP = "events.given_up", "Logged events given up"
    OUTCOMES_RECEIVED = "outcomes.received", "Outcomes received"
    SERIES_RECEIVED = "series.received", "Points of a series received"
    SOURCE_REGISTERED = "source.registered", "Source registered"
    SOURCE_TESTED = "source.tested", "Source tested"
    SOURCE_CLOSED = "source.closed", "Source closed"
    PLAN_CREATED = "plan.created", "Monitoring plan created"
    PLAN_SHORTENED = "plan.shortened", "Window of a plan shortened"
    PLAN_SWITCHED_OFF = "plan.switched_off", "Monitoring plan switched off"
    PLAN_CHANGED = "plan.changed", "Monitoring plan changed"
    ASSESSMENT_COMPLETED = "assessment.completed", "Assessment completed"
    ASSESSMENT_FAILED = "assessment.failed", "Assessment failed"
    BREACH_OPENED = "breach.opened", "Breach opened"
    BREACH_TRIAGED = "breach.triaged", "Breach taken up"
    BREACH_EXPLAINED = "breach.explained", "Root cause of a breach said"
    BREACH_DECIDED = "breach.decided", "Breach decided"
    BREACH_CLOSED = "breach.closed", "Breach closed"
    ATTESTATION_OPENED = "attestation.opened", "Attestation asked for"
    ATTESTATION_GIVEN = "attestation.given", "Attestation given"
    ATTESTATION_WITHDRAWN = "attestation.withdrawn", "Attestation withdrawn"
    FINDING_DRAFTED = "finding.drafted", "Finding drafted"
    FINDING_RAISED = "finding.raised", "Finding raised"
    FINDING_ANSWERED = "finding.answered", "Finding answered"
    FINDING_REBUTTED = "finding.rebutted", "Finding rebutted"
    FINDING_UPHELD = "finding.upheld", "Finding upheld"
    FINDING_DROPPED = "finding.dropped", "Finding dropped"
    FINDING_PLANNED = "finding.planned", "Action plan handed in"
    FINDING_PLAN_REVIEWED = "finding.plan_reviewed", "Action plan reviewed"
    FINDING_ITEM_DONE = "finding.item_done", "Item of an action plan done"
    FINDING_EXTENDED = "finding.extended", "Finding given more time"
    FINDING_SUBMITTED = "finding.submitted", "Finding submitted for closure"
    FINDING_RETURNED = "finding.returned", "Finding returned"
    FINDING_REPERFORMED = "finding.reperformed", "Test of a finding done again"
    FINDING_VALIDATED = "finding.validated", "Closure of a finding validated"
    FINDING_CLOSED = "finding.closed", "Finding closed"
    FINDING_RISK_ACCEPTED = "finding.risk_accepted", "Risk of a finding accepted"
    FINDING_REOPENED = "finding.reopened", "Finding reopened"
    CHANGE_REQUESTED = "change.requested", "Change requested"
    SUPERVISION_RECORDED = "version.supervision_recorded", "What the supervisor was told or said"
    CHANGE_CLASS_CONFIRMED = "change.class_confirmed", "Class of a change confirmed"
    CHANGE_CLASS_RAISED = "change.class_raised", "Class of a change raised"
    CHANGE_DECIDED = "change.decided", "Change decided"
    CHANGE_APPROVED = "change.approved", "Change approved"
    CHANGE_REJECTED = "change.rejected", "Change rejected"
    CHANGE_WITHDRAWN = "change.withdrawn", "Change withdrawn"
    CHANGE_EXPIRED = "change.expired", "Change expired"
    CHANGE_COMPLETED = "change.completed", "Change carried out"
    CHANGE_FAILED = "change.failed", "Change could not be carried out"
    DECISIONS_VOIDED = "change.decisions_voided", "Decisions voided"
    VOTE_CONCLUDED = "change.vote_concluded", "Vote concluded"
    ARRANGEMENT_BEGUN = "arrangement.begun", "Arrangement begun"
    ARRANGEMENT_EXPIRED = "arrangement.expired", "Arrangement expired"
    ARRANGEMENT_CLOSED = "arrangement.closed", "Arrangement closed"
    VALIDATION_REQUESTED = "validation.requested", "Validation requested"
    VALIDATION_MOVED = "validation.moved", "Validation moved on"
    VALIDATION_PLANNED = "validation.planned", "Validation plan changed"
    VALIDATION_CONCLUDED = "validation.concluded", "Component of a validation concluded"
    VALIDATION_EVIDENCED = "validation.evidenced", "Evidence of a validation linked or withdrawn"
    VALIDATOR_ASSIGNED = "validation.assigned", "Validator assigned"
    VALIDATOR_RELEASED = "validation.released", "Validator released"
    INDEPENDENCE_ATTESTED = "validation.attested", "Independence attested"
    CHALLENGE_RAISED = "validation.challenged", "Challenge raised"
    CHALLENGE_ANSWERED = "validation.answered", "Challenge answered"
    CHALLENGE_RESOLVED = "validation.resolved", "Challenge resolved"
    OPINION_GIVEN = "validation.opinion_given", "Opinion given"
    OPINION_REVIEWED = "validation.reviewed", "Opinion reviewed"
    OPINION_APPROVED = "validation.approved", "Opinion approved"
    OPINION_VOIDED = "validation.opinion_voided", "Opinion voided"
    VALIDATION_CANCELLED = "validation.cancelled", "Validation cancelled"
    DELEGATION_GIVEN = "delegation.given", "Delegation given"
    DELEGATION_REVOKED = "delegation.revoked", "Delegation revoked"
    RETRAINING_DISPATCHED = "retraining.dispatched", "Retraining dispatched"
    RETRAINING_REPORTED = "retraining.reported", "Retraining reported back"
    RETRAINING_PROMOTED = "retraining.promoted", "Candidate of a retraining promoted"
    RETRAINING_ABANDONED = "retraining.abandoned", "Candidate of a retraining abandoned"
    RETIREMENT_BEGUN = "retirement.begun", "Retirement begun"
    RETIREMENT_AGREED = "retirement.agreed", "Owner agreed to a retirement"
    RETIREMENT_ITEM_DONE = "retirement.item_done", "Item of a retirement done"
    RETIREMENT_VERIFIED = "retirement.verified", "Retirement verified"
    RETIREMENT_RETURNED = "retirement.returned", "Retirement sent back"
    RETIREMENT_SIGNED = "retirement.signed", "Retirement signed"
    RETIREMENT_ARCHIVED = "retirement.archived", "Records of a retirement archived"
    RETIREMENT_ABANDONED = "retirement.abandoned", "Retirement abandoned"
    REPORT_REQUESTED = "report.requested", "Report requested"
    REPORT_ISSUED = "report.issued", "Report issued"
    REPORT_FAILED = "report.failed", "Report failed"
    REPORT_SIGNED = "report.signed", "Report signed"
    REPORT_PUBLISHED = "report.published", "Report published"
    REPORT_SUPERSEDED = "report.superseded", "Report superseded"
    CLOCK_SET_BACK = "clock.set_back", "Clock set back"
    TRAIL_RESTORED = "trail.restored", "Older trail accepted"


def actions() -> list[tuple[str, str]]:
    """Asked for as a function, so that another action needs no migration: the database takes any word."""
    return Action.choices


BODY = (
    "position",
    "at",
    "actor_id",
    "actor_name",
    "authenticated_by",
    "action",
    "subject",
    "subject_name",
    "model_slug",
    "details",
    "request_id",
    "previous",
)


def body_of(position, at, actor, actor_name, proved, action, subject, name, model, details, request, previous) -> dict:
    """What the hash of an entry commits to, from the fields of BODY in their order; `at` may be written already."""
    return {
        "position": position,
        "at": at if isinstance(at, str) else at.isoformat(timespec="microseconds"),
        "actor": {"id": actor, "name": actor_name, "authenticated_by": proved},
        "action": action,
        "subject": {"id": subject, "name": name, "model": model},
        "details": details,
        "request_id": request,
        "previous": previous,
    }


class Head(models.Model):
    """The trail's pen: the one row that every governed change locks first."""

    length = models.BigIntegerField(default=0)
    frontier = models.JSONField(default=list)
    last_leaf = models.CharField(max_length=64, blank=True)
    last_at = models.DateTimeField(null=True)
    clock_is_behind = models.BooleanField(default=False)  # And an entry says so.

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_head")]

    def __str__(self):
        return f"trail of {self.length} entries"


class EntryQuerySet(models.QuerySet):
    def about(self, *subjects):
        """Entries whose subject is one of these rows."""
        return self.filter(subject__in=[subject_name(subject) for subject in subjects])

    def showing(self, words: str) -> Shown:
        """Words about something that happened, which the newest of these entries shows; none may, of what is older."""
        return Shown(words, entry=self.values_list("position", flat=True).first())


class Entry(models.Model):
    """One governed change. Its bytes are the RFC 8785 JSON of `body()`; append-only by trigger."""

    position = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200)
    authenticated_by = models.CharField(max_length=50)
    action = models.CharField(max_length=50, choices=actions)
    subject = models.CharField(max_length=120)
    subject_name = models.CharField(max_length=300)
    model_slug = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    leaf_hash = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-position"]
        # Each with the position: a story, a model's history and a search by action are read newest first, page by page.
        indexes = [
            models.Index(fields=["subject", "position"], name="entries_of_a_subject"),
            models.Index(fields=["model_slug", "position"], name="entries_of_a_model"),
            models.Index(fields=["action", "position"], name="entries_of_an_action"),
        ]

    def __str__(self):
        return f"{self.position} {self.get_action_display()}: {self.subject_name}"

    def body(self) -> dict:
        """Everything the hash commits to."""
        return body_of(*(getattr(self, field) for field in BODY))


class Subtree(models.Model):
    """The root of one perfect subtree of level 1 and up; level 0 is the entries themselves."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_hash_per_subtree")]

    def __str__(self):
        return f"subtree {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed statement of the tree's size and root, as a C2SP signed note."""

    size = models.BigIntegerField(unique=True)
    root = models.CharField(max_length=64)
    note = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["-size"]

    def __str__(self):
        return f"checkpoint at {self.size}"


class Endorsement(models.Model):
    """What somebody outside said of a checkpoint: a witness's cosignature, or an RFC 3161 time-stamp."""

    class Kind(models.TextChoices):
        COSIGNATURE = "cosignature", "Cosignature"
        TIME_STAMP = "time_stamp", "Time-stamp"

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="endorsements")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.CharField(max_length=300)
    content = models.TextField()  # The line of a cosignature; the token of a time-stamp in base64.
    stated_at = models.DateTimeField()  # By their clock.
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "kind", "by"], name="one_endorsement_of_each_kind_by_each"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["cosignature", "time_stamp"]), name="endorsement_kind_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display().lower()} of {self.by} on the {self.checkpoint}"


class Endorser(models.Model):
    """How far somebody outside has endorsed the trail, and what went wrong when they were last asked."""

    kind = models.CharField(max_length=20, choices=Endorsement.Kind.choices)
    name = models.CharField(max_length=300)
    size = models.BigIntegerField(default=0)
    endorsed_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_row_per_endorser")]

    def __str__(self):
        return f"{self.name} up to {self.size} entries"


def subject_name(subject) -> str:
    """How a row is named in the trail: its label and key, which never change."""
    return f"{subject._meta.label}:{subject.pk}"
