"""Workspaces, and the people and service accounts who work there."""

import hashlib
import uuid

from django.apps import apps
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Max, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.functional import cached_property

from mrm.accounts import policies


class Workspace(models.Model):
    """A business unit with its own people and models."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)

    def __str__(self):
        return self.name


class PersonQuerySet(models.QuerySet):
    def with_roles(self):
        """Each with the roles it holds now, as `grants_now`."""
        grants = apps.get_model("accounts", "RoleGrant").objects.in_force(timezone.now())
        grants = grants.select_related("workspace")
        return self.prefetch_related(Prefetch("grants", grants, to_attr="grants_now"))

    def service_accounts(self):
        """With their roles now, how many of their tokens work, and when one was last used."""
        now = timezone.now()
        working = Q(tokens__revoked_at__isnull=True, tokens__expires_at__gt=now)
        grants = apps.get_model("accounts", "RoleGrant").objects.in_force(now).filter(person=OuterRef("pk"))
        return (
            self.filter(kind=Person.Kind.SERVICE)
            .annotate(
                working_tokens=Count("tokens", filter=working),
                last_used_at=Max("tokens__last_used_at"),
                roles_now=ArraySubquery(grants.values("role").distinct()),
            )
            .order_by("display_name", "pk")
        )


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
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
    password_given_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # Who chose the first password, and so knows it; None once the person chose their own.

    objects = PersonManager()
    token = None  # The token a request came with; set per request, never stored.

    USERNAME_FIELD = "email"

    class Meta:
        ordering = ["display_name"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["human", "service"]), name="person_kind_is_known")]

    def __str__(self):
        return self.display_name

    def check_password(self, raw_password) -> bool:
        """Never changes the hash in passing: of each that stands here an entry tells (`mrm.accounts.services`)."""
        return check_password(raw_password, self.password)

    @property
    def password_digest(self) -> str:
        """Of the hash, as entries tell it. The hash is salted, so this helps nobody who does not have it to guess."""
        return hashlib.sha256(self.password.encode()).hexdigest()

    @property
    def is_service(self) -> bool:
        return self.kind == self.Kind.SERVICE

    def roles_in(self, workspace, model_slug: str | None = "") -> set[policies.Role]:
        """The roles in force now in this workspace; a grant without a workspace holds in all.

        A role limited to some models counts for those; `model_slug` None asks for any of them, as a list does.
        """
        workspace_id = getattr(workspace, "pk", workspace)
        return {
            role
            for role, where, slugs in self._grants_in_force()
            if (where is None or where == workspace_id) and (not slugs or model_slug is None or model_slug in slugs)
        }

    def all_roles(self) -> set[policies.Role]:
        return {role for role, *_ in self._grants_in_force()}

    def roles_everywhere(self) -> set[policies.Role]:
        """The roles held in every workspace."""
        return {role for role, where, _ in self._grants_in_force() if where is None}

    def permissions_in(self, workspace, model_slug: str | None = "") -> set[policies.Permission]:
        """What their roles allow there, or anywhere for None: what a page offers. Services ask again, more closely."""
        roles = self.all_roles() if workspace is None else self.roles_in(workspace, model_slug)
        return {what for what in policies.Permission if policies.may(what, roles=roles, is_service=self.is_service)}

    def as_now(self) -> "Person":
        """The same person read anew: whatever was taken from them since the request began no longer counts."""
        person = Person.objects.get(pk=self.pk)
        person.token = self.token
        return person

    @cached_property
    def made_approver_by(self) -> set:
        """Who had a hand in every role by which this person approves roles; empty where the system gave one."""
        giving = [role for role in policies.Role if role in policies.ALLOWED[policies.Permission.APPROVE_ROLE]]
        held = self.grants.in_force(timezone.now()).filter(role__in=giving)
        hands = [{grant.granted_by_id, grant.decided_by_id} - {None} for grant in held]
        return set.intersection(*hands) if hands else set()

    @property
    def reads_people(self) -> bool:
        return policies.Permission.READ_PEOPLE in self.permissions_in(None)

    def may_see(self, workspace: Workspace, slug: str) -> bool:
        """Whether `sees` holds for one model, without asking the database."""
        here = self.token is None or self.token.workspace_id == workspace.pk
        within = self.token is None or not self.token.model_slugs or slug in self.token.model_slugs
        return here and within and bool(self.roles_in(workspace, slug))

    def know_grants(self, held: list[tuple]) -> None:
        """Take the grants in force (role, id of the workspace or None, slugs) from whoever has just read them."""
        self._grants = held

    def workspace_ids(self):
        """Ids of the workspaces this person may see something of; None for all."""
        places = {where for _, where, _ in self._grants_in_force()}
        if None in places:
            return None if not self.token else [self.token.workspace_id]
        return [where for where in places if not self.token or where == self.token.workspace_id]

    def sees(self, workspace: str, slug: str) -> Q:
        """The condition for rows about models this person may know of, by their role and their token.

        workspace, slug  where a row names the model's workspace and slug: "model__workspace", "model__slug"
        """
        grants = self._grants_in_force()
        if any(where is None for _, where, _ in grants):
            seen = Q()
        else:
            seen = Q((f"{workspace}__in", [where for _, where, slugs in grants if not slugs]))
            for _, where, slugs in grants:
                if slugs:
                    seen |= Q((workspace, where), (f"{slug}__in", slugs))
        if self.token:
            seen &= Q((workspace, self.token.workspace_id))
            if self.token.model_slugs:
                seen &= Q((f"{slug}__in", self.token.model_slugs))
        return seen

    def _grants_in_force(self):
        if not hasattr(self, "_grants"):
            grants = self.grants.in_force(timezone.now()).values_list("role", "workspace_id", "model_slugs")
            self._grants = [(policies.Role(role), workspace_id, slugs) for role, workspace_id, slugs in grants]
        return self._grants
