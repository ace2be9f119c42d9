"""Policies, published one after the other; and what a new installation begins with."""

from audits.trail.chain import canonical
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import policies
from inventory.models import Policy
from mrm.accounts.policies import Permission
from mrm.accounts.services import prepare_accounts, require
from mrm.adapters import keys, storage
from mrm.errors import UnusableData


@governed()
def publish_policy(document: dict, *, actor) -> Policy:
    """The next version of the policy, in force for everything from now on. The same document again changes nothing."""
    require(actor, Permission.PUBLISH_POLICY, None)
    if faults := policies.faults_in(document):
        raise UnusableData(*({"message": message, "field": "document"} for message in faults))
    digest = storage.digest_of(canonical(document))
    latest = Policy.objects.order_by("-number").first()
    if latest and latest.digest == digest:
        return latest
    number = latest.number + 1 if latest else 1
    policy = Policy.objects.create(number=number, document=document, digest=digest, published_by=actor)
    record(Action.POLICY_PUBLISHED, actor=actor, subject=policy, number=number, digest=digest)
    return policy


def prepare_installation() -> None:
    """What every installation needs before anybody signs in: workspace, policy, keys. Safe to run at every start."""
    keys.configured().checkpoint_key()
    with governed():
        workspace = prepare_accounts()
        if not Policy.objects.exists():
            publish_policy(policies.standard(), actor=None)
            record(Action.INSTALLATION_PREPARED, actor=None, subject=workspace)
