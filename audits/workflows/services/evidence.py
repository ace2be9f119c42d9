"""What the deciders of a change are shown, frozen; and its digest, which their statements name."""

import hashlib

from audits.assessments.models import Breach, Run
from audits.assessments.services.execution import results_digest
from audits.workflows.gates import blockers_for_promotion
from audits.workflows.models import ChangeRequest
from inventory.models import ModelVersion, Policy
from mrm_verify.canonical import canonical


def evidence_for(
    kind: str, version: ModelVersion, breach: Breach | None, reason: str, *, breach_run: Run | None = None
) -> dict:
    """The facts a decision rests on. Two calls give the same facts unless the subject changed in between.

    A breach is shown as it was in `breach_run`, by default the newest run that saw it: that it goes on being seen is no
    change of the subject.
    """
    model, policy = version.model, Policy.objects.in_force()
    return {
        "kind": str(kind),
        "reason": reason,
        "policy": {"version": policy.number, "sha256": policy.digest},
        "model": {
            "slug": model.slug,
            "name": model.name,
            "purpose": model.purpose,
            "owner": str(model.owner),
            "tier": model.tier,
            "status": model.status,
        },
        "version": _version_facts(version),
        "replaces": _version_facts(model.production_version()) if kind == ChangeRequest.Kind.PROMOTION else None,
        "breach": _breach_facts(breach, breach_run or breach.last_run) if breach else None,
        "gate": blockers_for_promotion(version) if kind == ChangeRequest.Kind.PROMOTION else None,
        "assessments": _assessment_facts(version) if kind == ChangeRequest.Kind.PROMOTION else None,
    }


def evidence_again(change: ChangeRequest) -> dict:
    """The evidence of a request as it is now."""
    shown = change.evidence.get("breach")
    run = Run.objects.get(pk=shown["run"]) if shown else None
    return evidence_for(change.kind, change.version, change.breach, change.reason, breach_run=run)


def digest_of(facts: dict) -> str:
    """SHA-256 of the RFC 8785 canonical JSON."""
    return hashlib.sha256(canonical(facts)).hexdigest()


def _version_facts(version: ModelVersion | None) -> dict | None:
    if version is None:
        return None
    return {
        "number": version.number,
        "stage": version.stage,
        "framework": version.framework,
        "artifact_sha256": version.artifact_sha256,
        "code_ref": version.code_ref,
        "origin": version.origin,
    }


def _breach_facts(breach: Breach, run: Run) -> dict:
    result = run.results.get(measure=breach.measure, column=breach.column, segment=breach.segment)
    return {
        "id": str(breach.pk),
        "measure": breach.measure,
        "column": breach.column,
        "segment": breach.segment,
        "run": str(run.pk),
        "verdict": result.verdict,
        "value": result.value,
        "low": result.low,
        "high": result.high,
        "sizes": result.sizes,
        "method": result.method,
        "limit": result.limit,
    }


def _assessment_facts(version: ModelVersion) -> list[dict]:
    runs = Run.objects.filter(version=version).latest_per_plan().select_related("plan")
    return [
        {
            "kind": run.plan.kind,
            "run": str(run.pk),
            "verdict": run.verdict,
            "results_digest": results_digest(run.results.all()),
        }
        for run in runs
    ]
