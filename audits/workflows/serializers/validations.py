"""Validations over REST."""

from audits.statistics.limits import Verdict
from audits.workflows.contents.lists import VALIDATIONS
from audits.workflows.models import (
    ChallengeEntry,
    ValidationEvidence,
    ValidationItem,
    ValidationOpinion,
    ValidationRequest,
    ValidationReview,
    ValidatorAssignment,
)
from audits.workflows.states import ValidationState
from inventory.policies import COMPONENTS
from inventory.serializers import ListQuery, PersonOut
from inventory.serializers.fields import PersonField
from inventory.serializers.signing import ProofIn
from mrm import serializers

LONGEST_TEXT = 8000
KINDS = ValidationRequest.Kind.values
STATES = [state.value for state in ValidationState]
OUTCOMES = ValidationOpinion.Outcome.values
ITEM_OUTCOMES = ValidationItem.Outcome.values
EVIDENCE_KINDS = ValidationEvidence.Kind.values
ROLES = ValidatorAssignment.Role.values
ENTRY_KINDS = ChallengeEntry.Kind.values
VERDICTS = [verdict.value for verdict in Verdict]


class ValidationIn(serializers.Serializer):
    model = serializers.SlugField(max_length=100)
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="Left out only for the annual review of a model as a whole."
    )
    kind = serializers.ChoiceField(KINDS)
    trigger = serializers.CharField(max_length=LONGEST_TEXT, help_text="What gives rise to it.")


class ValidationQuery(ListQuery):
    listing = VALIDATIONS
    chosen_by = {"kind": "kind", "state": "state", "model": "model__slug", "opinion": "concluded"}

    state = serializers.ChoiceField(STATES, required=False)
    kind = serializers.ChoiceField(KINDS, required=False)
    model = serializers.SlugField(max_length=100, required=False)
    opinion = serializers.ChoiceField(OUTCOMES, required=False, help_text="With such a one, not void.")
    open = serializers.BooleanField(required=False, default=False, help_text="Only those that are not over.")


class ConditionOfOpinionOut(serializers.Serializer):
    text = serializers.CharField(max_length=300)
    due_on = serializers.DateField(help_text="The day by which it is met; else the use is restricted.")
    finding = serializers.CharField(
        max_length=20, required=False, allow_blank=True, default="", help_text="The finding that it contains."
    )


class ReviewOut(serializers.Serializer):
    step = serializers.ChoiceField(ValidationReview.Step.values)
    person = PersonOut()
    role = serializers.CharField()
    agreed = serializers.BooleanField()
    comment = serializers.CharField()
    signed_at = serializers.DateTimeField()
    voided_because = serializers.CharField()


class RealisedIn(serializers.Serializer):
    effect = serializers.CharField(max_length=LONGEST_TEXT, help_text="What came of the change, in words.")
    output_percent = serializers.FloatField(
        required=False, allow_null=True, help_text="How far the mean output moved; left out where it was not measured."
    )
    cases_percent = serializers.FloatField(
        required=False, allow_null=True, help_text="How many cases changed class; left out where it was not measured."
    )


class OpinionOut(serializers.Serializer):
    outcome = serializers.ChoiceField(OUTCOMES)
    summary = serializers.CharField()
    conditions = ConditionOfOpinionOut(many=True)
    realised = serializers.JSONField(
        help_text="Of a post-implementation review: what came of the change, and under `predicted` what was predicted."
    )
    person = PersonOut()
    effective_on = serializers.DateField()
    expires_on = serializers.DateField(help_text="The last day on which it holds.")
    content_digest = serializers.CharField(help_text="Of plan, outcomes, evidence, challenges and findings.")
    given_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)
    voided_at = serializers.DateTimeField(allow_null=True)
    voided_because = serializers.CharField()
    reviews = ReviewOut(many=True)


class ValidationOut(serializers.Serializer):
    reference = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    model = serializers.CharField(source="model.slug")
    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    trigger = serializers.CharField()
    policy_version = serializers.IntegerField(source="policy.number")
    state = serializers.ChoiceField(STATES)
    reason = serializers.CharField(help_text="Why it waits, was returned or was cancelled.")
    requested_by = PersonOut(allow_null=True, help_text="null: the system asked, because it is due.")
    requested_at = serializers.DateTimeField()
    due_on = serializers.DateField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class ListedValidationOut(ValidationOut):
    components_planned = serializers.IntegerField(source="planned")
    components_done = serializers.IntegerField(source="done")
    lead = PersonOut(allow_null=True, help_text="null: nobody yet.")
    opinion = serializers.ChoiceField(OUTCOMES, source="concluded", allow_null=True, help_text="The one not void.")
    holds_until = serializers.DateField(source="concluded_until", allow_null=True, help_text="The last day of it.")


class ValidationEvidenceOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(EVIDENCE_KINDS)
    title = serializers.CharField()
    sha256 = serializers.CharField()
    run = serializers.UUIDField(source="run_id", allow_null=True)
    verdict = serializers.ChoiceField(VERDICTS, allow_blank=True, help_text="As measured; empty for what has none.")
    reperformed = serializers.BooleanField(source="is_reperformed")
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class ItemOut(serializers.Serializer):
    component = serializers.ChoiceField(list(COMPONENTS))
    required = serializers.BooleanField(source="is_required")
    planned = serializers.BooleanField(source="is_planned")
    deviation_reason = serializers.CharField(help_text="Why a required component is left out.")
    expectation = serializers.CharField()
    outcome = serializers.ChoiceField(ITEM_OUTCOMES, allow_blank=True)
    conclusion = serializers.CharField()
    evidence = ValidationEvidenceOut(many=True)


class AssignmentOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = PersonOut()
    role = serializers.ChoiceField(ROLES)
    assigned_at = serializers.DateTimeField()
    attested_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_because = serializers.CharField()


class ChallengeEntryOut(serializers.Serializer):
    kind = serializers.ChoiceField(ENTRY_KINDS)
    text = serializers.CharField()
    said_by = PersonOut()
    said_at = serializers.DateTimeField()


class ChallengeOut(serializers.Serializer):
    number = serializers.IntegerField()
    component = serializers.CharField(source="item.component", default="")
    entries = ChallengeEntryOut(many=True)


class ValidationInFullOut(ValidationOut):
    plan = ItemOut(source="items", many=True)
    validators = AssignmentOut(source="assignments", many=True)
    challenges = ChallengeOut(many=True)
    opinions = OpinionOut(many=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="What an opinion still needs.")
    content_digest = serializers.CharField(
        source="content_digest_now", help_text="Of all that would be signed now; send it with an opinion or a review."
    )


class AssignmentIn(serializers.Serializer):
    person = PersonField(help_text="E-mail address or id.")
    role = serializers.ChoiceField(ROLES)


class PlannedComponentIn(serializers.Serializer):
    planned = serializers.BooleanField(source="is_planned")
    expectation = serializers.CharField(max_length=LONGEST_TEXT)
    deviation_reason = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, default="")


class ConclusionIn(serializers.Serializer):
    outcome = serializers.ChoiceField(ITEM_OUTCOMES)
    conclusion = serializers.CharField(max_length=LONGEST_TEXT)


class EvidenceIn(serializers.Serializer):
    kind = serializers.ChoiceField(EVIDENCE_KINDS)
    key = serializers.CharField(
        max_length=64, help_text="Id of a run or a result; SHA-256 of a sealed report or a document."
    )


class ChallengeIn(serializers.Serializer):
    text = serializers.CharField(max_length=LONGEST_TEXT)
    component = serializers.ChoiceField(list(COMPONENTS), required=False)


class SayingIn(serializers.Serializer):
    text = serializers.CharField(max_length=LONGEST_TEXT)


class ResolutionIn(SayingIn):
    resolved = serializers.BooleanField(
        source="is_resolved", default=True, help_text="false: the validator asks on, and it stays open."
    )


class OpinionIn(ProofIn):
    outcome = serializers.ChoiceField(OUTCOMES)
    summary = serializers.CharField(max_length=LONGEST_TEXT)
    conditions = ConditionOfOpinionOut(many=True, required=False, help_text="Of fit with conditions.")
    realised = RealisedIn(
        required=False,
        help_text="In a post-implementation review, which needs it where the change was classified.",
    )
    expires_on = serializers.DateField(
        required=False, help_text="By default as long as the cadence of the tier allows."
    )
    content_digest = serializers.RegexField("^[0-9a-f]{64}$", help_text="Of what you were shown.")


class ReviewIn(ProofIn):
    agreed = serializers.BooleanField(help_text="false returns it to the lead.")
    comment = serializers.CharField(
        max_length=LONGEST_TEXT, allow_blank=True, default="", help_text="Needed for a return."
    )
    content_digest = serializers.RegexField("^[0-9a-f]{64}$", help_text="Of what you were shown.")
