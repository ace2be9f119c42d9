from audits.workflows.contents.lists import FINDINGS
from audits.workflows.models import ActionPlan, Finding
from audits.workflows.states import FindingState
from inventory.serializers import ListQuery, PersonOut
from inventory.serializers.fields import PersonField
from mrm import serializers

SEVERITIES = Finding.Severity.values
STATES = [state.value for state in FindingState]
STANDINGS = ActionPlan.Standing.values
EVIDENCE_KINDS = ["run", "result", "breach", "document", "entry"]
LONGEST_TEXT = 8000
REFERENCES = (
    "Each a kind and what it names: `run`, `result` or `breach` with an id, `document` with a SHA-256, `entry` with a "
    "position in the trail."
)


def _references():
    return serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=20, help_text=REFERENCES
    )


class FindingTextsIn(serializers.Serializer):
    """What a finding says."""

    severity = serializers.ChoiceField(SEVERITIES)
    severity_reason = serializers.CharField(
        max_length=LONGEST_TEXT,
        required=False,
        allow_blank=True,
        help_text="Needed where the severity is milder than its measured impact suggests.",
    )
    title = serializers.CharField(max_length=200)
    observation = serializers.CharField(max_length=LONGEST_TEXT, help_text="What was seen, where, why it matters.")
    criterion = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="What of the policy is not kept, such as `limits.psi` or `clauses.documentation`. By default the "
        "limit behind the breach; empty for sound practice.",
    )
    evidence = _references()
    impact = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    effect_percent = serializers.FloatField(
        required=False, allow_null=True, help_text="By how many percent a key output is off."
    )
    class_change_percent = serializers.FloatField(
        required=False, allow_null=True, help_text="How many percent of the cases change class."
    )
    required_outcome = serializers.CharField(max_length=LONGEST_TEXT, help_text="How everybody will know it is done.")
    owner = PersonField(required=False, help_text="Who answers for it, by e-mail or id; else the model's owner.")
    due_at = serializers.DateField(required=False, help_text="By default it follows from tier and severity.")


class FindingChange(FindingTextsIn):
    """What a draft says otherwise from now on."""


class FindingIn(FindingTextsIn):
    model = serializers.SlugField(max_length=100)
    version = serializers.IntegerField(min_value=1, required=False, help_text="Number of a version of the model.")
    breach = serializers.UUIDField(required=False)
    draft = serializers.BooleanField(default=False, help_text="Keep it from the first line until it is issued.")


class FindingQuery(ListQuery):
    listing = FINDINGS
    chosen_by = {
        "model": "model__slug",
        "state": "state",
        "severity": "severity",
        "owner": "owner",
        "due_before": "due_at__lt",
    }

    model = serializers.SlugField(max_length=100, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    severity = serializers.ChoiceField(SEVERITIES, required=False)
    overdue = serializers.BooleanField(required=False, help_text="Only what is past its day.")
    owner = PersonField(required=False, help_text="E-mail address or id.")
    due_before = serializers.DateField(required=False)


class EvidenceOut(serializers.Serializer):
    kind = serializers.ChoiceField(EVIDENCE_KINDS)
    reference = serializers.CharField()
    digest = serializers.CharField(help_text="SHA-256 of what was cited, when it was.")
    told = serializers.CharField()


class FindingOut(serializers.Serializer):
    reference = serializers.CharField()
    model = serializers.CharField(source="model.slug")
    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    breach = serializers.UUIDField(source="breach_id", allow_null=True)
    severity = serializers.ChoiceField(SEVERITIES)
    title = serializers.CharField()
    required_outcome = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    owner = PersonOut()
    raised_by = PersonOut(allow_null=True)
    raised_at = serializers.DateTimeField()
    issued_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateField(allow_null=True)
    overdue = serializers.BooleanField(source="is_overdue")
    closed_by = PersonOut(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class ActionItemOut(serializers.Serializer):
    number = serializers.IntegerField()
    what = serializers.CharField()
    owner = PersonOut()
    due_at = serializers.DateField()
    done_by = PersonOut(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()


class ActionPlanOut(serializers.Serializer):
    number = serializers.IntegerField()
    standing = serializers.ChoiceField(STANDINGS)
    planned_by = PersonOut()
    planned_at = serializers.DateTimeField()
    reviewed_by = PersonOut(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    review = serializers.CharField()
    items = ActionItemOut(many=True, source="items.all")


class ReperformanceOut(serializers.Serializer):
    run = serializers.UUIDField(source="run_id", allow_null=True)
    results_digest = serializers.CharField()
    told = serializers.CharField()
    performed_by = PersonOut()
    performed_at = serializers.DateTimeField()


class SubmissionOut(serializers.Serializer):
    number = serializers.IntegerField()
    told = serializers.CharField()
    evidence = EvidenceOut(many=True)
    submitted_by = PersonOut()
    submitted_at = serializers.DateTimeField()
    returned_by = PersonOut(allow_null=True)
    returned_at = serializers.DateTimeField(allow_null=True)
    returned_because = serializers.CharField()
    reperformances = ReperformanceOut(many=True, source="reperformances.all")


class FindingInFullOut(FindingOut):
    observation = serializers.CharField()
    criterion = serializers.CharField()
    policy = serializers.IntegerField(source="policy.number", allow_null=True, default=None)
    evidence = EvidenceOut(many=True)
    impact = serializers.CharField()
    effect_percent = serializers.FloatField(allow_null=True)
    class_change_percent = serializers.FloatField(allow_null=True)
    severity_reason = serializers.CharField()
    first_due_at = serializers.DateField(allow_null=True)
    extensions = serializers.IntegerField()
    plan_due_at = serializers.DateField(allow_null=True)
    response = serializers.CharField(help_text="What the first line said when it was issued.")
    rebutted_by = PersonOut(allow_null=True)
    rebuttal_answer = serializers.CharField()
    plans = ActionPlanOut(many=True, source="plans.all")
    submissions = SubmissionOut(many=True, source="submissions.all")
    validated_by = PersonOut(allow_null=True)
    validated_at = serializers.DateTimeField(allow_null=True)
    signature = serializers.UUIDField(source="signature_id", allow_null=True)
    closing_reason = serializers.CharField()


class NothingIn(serializers.Serializer):
    """A step that says nothing."""


class AnswerIn(serializers.Serializer):
    response = serializers.CharField(max_length=LONGEST_TEXT)
    disputed = serializers.BooleanField(default=False, help_text="The finding does not stand. Possible once.")


class ActionItemIn(serializers.Serializer):
    what = serializers.CharField(max_length=500)
    owner = PersonField(help_text="E-mail address or id.")
    due_at = serializers.DateField()


class ActionPlanIn(serializers.Serializer):
    items = ActionItemIn(many=True, max_length=20)


class ActionPlanReviewIn(serializers.Serializer):
    accepted = serializers.BooleanField()
    reason = serializers.CharField(
        max_length=LONGEST_TEXT, allow_blank=True, default="", help_text="Needed where the plan is returned."
    )


class ItemDoneIn(serializers.Serializer):
    outcome = serializers.CharField(max_length=LONGEST_TEXT, help_text="What was done, and where it shows.")


class SubmissionIn(serializers.Serializer):
    response = serializers.CharField(max_length=LONGEST_TEXT)
    evidence = _references()


class ReperformanceIn(serializers.Serializer):
    run = serializers.UUIDField(required=False, help_text="A run since the submission that measured the same again.")
    evidence_digest = serializers.RegexField(
        "^[0-9a-f]{64}$", required=False, help_text="Of the evidence, where it was done elsewhere."
    )
    told = serializers.CharField(max_length=LONGEST_TEXT, help_text="What was done again, and what came out.")
