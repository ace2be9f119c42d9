"""A model before it is in the register: everything that would keep it out, and what the trail will say of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify

from inventory import attributes, policies
from inventory.models import Model, Policy
from inventory.services.attributes import (
    check_agreement,
    check_registration,
    faults_in_attributes,
    refuse_to_keep_from_deciding,
    refuse_what_is_not_theirs,
    tidied,
    told,
)
from inventory.services.tiering import computed_tier, is_assessed, tier_inputs
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken, UnusableData
from mrm.prepared import Prepared

RESERVED_SLUGS = ("bulk",)


@dataclass(frozen=True)
class Draft:
    """A model that may be entered, the key of the policy that allows it, and what the trail will say."""

    model: Model
    policy: UUID
    told: dict


class Taken:
    """Which names a workspace has already, and which slugs there are; asked of the database each time."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace

    def among(self, name: str, slug: str) -> tuple[bool, bool]:
        """Whether the name is taken, upper and lower case alike; and whether the slug is."""
        found = _TAKEN(workspace=self.workspace.pk, name=name, slug=slug)
        return any(row["is_namesake"] for row in found), any(row["slug"] == slug for row in found)

    def numbered(self, slug: str) -> str:
        """The first number behind a slug that is taken which is free."""
        known = set(Model.objects.filter(slug__startswith=f"{slug}-").order_by().values_list("slug", flat=True))
        return next(one for one in (f"{slug}-{n}" for n in range(2, len(known) + 3)) if one not in known)


class TakenByMany(Taken):
    """The same for thousands of models that are entered together: read once, and each that was drafted counts."""

    def __init__(self, workspace: Workspace):
        super().__init__(workspace)
        names = Model.objects.filter(workspace=workspace).order_by().values_list(Lower("name"), flat=True)
        self._names = set(names)
        self._slugs = set(Model.objects.order_by().values_list("slug", flat=True))

    def add(self, model: Model) -> None:
        self._names.add(model.name.lower())
        self._slugs.add(model.slug)

    def among(self, name: str, slug: str) -> tuple[bool, bool]:
        return name.lower() in self._names, slug in self._slugs

    def numbered(self, slug: str) -> str:
        number = 2
        while f"{slug}-{number}" in self._slugs:
            number += 1
        return f"{slug}-{number}"


def draft_model(
    workspace: Workspace,
    described: dict,
    *,
    name: str,
    owner: Person,
    slug: str = "",
    baselined_until: date | None = None,
    taken: Taken,
    at_once: bool = False,
    actor,
) -> Draft:
    """What `register_model` enters, or every reason against it.

    What is entered `at_once` names the policy it rests on, so that it is not entered under another.
    """
    name, wanted = name.strip(), slug or _slug_from(name)
    has_namesake, slug_is_taken = taken.among(name, wanted)
    if slug_is_taken and not slug:
        wanted, slug_is_taken = taken.numbered(wanted), False
    require(actor, Permission.REGISTER_MODEL, workspace, model_slug=wanted)
    refuse_unknown(described)
    check_baseline(baselined_until, workspace, actor=actor)
    described = tidied(described)
    model = Model(
        workspace=workspace,
        slug=wanted,
        name=name,
        owner=owner,
        baselined_until=baselined_until,
        registered_by=actor,
        **described,
    )
    said = {name: value for name, value in described.items() if model.says(name)}
    refuse_what_is_not_theirs(said, workspace=workspace, actor=actor)
    if has_namesake:  # Told first: one from before a rule for names keeps its name.
        raise namesake_exists(model)
    refuse_faults(model, anew={"name", *described})
    refuse_to_keep_from_deciding(model, anew={"owner", *said}, actor=actor)
    check_agreement(model)
    policy = check_registration(model, at_once=at_once)
    if slug_is_taken:
        raise RuleBroken(f"The slug {wanted} is taken; choose another.")
    model.tier = computed_tier(model)
    details = {"tier": model.tier, "tier_inputs": tier_inputs(model)} if is_assessed(model) else {"tier": model.tier}
    if baselined_until:
        details["baselined_until"] = baselined_until.isoformat()
    said = {name: told(value) for name, value in {"name": model.name, "owner": owner, **said}.items()}
    return Draft(model, policy, {"owner": str(owner.pk), "said": said} | details)


def check_baseline(until: date | None, workspace: Workspace | str, *, actor: Person | None) -> None:
    """Refuse it to who may not excuse anything; a day by which nothing can be settled any more, or one too far off."""
    if until is None:
        return
    require(actor, Permission.SET_BASELINE, workspace, model_slug=None)
    _, document = Policy.objects.document_in_force()
    today, most = timezone.now().date(), policies.section(document, "baselines")["most_days"]
    latest = today + timedelta(days=most)
    if until <= today:
        message = "baselined_until must lie in the future: it is the day by which what is missing must be settled."
    elif until > latest:
        message = f"The policy allows a baseline of at most {most} days: give {latest} or an earlier day."
    else:
        return
    raise UnusableData({"message": message, "field": "baselined_until"})


def refuse_unknown(values: dict) -> None:
    if unknown := values.keys() - set(attributes.COLUMNS):
        raise UnusableData(*({"message": f"{name} cannot be changed.", "field": name} for name in sorted(unknown)))


def refuse_faults(model: Model, *, anew: Collection[str]) -> None:
    """Faults of the fields together, so that a form or a program hears of all at once."""
    errors = faults_in_attributes(model, anew=anew)
    if model.slug in RESERVED_SLUGS:
        message = f"The slug {model.slug} is an address of the API; choose another."
        errors.append({"message": message, "field": "slug"})
    if slugify(model.slug) != model.slug or len(model.slug) > 100:
        errors.append({"message": "A slug is lower-case letters, digits and dashes, at most 100.", "field": "slug"})
    if errors:
        raise UnusableData(*errors)


def namesakes(workspace: UUID, name: str) -> QuerySet[Model]:
    """Models there whose names differ from this one by upper and lower case at most; by the index that forbids two."""
    return Model.objects.alias(folded=Lower("name")).filter(workspace=workspace, folded=Lower(Value(name)))


def namesake_exists(model: Model) -> RuleBroken:
    return RuleBroken(f"{model.workspace} already has a model called {model.name}.")


def _taken(workspace: UUID, name: str, slug: str) -> QuerySet:
    """The models that have this name there, or this slug anywhere."""
    namesake = Q(workspace=workspace, folded=Lower(Value(name)))
    found = Model.objects.alias(folded=Lower("name")).filter(namesake | Q(slug=slug)).order_by()
    return found.annotate(is_namesake=ExpressionWrapper(namesake, BooleanField())).values("slug", "is_namesake")


_TAKEN = Prepared(_taken)


def _slug_from(name: str) -> str:
    wanted = slugify(name)[:90].strip("-") or "model"
    return f"{wanted}-2" if wanted in RESERVED_SLUGS else wanted
