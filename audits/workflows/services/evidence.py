"""What the deciders of a change are shown, frozen; and its digest, which their statements name."""

import hashlib

import rfc8785

from audits.assessments.models import Breach, Run
from audits.assessments.services.execution import results_digest
from audits.workflows.gates import blockers_for_promotion
from audits.workflows.models import ChangeRequest
from inventory.models import ModelVersion, Policy


def evidence_for(kind: str, version: ModelVersion, breach: Breach | None, reason: str) -> dict:
    """The facts a decision rests on. Two calls give the same facts unless the subject changed in between."""
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
        "breach": _breach_facts(breach) if breach else None,
        "gate": blockers_for_promotion(version) if kind == ChangeRequest.Kind.PROMOTION else None,
        "assessments": _assessment_facts(version) if kind == ChangeRequest.Kind.PROMOTION else None,
    }


def digest_of(facts: dict) -> str:
    """SHA-256 of the RFC 8785 canonical JSON."""
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


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


def _breach_facts(breach: Breach) -> dict:
    result = breach.first_run.results.get(measure=breach.measure, column=breach.column, segment=breach.segment)
    return {
        "id": str(breach.pk),
        "measure": breach.measure,
        "column": breach.column,
        "segment": breach.segment,
        "opened_by_run": str(breach.first_run_id),
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
