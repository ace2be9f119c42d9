"""Validation: asked for, planned, assigned, challenged, concluded in an opinion, reviewed and approved."""

from audits.workflows.services.validations.assignments import (
    ATTESTATION,
    assign_validator,
    prepare_attestation,
    release_validator,
    sign_attestation,
)
from audits.workflows.services.validations.challenges import raise_challenge, resolve_challenge, respond_to_challenge
from audits.workflows.services.validations.content import content_of, digest_of_content, refresh_validation
from audits.workflows.services.validations.evidence import link_evidence, linkable_evidence, withdraw_evidence
from audits.workflows.services.validations.opinions import (
    give_opinion,
    prepare_opinion,
    sign_opinion,
    why_not_give_opinion,
)
from audits.workflows.services.validations.plans import conclude_item, plan_item, why_not_begin
from audits.workflows.services.validations.requests import (
    begin_validation,
    cancel_validation,
    hold_validation,
    request_validation,
    resume_validation,
)
from audits.workflows.services.validations.reviews import (
    prepare_review,
    review_opinion,
    sign_review,
    who_may_act,
    why_not_review,
)
from audits.workflows.services.validations.schedule import open_due_validations

__all__ = [
    "ATTESTATION",
    "assign_validator",
    "begin_validation",
    "cancel_validation",
    "conclude_item",
    "content_of",
    "digest_of_content",
    "give_opinion",
    "hold_validation",
    "link_evidence",
    "linkable_evidence",
    "open_due_validations",
    "plan_item",
    "prepare_attestation",
    "prepare_opinion",
    "prepare_review",
    "raise_challenge",
    "refresh_validation",
    "release_validator",
    "request_validation",
    "resolve_challenge",
    "respond_to_challenge",
    "resume_validation",
    "review_opinion",
    "sign_attestation",
    "sign_opinion",
    "sign_review",
    "who_may_act",
    "why_not_begin",
    "why_not_give_opinion",
    "why_not_review",
    "withdraw_evidence",
]
