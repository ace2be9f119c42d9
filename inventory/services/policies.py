"""Policies, proposed by one person and published by the decision of others; and what a new installation begins with."""

from django.conf import settings
from django.utils import timezone

from audits.trail.chain import canonical
from audits.trail.models import Action, Entry
from audits.trail.services import governed, record, take_over_checkpoint_from_before
from inventory import policies
from inventory.models import Policy, PolicyDraft
from inventory.services.regimes import load_regime_packs
from inventory.states import draft_after
from mrm.accounts.policies import Permission
from mrm.accounts.services import (
    hide_secrets_from_before,
    prepare_accounts,
    record_factors_from_before,
    record_passwords_from_before,
    require,
)
from mrm.adapters import keys, storage
from mrm.errors import NotPermitted, Outdated, RuleBroken, UnusableData

LONGEST_REASON = 2000


@governed()
def propose_policy(document: dict, *, reason: str, actor) -> PolicyDraft:
    """A document for others to decide about. What it would loosen is recorded with its reason."""
    require(actor, Permission.PROPOSE_POLICY, None)
    refuse_faults(document)
    reason = _reason(reason, "Say why the policy should change")
    in_force = Policy.objects.in_force()
    digest = digest_of(document)
    if digest == in_force.digest:
        raise RuleBroken("Nothing is changed: this is the policy in force.")
    if PolicyDraft.objects.proposed().filter(digest=digest, based_on=in_force).exists():
        raise RuleBroken("The same document is already proposed.")
    draft = PolicyDraft.objects.create(
        document=document, digest=digest, based_on=in_force, reason=reason, proposed_by=actor
    )
    changes = policies.differences(in_force.document, document)
    record(
        Action.POLICY_PROPOSED,
        actor=actor,
        subject=draft,
        digest=digest,
        based_on=in_force.number,
        changes=len(changes),
        loosens=[change.sentence for change in changes if change.loosens],
        reason=reason,
    )
    return draft


@governed()
def publish_draft(draft: PolicyDraft, *, actor) -> Policy:
    """Put a draft in force whose publication was approved; `actor` gave the last approval.

    Never offered directly: what brings it about is a decided request, and the database refuses a draft without one.
    """
    draft = _locked(draft, "publish")
    in_force = Policy.objects.in_force()
    if draft.based_on_id != in_force.pk:
        raise Outdated(
            f"Version {in_force.number} was published after this was proposed on version {draft.based_on.number}; "
            "propose it again on the policy now in force."
        )
    policy = _put_in_force(draft.document, actor=actor)
    _end(draft, "publish", actor=actor, published_as=policy)
    return policy


@governed()
def withdraw_draft(draft: PolicyDraft, *, reason: str, actor) -> PolicyDraft:
    """Take a proposed policy back, as its proposer, or turn it down, as somebody who could publish it."""
    draft = _locked(draft, "withdraw")
    own = actor is not None and actor.pk == draft.proposed_by_id
    require(actor, Permission.PROPOSE_POLICY if own else Permission.PUBLISH_POLICY, None)
    reason = _reason(reason, "Say why it comes to nothing")
    _end(draft, "withdraw", actor=actor, ended_because=reason)
    record(Action.POLICY_WITHDRAWN, actor=actor, subject=draft, digest=draft.digest, reason=reason)
    return draft


@governed()
def publish_policy(document: dict, *, actor) -> Policy:
    """The first version, as the installation itself brings it; the database refuses any other that was not decided."""
    if actor is not None:
        raise NotPermitted("Nobody publishes a policy alone: propose it, and ask for its publication.")
    return _put_in_force(document, actor=None)


def _put_in_force(document: dict, *, actor) -> Policy:
    """In force for everything from now on. The same document again changes nothing."""
    refuse_faults(document)
    digest = digest_of(document)
    latest = Policy.objects.order_by("-number").first()
    if latest and latest.digest == digest:
        return latest
    number = latest.number + 1 if latest else 1
    policy = Policy.objects.create(number=number, document=document, digest=digest, published_by=actor)
    record(Action.POLICY_PUBLISHED, actor=actor, subject=policy, number=number, digest=digest)
    return policy


def prepare_installation() -> None:
    """What every installation needs before anybody signs in: workspace, policy, keys. Safe to run at every start.

    Database and verifiers take a signature by password alone where its last entry says that this is development.
    """
    keys.configured().checkpoint_key()
    hide_secrets_from_before()
    take_over_checkpoint_from_before()
    with governed():
        workspace = prepare_accounts()
        if not Policy.objects.exists():
            publish_policy(policies.preset(settings.FIRST_POLICY), actor=None)
        prepared = Entry.objects.filter(action=Action.INSTALLATION_PREPARED).order_by("-position").first()
        if prepared is None or prepared.details.get("development") is not settings.DEVELOPMENT:
            record(Action.INSTALLATION_PREPARED, actor=None, subject=workspace, development=settings.DEVELOPMENT)
        record_factors_from_before()
        record_passwords_from_before()
        load_regime_packs()


def refuse_faults(document) -> None:
    """Raise with every fault of a document, each at the path where it lies."""
    if faults := policies.faults_in(document):
        raise UnusableData(*({"message": fault, "field": _path_of(fault)} for fault in faults))


def digest_of(document: dict) -> str:
    return storage.digest_of(canonical(document))


def _path_of(fault: str) -> str:
    """Every fault begins with its path, unless it is one of the document as a whole."""
    path = fault.partition(" ")[0]
    return path if path.partition(".")[0].partition("[")[0] in policies.SECTIONS else "document"


def _reason(given: str, asked: str) -> str:
    given = given.strip()
    if not given or len(given) > LONGEST_REASON or "\x00" in given:
        raise UnusableData({"message": f"{asked}, in at most {LONGEST_REASON} characters.", "field": "reason"})
    return given


def _locked(draft: PolicyDraft, event: str) -> PolicyDraft:
    """The draft as it is now, of which this may become."""
    draft = PolicyDraft.objects.select_for_update(of=("self",)).select_related("based_on").get(pk=draft.pk)
    if draft_after(draft.state, event) is None:
        raise RuleBroken(f"This draft is already {draft.get_state_display().lower()}.")
    return draft


def _end(draft: PolicyDraft, event: str, *, actor, **facts) -> None:
    """The one place that sets the state of a draft."""
    facts |= {"state": draft_after(draft.state, event), "ended_by": actor, "ended_at": timezone.now()}
    for name, value in facts.items():
        setattr(draft, name, value)
    draft.save(update_fields=list(facts))
