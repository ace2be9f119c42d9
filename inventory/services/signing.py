"""Under which policy an act about a model is signed."""

from inventory.models import Model, Policy
from inventory.policies import needs_passkey
from mrm.accounts.services import Bound


def bound_in_force(kind: str, model: Model) -> Bound:
    """The policy in force, and whether it asks for a passkey for this kind of act about a model of this tier."""
    policy = Policy.objects.in_force()
    return Bound(policy.number, needs_passkey(policy.document, kind, model.tier))
