"""Writing a finding and issuing it: what was seen, what it breaches, how bad it is, by when it is put right."""

import hashlib
import math
from datetime import date

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.contents.cited import cited, of_breach
from audits.workflows.models import Finding
from audits.workflows.models.references import next_reference
from audits.workflows.services import arrangements
from audits.workflows.services.findings.access import locked, refuse_blank, why_not_judge
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from inventory import policies as rules
from inventory.models import Policy
from inventory.services.revisions import refuse_outdated
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken, UnusableData

LARGEST_PERCENT = {"effect_percent": 1e6, "class_change_percent": 100}
TEXTS = ("severity_reason", "title", "observation", "impact", "required_outcome")
WRITTEN = (
    "severity",
    "severity_reason",
    "title",
    "observation",
    "criterion",
    "impact",
    "effect_percent",
    "class_change_percent",
    "required_outcome",
    "due_at",
)


@governed()
def raise_finding(model, *, version=None, breach=None, origin: str = "", actor, **written) -> Finding:
    """Write a finding and issue it at once: recorded, and due by severity and tier unless a nearer day is given."""
    return _issue(_drafted(model, version=version, breach=breach, origin=origin, actor=actor, **written), actor)


@governed()
def draft_finding(model, *, version=None, breach=None, actor, **written) -> Finding:
    """Write a finding that the first line does not see before it is issued."""
    finding = _drafted(model, version=version, breach=breach, actor=actor, **written)
    record(Action.FINDING_DRAFTED, actor=actor, subject=finding, severity=finding.severity)
    return finding


@governed()
def revise_draft(
    finding: Finding, *, evidence: list[str] | None = None, owner=None, revision: str | None = None, actor, **written
) -> Finding:
    """Write parts of a draft anew, unless it changed since the `revision` that was read; what is not given stays.

    Nobody with a part in what it is about does; and only who wrote it makes it milder.
    """
    finding = _draft_for(finding, actor)
    refuse_outdated(finding, revision)
    if finding.state != FindingState.DRAFT:
        raise RuleBroken(f"{finding.reference} is issued; what it says does not change any more.")
    milder = rules.is_milder(written.get("severity", finding.severity), finding.severity)
    if milder and actor and actor.pk != finding.raised_by_id:
        raise NotPermitted(
            f"Only {finding.raised_by}, who wrote the draft, makes it milder; you may drop it and say why."
        )
    before = _told(finding)
    evidence = before["evidence"] if evidence is None else evidence
    _write(finding, evidence=evidence, owner=owner or finding.owner, **written)
    after = _told(finding)
    changes = {name: {"before": before[name], "after": after[name]} for name in after if after[name] != before[name]}
    finding.save()
    record(
        Action.FINDING_DRAFTED,
        actor=actor,
        subject=finding,
        severity=finding.severity,
        revised=True,
        **({"changes": changes} if changes else {}),
    )
    return finding


@governed()
def issue_finding(finding: Finding, *, actor) -> Finding:
    """Put a draft before the first line. Its days begin now. Nobody with a part in what it is about does."""
    return _issue(_draft_for(finding, actor), actor)


def suggested_severity(*, effect_percent: float | None, class_change_percent: float | None) -> str:
    """What the policy in force makes of a measured impact; empty where nothing was measured."""
    impact = {"effect_percent": effect_percent, "class_change_percent": class_change_percent}
    return rules.suggested_severity(Policy.objects.in_force().document, impact)


def _draft_for(finding: Finding, actor) -> Finding:
    """The draft, locked, for somebody of the second line who has no part in what it is about."""
    require(actor, Permission.RAISE_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    finding = locked(finding)
    if actor and (reasons := why_not_judge(finding, actor)):
        raise NotPermitted(*reasons)
    return finding


def _drafted(model, *, version, breach, origin="", evidence=(), owner=None, actor, **written) -> Finding:
    require(actor, Permission.RAISE_FINDING, model.workspace_id, model_slug=model.slug)
    _refuse_foreign(model, version=version, breach=breach)
    finding = Finding(model=model, version=version or (breach.version if breach else None), breach=breach)
    finding.origin, finding.raised_by = origin, actor
    _write(finding, evidence=evidence, owner=owner, **written)
    finding.reference = next_reference(Finding, "F")
    finding.save(force_insert=True)
    return finding


def _told(finding: Finding) -> dict:
    """What a draft says, for the trail; texts by digest, as whoever may not read drafts may read entries about them."""
    said = {name: getattr(finding, name) for name in WRITTEN if name not in TEXTS}
    said |= {name: _digest(getattr(finding, name)) for name in TEXTS}
    return said | {
        "due_at": finding.due_at.isoformat() if finding.due_at else None,
        "owner": str(finding.owner_id),
        "evidence": [f"{one['kind']} {one['reference']}" for one in finding.evidence],
    }


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" if text else ""


def _write(finding: Finding, *, evidence, owner, **written) -> None:
    """Take over what was written, or refuse it with every fault."""
    if unknown := written.keys() - set(WRITTEN):
        raise TypeError(f"A finding says nothing about {', '.join(sorted(unknown))}.")
    for name, value in written.items():
        setattr(finding, name, value)
    refuse_blank(title=finding.title, observation=finding.observation, required_outcome=finding.required_outcome)
    document = Policy.objects.in_force().document
    if finding.breach and not finding.criterion:
        finding.criterion = f"limits.{finding.breach.measure}"
    if faults := [*_faults_in_impact(finding, document), *_faults_in_criterion(finding, document)]:
        raise UnusableData(*faults)
    cites = [of_breach(finding.breach)] if finding.breach else []
    finding.evidence = cited(finding.model, [*cites, *(line for line in evidence if line not in cites)])
    finding.owner = owner or finding.model.owner
    if finding.owner != finding.model.owner:
        _refuse_owner(finding)
    _refuse_day(finding, document)


def _faults_in_impact(finding: Finding, document: dict) -> list[dict]:
    impact = {name: getattr(finding, name) for name in LARGEST_PERCENT}
    for name, value in impact.items():
        if value is not None and not (math.isfinite(value) and abs(value) <= LARGEST_PERCENT[name]):
            return [{"message": f"A share of at most {LARGEST_PERCENT[name]:g} % is possible here.", "field": name}]
    suggested = rules.suggested_severity(document, impact)
    if not suggested or not rules.is_milder(finding.severity, suggested) or finding.severity_reason.strip():
        return []
    message = f"Its impact suggests {suggested}; say why {finding.severity} is right nevertheless."
    return [{"message": message, "field": "severity_reason"}]


def _faults_in_criterion(finding: Finding, document: dict) -> list[dict]:
    if not finding.criterion or finding.criterion in rules.criteria(document):
        return []
    message = "The policy in force has no such clause; choose one of its own, or leave it empty for sound practice."
    # A measure without a limit in this policy can still have been breached under the one before.
    return [] if finding.breach else [{"message": message, "field": "criterion"}]


def _refuse_owner(finding: Finding) -> None:
    may = finding.owner.permissions_in(finding.model.workspace_id, finding.model_slug)
    if finding.owner.is_service or Permission.ANSWER_FINDING not in may:
        message = f"{finding.owner} does not answer findings on {finding.model}; name an owner or an engineer of it."
        raise UnusableData({"message": message, "field": "owner"})


def _refuse_day(finding: Finding, document: dict) -> None:
    today, latest = timezone.localdate(), _latest(finding, document)
    if finding.due_at and not today <= finding.due_at <= latest:
        what = f"A {finding.severity} finding on a tier {finding.model.tier} model"
        raise RuleBroken(f"{what} is due by {latest:%d %B %Y} at the latest, and not before today.")


def _latest(finding: Finding, document: dict) -> date:
    time = rules.time_until_due(document, tier=finding.model.tier, severity=finding.severity)
    return timezone.localdate() + time


def _issue(finding: Finding, actor) -> Finding:
    policy = Policy.objects.in_force()
    _refuse_issuer(finding, policy, actor)
    _refuse_day(finding, policy.document)
    due_at = finding.due_at or _latest(finding, policy.document)
    plan_due_at = None
    if rules.needs_plan(policy.document, finding.severity):
        plan_due_at = min(due_at, timezone.localdate() + rules.time_to_plan(policy.document, finding.severity))
    move(
        finding,
        "issue",
        policy=policy,
        issued_at=timezone.now(),
        issued_by=actor,
        due_at=due_at,
        first_due_at=due_at,
        plan_due_at=plan_due_at,
    )
    record(
        Action.FINDING_RAISED,
        actor=actor,
        subject=finding,
        severity=finding.severity,
        due=due_at.isoformat(),
        plan_due=plan_due_at.isoformat() if plan_due_at else "",
        said=finding.said_digest,
        breach=str(finding.breach_id) if finding.breach_id else "",
        criterion=finding.criterion,
        policy=policy.number,
        evidence=[{name: one[name] for name in ("kind", "reference", "digest")} for one in finding.evidence],
        **({"milder_because": finding.severity_reason} if finding.severity_reason else {}),
    )
    if finding.severity == Finding.Severity.CRITICAL:
        arrangements.restrict_for(finding, actor=actor)
    return finding


def _refuse_issuer(finding: Finding, policy: Policy, actor) -> None:
    issuers = policy.section("findings")["issued_by"]
    if actor and not actor.roles_in(finding.model.workspace_id, finding.model_slug) & set(issuers):
        who = " or ".join(policies.in_words(role) for role in issuers)
        raise NotPermitted(f"Under the policy in force a finding is issued by: {who}. Keep it as a draft.")


def _refuse_foreign(model, *, version, breach) -> None:
    """A finding is about one model, and so are the version and the breach it names."""
    of_breach = breach.version if breach else None
    if any(named and named.model_id != model.pk for named in (version, of_breach)):
        raise RuleBroken(f"The version or the breach that the finding names is not one of {model}.")
    if version and of_breach and version.pk != of_breach.pk:
        raise RuleBroken(f"The breach is not one of {version}.")
