"""What follows from the register alone about models: the attributes that nobody enters, as lines for people."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from inventory import policies
from inventory.contents.dependencies import downstream_of
from inventory.contents.history import in_production, uses_and_approvals
from inventory.models import Model, ModelVersion, TierAssessment, Use, UseApproval
from inventory.states import HELD
from mrm.pages.wording import roles_together

Served = list[tuple[Use, list[UseApproval]]]


def derived_of(models: Sequence[Model], policy: dict) -> dict:
    """By model, each attribute with its lines, none where there is nothing to tell. All of the present, or of one
    moment of the past; so many queries, however many models there are."""
    if not models:
        return {}
    uses, production, downstream = uses_and_approvals(models), in_production(models), defaultdict(list)
    assessed = _assessments_in_force(models)
    for edge in downstream_of(models, models[0].stood_at):
        downstream[edge.upstream_id].append(f"{edge.model} ({edge.get_kind_display().lower()})")
    return {
        model.pk: {
            "identifier": [model.slug],
            "status": [model.get_status_display()],
            "approved_uses": _approved_uses(uses[model.pk]),
            "approvers": [_approvers(model, policy)],
            "tier": [policies.tier_name(model.tier) + (", provisional" if model.tier_is_provisional else "")],
            "tier_review": _tier_review(model, assessed.get(model.pk)),
            "current_version": _current_version(production.get(model.pk)),
            "downstream": downstream[model.pk],
            "conditions": _conditions(uses[model.pk]),
        }
        for model in models
    }


def together(register: dict[str, list[str]], more: dict[str, list[str]]) -> dict[str, list[str]]:
    """The register's lines, and after them those that are known elsewhere."""
    return {name: register.get(name, []) + more.get(name, []) for name in register | more}


def day(moment: date) -> str:
    """A date as lines for people write it."""
    return f"{moment.day} {moment:%b %Y}"


def _approved_uses(uses: Served) -> list[str]:
    lines = []
    for use, approvals in uses:
        numbers = sorted(approval.version.number for approval in approvals)
        if numbers:
            versions = ", ".join(str(number) for number in numbers)
            lines.append(f"{use.title}: version {versions} ({use.state})")
    return lines


def _conditions(uses: Served) -> list[str]:
    """Under which conditions its uses were approved, and which of them are restricted or suspended."""
    lines = [f"{use.title} is {use.state}: {use.state_because}" for use, _ in uses if use.state in HELD]
    for use, approvals in uses:
        for approval in approvals:
            until = f" (until {day(approval.last_day)})" if approval.last_day else ""
            version = f"version {approval.version.number} for {use.title}"
            lines += [f"{condition} – {version}{until}" for condition in approval.conditions]
    return lines


def _approvers(model: Model, policy: dict) -> str:
    return f"A promotion needs: {roles_together(policies.roles_required(policy, 'promotion', model.tier))}."


def _assessments_in_force(models: Sequence[Model]) -> dict:
    """The assessment by which the tier of each model was confirmed last, by then where they are of the past."""
    confirmed = TierAssessment.objects.filter(model__in=[model.pk for model in models], confirmed_at__isnull=False)
    if moment := models[0].stood_at:
        confirmed = confirmed.filter(confirmed_at__lte=moment.instant)
    return {one.model_id: one for one in confirmed.select_related("policy").order_by("confirmed_at")}


def _tier_review(model: Model, assessment: TierAssessment | None) -> list[str]:
    """Who confirmed the tier and when, by which scorecard, and what it came to by it."""
    if model.tier_is_provisional:
        return []
    lines = [f"Confirmed by {model.tier_confirmed_by or 'the system'} on {day(model.tier_confirmed_at)}"]
    if assessment:
        lines.append(f"Scorecard: {assessment.scorecard}, policy version {assessment.policy.number}")
        lines.append(f"Rationale: {' '.join([assessment.reason, *assessment.steps]).strip()}")
    return lines


def _current_version(version: ModelVersion | None) -> list[str]:
    if version is None:
        return []
    lines = [f"Version {version.number}, in production since {day(version.promoted_at)}"]
    lines += [f"Artifact: SHA-256 {version.artifact_sha256}"] if version.artifact_sha256 else []
    return lines + ([f"Code: {version.code_ref}"] if version.code_ref else [])
