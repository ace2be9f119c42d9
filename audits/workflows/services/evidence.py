"""What the deciders of a change are shown, frozen; and its digest, which their statements name."""

import hashlib

from django.db.models import Q, prefetch_related_objects

from audits.assessments.models import Breach, Run
from audits.assessments.services.execution import results_digest
from audits.workflows.gates import Gate
from audits.workflows.gates.windows import Counted
from audits.workflows.models import Arrangement, ChangeRequest, ValidationOpinion
from audits.workflows.services.classification.proposing import classified_facts
from audits.workflows.services.classification.weighing import RELEASES
from audits.workflows.services.kinds import KINDS
from audits.workflows.states import CAME_TO_NOTHING
from inventory.models import Model, ModelVersion, Policy
from mrm_verify.canonical import canonical

Kind = ChangeRequest.Kind
GATED = (*RELEASES, Kind.APPROVAL)
MOST_TOLD = 10


def evidence_for(change: ChangeRequest, gate: Gate | None, *, breach_run: Run | None = None) -> dict:
    """The facts a decision rests on, with the gate of its kind as it was just asked.

    Two calls give the same facts unless the subject changed in between.
    A breach is shown as it was in `breach_run`, by default the newest run that saw it: that it goes on being seen is no
    change of the subject.
    """
    model, version, breach = change.model, change.version, change.breach
    policy = Policy.objects.only("number", "digest").in_force()
    return (
        {
            "kind": str(change.kind),
            "reason": change.reason,
            "terms": change.terms,
            "renews": _arrangement_facts(change.renews),
            "policy": {"version": policy.number, "sha256": policy.digest},
            "model": _model_facts(model),
            "version": _version_facts(version),
            "replaces": _version_facts(model.production_version()) if change.kind in RELEASES else None,
            "breach": _breach_facts(breach, breach_run or breach.last_run) if breach else None,
            "gate": gate.reasons if gate else None,
            "waived": [waived.text for waived in gate.waived] if gate else None,
            "warnings": gate.warnings if gate else None,
            "validation": _opinion_facts(gate.facts.opinion) if gate else None,
            "assessments": _assessment_facts(gate.facts.counted) if gate else None,
        }
        | ({"overridden": gate.reasons} if change.kind == Kind.BREAK_GLASS else {})
        | classified_facts(change)
        | _asked_before(change)
        | KINDS[change.kind].evidence(change)
    )


def _asked_before(change: ChangeRequest) -> dict:
    """Requests for the same thing that had come to nothing when this was asked for, with what was decided about them.

    Whoever takes a request back and asks anew, until others decide, shows them so. Nothing where there were none.
    """
    if not change.about:  # From before requests named what is at stake.
        return {}
    same = Q(about=change.about, kind=change.kind)
    if change.kind in GATED:
        same |= Q(
            version__in=ModelVersion.objects.of_artifact(change.version), kind__in=GATED
        )  # Under whatever model it was asked for.
    if change.kind == Kind.EXCEPTION:  # For the model, what was asked for a version of it, and the other way round.
        same |= Q(kind=change.kind, model=change.model_id, terms__clause=change.terms["clause"])
    earlier = ChangeRequest.objects.filter(same, decided_at__lt=change.requested_at)
    earlier = earlier.filter(state__in=CAME_TO_NOTHING).exclude(pk=change.pk).order_by("-requested_at")
    told = [
        {
            "reference": one.reference,
            "state": str(one.state),
            "decided": [f"{decision.printed_name} {decision.outcome} it" for decision in one.decisions.standing()],
        }
        for one in earlier[:MOST_TOLD]
    ]
    return {"asked_before": told} if told else {}


def evidence_again(change: ChangeRequest, gate: Gate | None) -> dict:
    """The evidence of a request as it is now."""
    shown = change.evidence.get("breach")
    run = Run.objects.get(pk=shown["run"]) if shown else None
    return evidence_for(change, gate, breach_run=run)


def digest_of(facts: dict) -> str:
    """SHA-256 of the RFC 8785 canonical JSON."""
    return hashlib.sha256(canonical(facts)).hexdigest()


def _model_facts(model: Model | None) -> dict | None:
    if model is None:
        return None
    return {
        "slug": model.slug,
        "name": model.name,
        "purpose": model.purpose,
        "owner": str(model.owner),
        "owner_id": str(model.owner_id),  # Two people may have one name.
        "tier": model.tier,
        "status": model.status,
        "affects_natural_persons": model.affects_natural_persons,
        "regulatory_categories": sorted(model.regulatory_categories),
    }


def _arrangement_facts(arrangement: Arrangement | None) -> dict | None:
    if arrangement is None:
        return None
    return {
        "reference": arrangement.reference,
        "title": arrangement.title,
        "state": arrangement.state,
        "ends": arrangement.ends_at.isoformat() if arrangement.ends_at else None,
    }


def _version_facts(version: ModelVersion | None) -> dict | None:
    if version is None:
        return None
    return {
        "number": version.number,
        "stage": version.stage,
        "framework": version.framework,
        "artifact_sha256": version.artifact_sha256,
        "schema_sha256": hashlib.sha256(canonical({"columns": version.schema})).hexdigest() if version.schema else "",
        "decision_threshold": version.decision_threshold,
        "reference_sha256": version.reference.sha256 if hasattr(version, "reference") else "",
        "code_ref": version.code_ref,
        "origin": version.origin,
    }


def _opinion_facts(opinion: ValidationOpinion | None) -> dict | None:
    """The opinion in force that the decision rests on; its digest is that of plan, outcomes and evidence."""
    return opinion and {
        "reference": opinion.request.reference,
        "outcome": opinion.outcome,
        "expires_on": opinion.expires_on.isoformat(),
        "content_digest": opinion.content_digest,
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


def _assessment_facts(counted: dict[str, Counted]) -> list[dict]:
    """Each run that counts at the gate, over which time it was, and who asked for it, where somebody did."""
    runs = [run for one in counted.values() for run in one.runs]
    prefetch_related_objects(runs, "results")
    return [
        {
            "kind": run.plan.kind,
            "run": str(run.pk),
            "window": [run.window_start.isoformat(), run.window_end.isoformat()],
            "requested_by": str(run.requested_by or ""),
            "requested_by_id": str(run.requested_by_id or ""),
            "verdict": run.verdict,
            "results_digest": results_digest(run.results.all()),
        }
        for run in runs
    ]
