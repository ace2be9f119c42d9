"""Who keeps the organisation's keys: a custodian, who holds no administrator's role, signs which keys those are."""

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import record
from mrm.accounts.models import Person, RoleGrant, Signature
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services.acts import Act
from mrm.accounts.services.permissions import require
from mrm.adapters import keys
from mrm.errors import NotPermitted


def keys_kept() -> dict[str, tuple[str, Entry | None]]:
    """Of each key in use its fingerprint, and the entry of who signed last that they keep it, still a custodian now."""
    held = RoleGrant.objects.in_force(timezone.now()).filter(role=Role.KEY_CUSTODIAN, person__is_active=True)
    custodians = [str(pk) for pk in held.values_list("person", flat=True)]
    told = Entry.objects.filter(action=Action.KEYS_KEPT, actor_id__in=custodians).order_by("-position")
    return {
        use: (fingerprint, told.filter(details__keys__contains={use: fingerprint}).first())
        for use, fingerprint in keys.configured().fingerprints().items()
    }


def _refuse(custodian: Person, *, actor: Person) -> None:
    require(actor, Permission.KEEP_KEYS, None)
    if custodian.pk != actor.pk:
        raise NotPermitted("Whoever keeps the keys signs it for themselves.")


def _meaning(custodian: Person) -> str:
    told = ", ".join(f"{use} {fingerprint}" for use, fingerprint in keys.configured().fingerprints().items())
    return f"I keep these keys of the organisation, and nobody who administers system or database has them: {told}."


def _keep(custodian: Person, *, comment: str, signature: Signature, actor: Person) -> Person:
    fingerprints = keys.configured().fingerprints()
    record(Action.KEYS_KEPT, actor=actor, subject=custodian, keys=fingerprints, signature=signature.in_trail())
    return custodian


KEY_CUSTODY = Act(
    name="keys_kept",
    meaning=_meaning,
    refuse=_refuse,
    facts=lambda custodian: {"custodian": str(custodian.pk), "keys": keys.configured().fingerprints()},
    role=lambda custodian, person: str(Role.KEY_CUSTODIAN),
    done=_keep,
    terms=lambda custodian: {"keys": keys.configured().fingerprints()},
)
