from rest_framework import serializers

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.serializers.retraining import RetrainingOut
from audits.workflows.states import ChangeState
from inventory.serializers import PersonOut, StrictQuery

LONGEST_COMMENT = 4000
KINDS = [kind.value for kind in ChangeRequest.Kind]
STATES = [state.value for state in ChangeState]
MEANINGS = Decision.Meaning.choices


class ChangeIn(serializers.Serializer):
    kind = serializers.ChoiceField(KINDS)
    model = serializers.SlugField(max_length=100)
    version = serializers.IntegerField(min_value=1, help_text="Number of a version of the model.")
    reason = serializers.CharField(max_length=LONGEST_COMMENT, help_text="Whoever decides reads this first.")
    breach = serializers.UUIDField(required=False, help_text="The breach of this version that gives rise to it.")


class ChangeQuery(StrictQuery):
    kind = serializers.ChoiceField(KINDS, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    model = serializers.SlugField(max_length=100, required=False)
    version = serializers.IntegerField(min_value=1, required=False)


class DecisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = PersonOut()
    printed_name = serializers.CharField()
    role = serializers.CharField(help_text="The one the policy asked for that this decision fills.")
    approved = serializers.BooleanField()
    meaning = serializers.ChoiceField(MEANINGS)
    comment = serializers.CharField()
    statement = serializers.DictField(help_text="Exactly what was signed.")
    statement_digest = serializers.CharField(help_text="SHA-256 of the statement's canonical JSON (RFC 8785).")
    authentication = serializers.CharField(help_text="How the signer proved again who they are.")
    decided_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)
    voided_because = serializers.CharField()


class ChangeOut(serializers.Serializer):
    reference = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    model = serializers.CharField(source="model.slug")
    version = serializers.IntegerField(source="version.number")
    breach = serializers.UUIDField(source="breach_id", allow_null=True)
    requester = PersonOut(allow_null=True, help_text="null: the system asked.")
    reason = serializers.CharField()
    policy_version = serializers.IntegerField(source="policy.number")
    roles_required = serializers.ListField(child=serializers.CharField(), help_text="One approval each.")
    evidence_digest = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    outcome = serializers.CharField(help_text="What carrying it out led to, or why it could not be.")
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)


class ChangeInFullOut(ChangeOut):
    evidence = serializers.DictField(help_text="What the deciders are shown.")
    decisions = DecisionOut(many=True)
    retraining = RetrainingOut(allow_null=True, default=None)


class StatementQuery(StrictQuery):
    """The decision that would be signed."""

    approved = serializers.BooleanField(default=True)
    meaning = serializers.ChoiceField(MEANINGS, required=False, help_text="By default reviewed, or rejected.")
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, default="")


class StatementOut(serializers.Serializer):
    may_decide = serializers.BooleanField()
    reasons_not_to = serializers.ListField(child=serializers.CharField(), help_text="Every one; empty if you may.")
    evidence_digest = serializers.CharField(help_text="Send it with the decision: it says what you have seen.")
    evidence = serializers.DictField()
    statement = serializers.DictField(
        help_text="What you would sign now; `id` and `time_window` are those of this answer."
    )


class DecisionIn(serializers.Serializer):
    approved = serializers.BooleanField()
    meaning = serializers.ChoiceField(MEANINGS)
    comment = serializers.CharField(
        max_length=LONGEST_COMMENT, allow_blank=True, default="", help_text="Needed for a rejection."
    )
    evidence_digest = serializers.RegexField("^[0-9a-f]{64}$", help_text="From the statement you were shown.")
    password = serializers.CharField(max_length=1000, trim_whitespace=False, help_text="Yours, again.")
    code = serializers.CharField(
        max_length=16, allow_blank=True, default="", help_text="Of your authenticator app, if you have enrolled one."
    )


class DecisionMadeOut(serializers.Serializer):
    decision = DecisionOut()
    change = ChangeOut()


class GateOut(serializers.Serializer):
    allowed = serializers.BooleanField()
    blockers = serializers.ListField(child=serializers.CharField())
