"""The policy as a whole: which sections it has, and who checks each."""

import json

from inventory.policies import (
    alerts,
    approvals,
    arrangements,
    attestation,
    cadences,
    change_classes,
    changes,
    completeness,
    determinations,
    doubts,
    fairness,
    findings,
    hygiene,
    indicators,
    limits,
    mlflow,
    people,
    promotion,
    retention,
    retirement,
    retraining,
    scorecard,
    signatures,
    tiers,
    validation,
)
from inventory.policies.checks import Check, is_text
from inventory.policies.standard import standard

# One line per section. A new section brings its own module, its line here and its part of standard_policy.json.
SECTIONS: dict[str, Check] = {
    "title": is_text,
    "tiers": tiers.faults,
    "cadences": cadences.faults,
    "limits": limits.faults,
    "alerts": alerts.faults,
    "fairness": fairness.faults,
    "approvals": approvals.faults,
    "approvals_last": arrangements.approvals_last,
    "changes": changes.faults,
    "change_classes": change_classes.faults,
    "exceptions": arrangements.exceptions,
    "overlays": arrangements.overlays,
    "acceptances": arrangements.acceptances,
    "findings": findings.faults,
    "suspension": arrangements.suspension,
    "break_glass": arrangements.break_glass,
    "committee": arrangements.committee,
    "retirement": retirement.faults,
    "retraining": retraining.faults,
    "promotion": promotion.faults,
    "retention": retention.faults,
    "indicators": indicators.faults,
    "signatures": signatures.faults,
    "mlflow": mlflow.faults,
    "attestation": attestation.faults,
    "validation": validation.faults,
    "tiering": scorecard.faults,
    "people": people.faults,
    "determinations": determinations.faults,
    "completeness": completeness.faults,
    "baselines": arrangements.baselines,
    "hygiene": hygiene.faults,
    "doubts": doubts.faults,
}


def faults_in(document) -> list[str]:
    """Why a document cannot be the policy, each fault with the path of its place. Empty where it can."""
    if not isinstance(document, dict):
        return [f"A policy is an object with the sections {', '.join(SECTIONS)}."]
    found = [
        f"{name} is not a section of a policy; these are: {', '.join(SECTIONS)}."
        for name in document
        if name not in SECTIONS
    ]
    for name, faults in SECTIONS.items():
        found += faults(name, document[name]) if name in document else [f"{name} is missing."]
    return found or _faults_of_text(document)


def completed(document: dict) -> dict:
    """A document published earlier as it would have to be written now: all sections, without clauses that are gone."""
    whole = {name: document.get(name, standard()[name]) for name in SECTIONS}
    waivable = [clause for clause in whole["exceptions"]["waivable"] if clause in arrangements.CLAUSES]
    return whole | {"exceptions": whole["exceptions"] | {"waivable": waivable}}


def _faults_of_text(document: dict) -> list[str]:
    """What neither the database nor a digest can take."""
    try:
        content = json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return ["A policy must be JSON without half characters."]
    return ["A text of the policy holds a NUL character; remove it."] if b"\\u0000" in content else []
