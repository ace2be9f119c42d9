"""What may be written into a model's attributes, by whom, and how the trail tells of it."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from uuid import UUID

from inventory import attributes, policies
from inventory.attributes import Kind
from inventory.models import Model, Policy
from mrm.accounts.models import Person
from mrm.accounts.policies import ALLOWED, Permission, Role
from mrm.adapters import storage
from mrm.errors import NotPermitted, RuleBroken, UnusableData

LONGEST_RECORDED = 200  # Longer texts enter the trail by their digest.
NEVER_THE_VALIDATOR = ("owner", "developer")


def tidied(values: dict) -> dict:
    """Values as they are kept: texts of one line and entries of lists without blanks around them."""
    return {name: _tidy(name, value) for name, value in values.items()}


def refuse_what_is_not_theirs(names, *, workspace, actor) -> None:
    """Raise unless the actor's roles allow each of these attributes; the system (None) may change all."""
    if actor is None:
        return
    roles = actor.roles_in(workspace)
    reasons = [attributes.why_not_change(attributes.BY_NAME[name], roles) for name in names]
    if refused := [reason for reason in reasons if reason]:
        raise NotPermitted(*refused)


def faults_in_attributes(model: Model, *, anew: Collection[str]) -> list[dict]:
    """What is wrong with any single value of an entry, one error each.

    A name or a retention class that stands already, from before there were rules for it, is not among those said `anew`
    and not asked.
    """
    faults = []
    for name, attribute in attributes.COLUMNS.items():
        # Asked for by its key first: a row that names nobody where somebody is needed cannot be asked for the person.
        said = getattr(model, Model._meta.get_field(name).attname) is not None
        value = getattr(model, name) if said else None
        if fault := attributes.fault_in(attribute, value):
            faults.append({"message": fault, "field": name})
        elif attribute.is_required and value in ("", None):
            faults.append({"message": f"A model needs this: {attribute.label}.", "field": name})
        elif attribute.kind == Kind.PERSON and value is not None and (value.is_service or not value.is_active):
            faults.append({"message": f"{value} cannot answer for a model; name a person.", "field": name})
    if "name" in anew and isinstance(model.name, str) and (fault := attributes.fault_in_name(model.name)):
        faults.append({"message": f"name {fault}", "field": "name"})
    if "retention_class" in anew and isinstance(model.retention_class, str):
        faults += faults_in_retention(model.retention_class)
    if model.developed_from and model.developed_until and model.developed_until < model.developed_from:
        message = "developed_until lies before developed_from; a window ends after it begins."
        faults.append({"message": message, "field": "developed_until"})
    return faults


def faults_in_retention(named: str) -> list[dict]:
    """What is kept has a class of the schedule or none; under a policy without one it says it in any words."""
    known = policies.retention_classes(Policy.objects.document_in_force()[1])
    if not named or not known or named in known:
        return []
    told = f"“{named}” is no class of the retention schedule; these are: {', '.join(known)}."
    return [{"message": f"{told} Leave it out for the general rule.", "field": "retention_class"}]


def check_agreement(model: Model) -> None:
    """What no two attributes may say together."""
    for name in NEVER_THE_VALIDATOR:
        if model.validator_id and model.validator_id == getattr(model, f"{name}_id"):
            raise RuleBroken(f"{model.validator} is the {name} of {model}, so somebody else must validate it.")
    if model.successor_id and model.successor_id == model.pk:
        raise RuleBroken(f"{model} cannot be its own successor.")
    if model.successor and model.successor.workspace_id != model.workspace_id:
        raise RuleBroken(f"{model.successor} belongs to another workspace, so it cannot succeed {model}.")


def refuse_to_keep_from_deciding(model: Model, *, anew: Collection[str], actor) -> None:
    """Raise where somebody who decides about models is named `anew` as the owner or developer of one by another.

    Whoever is so named decides nothing about the model for twelve months, nor about its artifact under another name,
    wherever that is. So they enter themselves, or a risk officer does: nobody else chooses who is left to judge.
    """
    if actor is None or Role.RISK_OFFICER in actor.roles_in(model.workspace_id, model.slug):
        return
    named = {name: getattr(model, name) for name in NEVER_THE_VALIDATOR if name in anew}
    faults = [
        {
            "message": f"{person} decides about models, and no {name} decides about theirs: they enter themselves, or "
            "a risk officer does.",
            "field": name,
        }
        for name, person in named.items()
        if person is not None and person.pk != actor.pk and decides_somewhere(person)
    ]
    if faults:
        raise UnusableData(*faults)


def decides_somewhere(person: Person) -> bool:
    return bool(ALLOWED[Permission.DECIDE_CHANGE] & person.all_roles())


def check_registration(model: Model, *, at_once: bool) -> UUID:
    """Raise where the policy wants more before a model may be registered; the standard policy wants nothing more.

    The key of the policy that was asked. What is written `at_once` names it, and so may rest on the one last seen, but
    is never refused for it.
    """
    key, document = Policy.objects.document_last_seen() if at_once else Policy.objects.document_in_force()
    wanted = policies.required_to_register(document)
    lacking = [attributes.BY_NAME[name] for name in wanted if not model.says(name)]
    if lacking and at_once:
        return check_registration(model, at_once=False)
    if lacking:
        raise UnusableData(
            *(
                {"message": f"The policy asks for this at registration: {attribute.label}.", "field": attribute.name}
                for attribute in lacking
            )
        )
    return key


def told(value):
    """A value as the trail keeps it: people and models by id, long texts by digest."""
    if isinstance(value, Person | Model):
        return str(value.pk)
    if isinstance(value, str) and len(value) > LONGEST_RECORDED:
        return f"sha256:{storage.digest_of(value.encode())}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _tidy(name: str, value):
    attribute = attributes.BY_NAME.get(name)
    if attribute is None:
        return value
    if attribute.kind == Kind.TEXT and isinstance(value, str) and not attribute.is_long:
        return value.strip()
    if attribute.kind in (Kind.TEXTS, Kind.CHOICES) and isinstance(value, list):
        return [entry.strip() if isinstance(entry, str) else entry for entry in value]
    return value
