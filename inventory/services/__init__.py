"""Everything that changes the inventory: one function per decision, each with its rule and its trail entry."""

from inventory.services.artifacts import attach_artifact
from inventory.services.attributes import decides_somewhere
from inventory.services.batches import profile_batch, receive_batch
from inventory.services.bulk import register_models
from inventory.services.cadences import (
    CADENCE_END,
    end_lapsed_cadences,
    loosen_cadence,
    tighten_cadence,
    why_not_loosen,
)
from inventory.services.documents import attach_document
from inventory.services.drafts import namesakes
from inventory.services.events import gather_events, receive_event, versions_with_events
from inventory.services.models import edit_model, register_model, retire_model
from inventory.services.outcomes import receive_outcomes
from inventory.services.particulars import add_particular, end_particular, replace_particulars
from inventory.services.policies import (
    prepare_installation,
    propose_policy,
    publish_draft,
    publish_policy,
    withdraw_draft,
)
from inventory.services.references import receive_reference
from inventory.services.series import receive_points
from inventory.services.signing import bound_in_force, bound_under
from inventory.services.sources import READ_AGAIN_AFTER, close_source, look_again, read_source, register_source
from inventory.services.standing import (
    hold_use,
    lift_model_restriction,
    put_back,
    refuse_suspension,
    release_use,
    restrict_model,
    resume_model,
    suspend_model,
)
from inventory.services.surveys import entries_of, import_survey, progress_of, receive_survey, request_import
from inventory.services.tiering import (
    TIER_CONFIRMATION,
    confirm_tier,
    end_lapsed_exemptions,
    lowering_roles,
    lowers_strictest,
    propose_tier,
    set_what_tier_is_made_of,
    who_may_confirm_tier,
    why_not_confirm_tier,
    why_propose_again,
    why_tier_again,
)
from inventory.services.uses import (
    approve_use,
    edit_use,
    end_approval,
    end_expired_approvals,
    end_use,
    propose_use,
    standing_approval,
    start_use,
    terms_digest,
    why_not_live,
    withdraw_use,
)
from inventory.services.versions import (
    describe_version,
    promote_version,
    register_version,
    retire_version,
    return_version,
    start_challenge,
)

__all__ = [
    "decides_somewhere",
    "CADENCE_END",
    "TIER_CONFIRMATION",
    "READ_AGAIN_AFTER",
    "add_particular",
    "approve_use",
    "attach_artifact",
    "attach_document",
    "bound_in_force",
    "bound_under",
    "close_source",
    "confirm_tier",
    "describe_version",
    "edit_model",
    "edit_use",
    "end_approval",
    "end_lapsed_cadences",
    "end_expired_approvals",
    "end_lapsed_exemptions",
    "end_particular",
    "end_use",
    "gather_events",
    "hold_use",
    "lift_model_restriction",
    "loosen_cadence",
    "lowering_roles",
    "lowers_strictest",
    "look_again",
    "entries_of",
    "import_survey",
    "prepare_installation",
    "progress_of",
    "receive_survey",
    "request_import",
    "profile_batch",
    "promote_version",
    "refuse_suspension",
    "return_version",
    "propose_tier",
    "propose_use",
    "propose_policy",
    "propose_use",
    "publish_draft",
    "put_back",
    "publish_policy",
    "read_source",
    "receive_batch",
    "receive_event",
    "receive_outcomes",
    "receive_points",
    "receive_reference",
    "namesakes",
    "register_model",
    "register_models",
    "register_source",
    "register_version",
    "release_use",
    "replace_particulars",
    "restrict_model",
    "resume_model",
    "retire_model",
    "retire_version",
    "standing_approval",
    "start_challenge",
    "start_use",
    "why_not_live",
    "suspend_model",
    "terms_digest",
    "who_may_confirm_tier",
    "tighten_cadence",
    "set_what_tier_is_made_of",
    "why_not_confirm_tier",
    "why_propose_again",
    "why_not_loosen",
    "why_tier_again",
    "withdraw_draft",
    "withdraw_use",
    "versions_with_events",
]
