"""What an opinion is about, word for word; its digest; and the voiding of what was signed over something else."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ValidationOpinion, ValidationRequest
from audits.workflows.services.evidence import digest_of
from audits.workflows.services.transitions import move
from audits.workflows.services.validations.scope import SIGNED, locked
from inventory.models import Model, ModelVersion
from inventory.policies import FACTORS, FACTS
from inventory.services import terms_digest
from inventory.states import UseState
from mrm.accounts.services import void_signatures
from mrm.errors import RuleBroken

# What a version is judged fit for; who edits them under a signed opinion has it signed again.
MEANT_FOR = (
    "purpose",
    "decisions_driven",
    "operating_boundaries",
    "prohibited_uses",
    *FACTORS,
    *FACTS,
    "personal_data",
)
# What else a model is judged by as a whole.
MADE_OF = ("origin", "vendor", "components", "model_type", "method_family", "methodology", "learns_in_use",
           "target_definition")  # fmt: skip


def content_of(validation: ValidationRequest) -> dict:
    """What is validated and for what, plan, outcomes, evidence, challenges, validators and open findings.

    The same facts give the same digest.
    """
    model = validation.model
    return {
        "request": {
            "reference": validation.reference,
            "kind": validation.kind,
            "trigger": validation.trigger,
            "policy": {"version": validation.policy.number, "sha256": validation.policy.digest},
        },
        "model": _model_facts(validation),
        "uses": [
            {"number": use.number, "title": use.title, "terms": terms_digest(use)}
            for use in model.uses.exclude(state=UseState.ENDED).order_by("number")
        ],
        "version": _validated_facts(validation.version),
        "plan": [_item_facts(item) for item in validation.items.prefetch_related("evidence__run", "evidence__result")],
        "challenges": [_challenge_facts(one) for one in validation.challenges.prefetch_related("entries__said_by")],
        "validators": [
            {
                "role": one.role,
                "id": str(one.person_id),
                "name": str(one.person),
                "attested_at": one.attested_at.isoformat() if one.attested_at else None,
                "statement": one.signature.statement_digest if one.signature else None,
            }
            for one in validation.assignments.standing().select_related("person", "signature").order_by("role")
        ],
        "findings": [
            {"reference": one.reference, "severity": one.severity, "title": one.title}
            for one in model.findings.open().order_by("reference")
            if validation.version_id is None or one.version_id in (None, validation.version_id)
        ],
    }


def digest_of_content(validation: ValidationRequest) -> str:
    """What a signature about it names."""
    return digest_of(content_of(validation))


def refuse_unseen(validation: ValidationRequest, shown: str) -> None:
    """Nobody signs over something else than they were shown."""
    if digest_of_content(validation) != shown:
        raise RuleBroken("What is to be signed has changed since you read it. Read it again, then sign.")


@governed()
def refresh_validation(validation: ValidationRequest) -> ValidationRequest:
    """Compare what was signed with what is there now; where it changed, void it and give the work back to the lead."""
    validation = locked(validation)
    refresh_locked(validation)
    return validation


def refresh_locked(validation: ValidationRequest) -> None:
    """The same for a request that the caller has locked, inside its own governed act."""
    if validation.state not in SIGNED:
        return
    opinion = validation.opinions.standing().get()
    content = content_of(validation)
    if digest_of(content) == opinion.content_digest:
        return
    changed = [name for name in content if opinion.content.get(name) != content[name]]
    void_opinion(validation, because=f"What was signed has changed since: {', '.join(changed)}.")
    move(validation, "void", content_digest="")


def void_opinion(validation: ValidationRequest, *, because: str) -> None:
    """What was signed about a locked request holds no longer; whoever signed is told. Nothing, where nobody signed."""
    opinion = validation.opinions.standing().filter(approved_at__isnull=True).first()
    void_signatures(validation, because=because)
    if opinion is None:
        return
    now = {"voided_at": timezone.now(), "voided_because": because}
    opinion.reviews.standing().update(**now)
    ValidationOpinion.objects.filter(pk=opinion.pk).update(**now)
    record(Action.OPINION_VOIDED, actor=None, subject=validation, because=because, opinion=str(opinion.pk))


def _model_facts(validation: ValidationRequest) -> dict:
    """What the register says of the model that an opinion rests on; and, in the review of a whole model, of how it is
    made, and what is in production.
    """
    model: Model = validation.model
    facts = {"slug": model.slug, "name": model.name, "tier": model.tier, "owner": str(model.owner)}
    facts |= {"owner_id": str(model.owner_id)}  # Two people may have one name.
    facts |= {name: getattr(model, name) for name in MEANT_FOR}
    if validation.version is None:
        facts |= {name: getattr(model, name) for name in MADE_OF}
        facts |= {"developer_id": str(model.developer_id or ""), "in_use": _validated_facts(model.production_version())}
    return facts


def _validated_facts(version: ModelVersion | None) -> dict | None:
    """What of a version was validated. The evidence of a change tells its stage and origin as well, which an opinion
    must outlive: going into production voids none; and the reference data, which were looked at, are part of it.
    """
    if version is None:
        return None
    return {
        "number": version.number,
        "framework": version.framework,
        "artifact_sha256": version.artifact_sha256,
        "code_ref": version.code_ref,
        "reference_sha256": version.reference.sha256 if hasattr(version, "reference") else None,
    }


def _item_facts(item) -> dict:
    return {
        "component": item.component,
        "required": item.is_required,
        "planned": item.is_planned,
        "deviation_reason": item.deviation_reason,
        "expectation": item.expectation,
        "outcome": item.outcome,
        "conclusion": item.conclusion,
        "evidence": [
            {
                "kind": one.kind,
                "title": one.title,
                "sha256": one.sha256,
                "verdict": one.verdict,
                "reperformed": one.is_reperformed,
            }
            for one in item.evidence.all()
            if one.withdrawn_at is None
        ],
    }


def _challenge_facts(challenge) -> dict:
    return {
        "number": challenge.number,
        "item": challenge.item.component if challenge.item else None,
        "entries": [
            {"kind": one.kind, "text": one.text, "by": str(one.said_by), "at": one.said_at.isoformat()}
            for one in challenge.entries.all()
        ],
    }
