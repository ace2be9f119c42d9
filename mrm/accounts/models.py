"""People and service accounts, the roles they hold and where, and the tokens that act for them."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mrm.accounts import policies


def choices(words):
    return [(word.value, word.replace("_", " ").capitalize()) for word in words]


class Workspace(models.Model):
    """A business unit with its own people and models."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)

    def __str__(self):
        return self.name


class PersonManager(BaseUserManager):
    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class Person(AbstractBaseUser):
    """Someone who can sign in, or a service account that acts through tokens only."""

    class Kind(models.TextChoices):
        HUMAN = "human", "Person"
        SERVICE = "service", "Service account"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HUMAN)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PersonManager()
    token = None  # The token a request came with; set per request, never stored.

    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["display_name"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["human", "service"]), name="person_kind_is_known")]

    def __str__(self):
        return self.display_name

    @property
    def is_service(self) -> bool:
        return self.kind == self.Kind.SERVICE

    def roles_in(self, workspace) -> set[policies.Role]:
        """The roles in force now in this workspace; a grant without a workspace holds in all."""
        workspace_id = getattr(workspace, "pk", workspace)
        return {role for role, where in self._grants_in_force() if where is None or where == workspace_id}

    def all_roles(self) -> set[policies.Role]:
        return {role for role, _ in self._grants_in_force()}

    def permissions_in(self, workspace) -> set[policies.Permission]:
        """What their roles allow there, or anywhere for None: what a page offers. Services ask again, more closely."""
        roles = self.all_roles() if workspace is None else self.roles_in(workspace)
        return {what for what in policies.Permission if policies.may(what, roles=roles, is_service=self.is_service)}

    def _grants_in_force(self):
        if not hasattr(self, "_grants"):
            grants = self.grants.in_force(timezone.now()).values_list("role", "workspace_id")
            self._grants = [(policies.Role(role), workspace_id) for role, workspace_id in grants]
        return self._grants

    def workspace_ids(self):
        """Ids of the workspaces this person may see; None for all."""
        places = {where for _, where in self._grants_in_force()}
        if None in places:
            return None if not self.token else [self.token.workspace_id]
        return [where for where in places if not self.token or where == self.token.workspace_id]


class GrantQuerySet(models.QuerySet):
    def in_force(self, now):
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


class RoleGrant(models.Model):
    """A role that a person holds, in one workspace or in all, for a time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=choices(policies.Role))
    workspace = models.ForeignKey(Workspace, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="grants_given")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=[r.value for r in policies.Role]), name="role_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=models.F("starts_at")), name="grant_ends_after_start"
            ),
        ]

    def __str__(self):
        return f"{self.person} as {self.get_role_display().lower()} in {self.workspace or 'every workspace'}"


class Token(models.Model):
    """A secret that lets a program act for a person, within its scope; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64, unique=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    actions = models.JSONField(default=list, help_text="Permissions it may use; empty means all its person has.")
    model_slugs = models.JSONField(default=list, help_text="Slugs of the models it may touch; empty means all.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"

    def why_not_usable(self, now) -> str:
        if self.revoked_at:
            return "This token was revoked."
        if self.expires_at <= now:
            return f"This token expired on {self.expires_at:%d %B %Y}; ask for a new one."
        return "" if self.person.is_active else "The account behind this token is closed."


class IdempotencyKey(models.Model):
    """The answer a POST was given, so that sending it again gives the same answer and does nothing twice."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    path = models.CharField(max_length=500)
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_per_idempotency_key")]

    def __str__(self):
        return f"{self.key} for {self.path}"
