from drf_spectacular.utils import extend_schema_field

from audits.workflows.contents.lists import CHANGES
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.serializers.classification import ClassificationOut
from audits.workflows.serializers.retraining import STATES as RETRAININGS
from audits.workflows.serializers.retraining import RetrainingOut
from audits.workflows.states import ChangeState
from inventory.serializers import ListQuery, PersonOut, StrictQuery
from inventory.serializers.deciders import ReasonsOut
from inventory.serializers.fields import PersonField
from inventory.serializers.signing import SignedIn
from mrm import serializers

LONGEST_COMMENT = 4000
KINDS = [kind.value for kind in ChangeRequest.Kind]
STATES = [state.value for state in ChangeState]
MEANINGS = Decision.Meaning.choices


class ChangeIn(serializers.Serializer):
    kind = serializers.ChoiceField(KINDS)
    model = serializers.SlugField(max_length=100, required=False, help_text="Left out for a change of the policy.")
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="Number of a version of the model, for kinds that are about one."
    )
    reason = serializers.CharField(max_length=LONGEST_COMMENT, help_text="Whoever decides reads this first.")
    terms = serializers.DictField(
        required=False, default=dict, help_text="What the kind asks for in particular; `GET /change-kinds/` says what."
    )
    renews = serializers.CharField(
        max_length=20, required=False, help_text="Reference of the exception, overlay or accepted risk that goes on."
    )
    breach = serializers.UUIDField(required=False, help_text="The breach of this version that gives rise to it.")


class ChangeQuery(ListQuery):
    listing = CHANGES
    chosen_by = {
        "kind": "kind",
        "state": "state",
        "model": "model__slug",
        "version": "version__number",
        "requester": "requester",
        "retraining": "retraining__state",
        "requested_since": "requested_at__gte",
        "requested_before": "requested_at__lt",
    }

    kind = serializers.ChoiceField(KINDS, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    model = serializers.SlugField(max_length=100, required=False)
    version = serializers.IntegerField(min_value=1, required=False)
    requester = PersonField(required=False, help_text="E-mail address or id.")
    retraining = serializers.ChoiceField(RETRAININGS, required=False, help_text="Where its retraining stands.")
    requested_since = serializers.DateTimeField(required=False)
    requested_before = serializers.DateTimeField(required=False)


class ConditionOut(serializers.Serializer):
    text = serializers.CharField(max_length=300)
    due_on = serializers.DateField(help_text="The day by which it is met; else the use is restricted.")


class DecisionOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = PersonOut()
    printed_name = serializers.CharField()
    role = serializers.CharField(help_text="The one the policy asked for that this decision fills.")
    on_behalf_of = PersonOut(allow_null=True, help_text="Who delegated to the person, where they decided for another.")
    approved = serializers.BooleanField()
    meaning = serializers.ChoiceField(MEANINGS)
    comment = serializers.CharField()
    conditions = ConditionOut(many=True, help_text="Under which the approval is given.")
    statement = serializers.DictField(help_text="Exactly what was signed.")
    statement_digest = serializers.CharField(help_text="SHA-256 of the statement's canonical JSON (RFC 8785).")
    authentication = serializers.CharField(help_text="How the signer proved again who they are.")
    decided_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)
    voided_because = serializers.CharField()


class ChangeOut(serializers.Serializer):
    reference = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    model = serializers.CharField(source="model.slug", allow_null=True, default=None)
    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    breach = serializers.UUIDField(source="breach_id", allow_null=True)
    requester = PersonOut(allow_null=True, help_text="null: the system asked.")
    reason = serializers.CharField()
    terms = serializers.DictField(help_text="What is asked for in particular.")
    renews = serializers.CharField(source="renews.reference", allow_null=True, default=None)
    policy_version = serializers.IntegerField(source="policy.number")
    roles_required = serializers.ListField(child=serializers.CharField(), help_text="One approval each.")
    evidence_digest = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    outcome = serializers.CharField(help_text="What carrying it out led to, or why it could not be.")
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)


@extend_schema_field(serializers.ListField(child=serializers.CharField()))
class ReferencesField(serializers.Field):
    """The references of related rows."""

    def to_representation(self, rows) -> list[str]:
        return [row.reference for row in rows.order_by("reference")]


class ChangeInFullOut(ChangeOut):
    evidence = serializers.DictField(help_text="What the deciders are shown.")
    minutes = serializers.DictField(help_text="How the committee's vote was concluded; empty before, and without one.")
    classification = ClassificationOut(
        allow_null=True, default=None, help_text="Whether it is material; null where nothing in use changes."
    )
    arrangements = ReferencesField(read_only=True, help_text="What came into force by it.")
    decisions = DecisionOut(many=True)
    retraining = RetrainingOut(allow_null=True, default=None)


class MinutesIn(SignedIn):
    minutes = serializers.CharField(max_length=8000, help_text="What was discussed, and what weighed.")


class StatementQuery(StrictQuery):
    """The decision that would be signed."""

    approved = serializers.BooleanField(default=True)
    meaning = serializers.ChoiceField(MEANINGS, required=False, help_text="By default reviewed, or rejected.")
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, default="")


class StatementOut(ReasonsOut):
    may_decide = serializers.BooleanField()
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
    conditions = ConditionOut(many=True, required=False, help_text="Of the approval of a version for use.")
    evidence_digest = serializers.RegexField("^[0-9a-f]{64}$", help_text="From the statement you were shown.")
    password = serializers.CharField(max_length=1000, trim_whitespace=False, help_text="Yours, again.")
    code = serializers.CharField(
        max_length=16,
        allow_blank=True,
        default="",
        help_text="Of your authenticator app; without one a password signs nothing.",
    )


class DecisionMadeOut(serializers.Serializer):
    decision = DecisionOut()
    change = ChangeOut()


class GateOut(serializers.Serializer):
    allowed = serializers.BooleanField()
    blockers = serializers.ListField(child=serializers.CharField())
    waived = serializers.ListField(child=serializers.CharField(), help_text="What an exception sets aside until a day.")
    policy_version = serializers.IntegerField(help_text="The policy that was asked: the one in force.")
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What the policy does not require, and the deciders should know."
    )


class GateQuery(StrictQuery):
    use = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="Number of a use to approve it for, too.",
    )


class KindQuery(StrictQuery):
    model = serializers.SlugField(max_length=100, required=False, help_text="Whose tier and whose choices to show.")


class TermOut(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    shape = serializers.CharField(help_text="text, line, lines, day, number, choice, several, answers or numbers.")
    required = serializers.BooleanField()
    help = serializers.CharField()
    choices = serializers.DictField(child=serializers.CharField(), help_text="What may be chosen, or must be answered.")


class KindOut(serializers.Serializer):
    kind = serializers.ChoiceField(KINDS)
    about = serializers.CharField(help_text="version, model or policy.")
    purpose = serializers.CharField()
    roles_required = serializers.ListField(child=serializers.CharField(), help_text="One approval each.")
    terms = TermOut(many=True)
    if_approved = serializers.CharField()
    if_not = serializers.CharField()
    on_lapse = serializers.CharField(help_text="What happens when its time is over; empty where it has no end.")


class KindsOut(serializers.Serializer):
    kinds = KindOut(many=True)
