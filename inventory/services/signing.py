"""Under which policy an act about a model is signed."""

from inventory.models import Model, Policy
from inventory.policies import needs_passkey
from mrm.accounts.services import Bound


def bound_in_force(kind: str, model: Model) -> Bound:
    """The policy in force, and whether it asks for a passkey for this kind of act about a model of this tier."""
    return bound_under(Policy.objects.in_force(), kind, model.tier)


def bound_under(policy: Policy, kind: str, tier: int) -> Bound:
    """The policy that something was begun under. It may ask for a passkey, and so may the one in force by now."""
    _, in_force = Policy.objects.document_in_force()
    return Bound(policy.number, any(needs_passkey(one, kind, tier) for one in (policy.document, in_force)))
