"""Attestations and hygiene over REST."""

from audits.workflows.contents.lists import ATTESTATIONS
from audits.workflows.states import AttestationState
from inventory.serializers import ListQuery, PersonOut
from inventory.serializers.fields import PersonField
from inventory.serializers.models import FieldChangeOut, ModelQuery
from mrm import serializers

ATTESTATION_STATES = [state.value for state in AttestationState]


class AttestationOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField(source="model.slug")
    state = serializers.ChoiceField(ATTESTATION_STATES)
    covers_from = serializers.DateField()
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateField()
    overdue = serializers.CharField(help_text="current, up to 90 days, 91 to 365 days, or more than a year.")
    owner = PersonOut(source="model.owner")
    statement = serializers.CharField()
    changes = FieldChangeOut(many=True)
    revision = serializers.IntegerField(allow_null=True, help_text="Of the entry that was confirmed.")
    attested_by = PersonOut(allow_null=True)
    attested_at = serializers.DateTimeField(allow_null=True)


class AttestationReadOut(AttestationOut):
    evidence_digest = serializers.CharField(
        allow_null=True, help_text="Of an open one, over the entry and what changed in it; send it with the statement."
    )


class AttestationQuery(ListQuery):
    listing = ATTESTATIONS
    chosen_by = {"state": "state", "model": "model__slug", "owner": "model__owner"}

    state = serializers.ChoiceField(ATTESTATION_STATES, required=False)
    overdue = serializers.BooleanField(required=False, default=False)
    model = serializers.SlugField(required=False)
    owner = PersonField(required=False, help_text="E-mail address or id.")


class StatementIn(serializers.Serializer):
    statement = serializers.CharField(max_length=4000, help_text="What you confirm, in your own words.")
    evidence_digest = serializers.RegexField("^[0-9a-f]{64}$", help_text="Of the attestation that you read.")


class StandingOut(serializers.Serializer):
    rule = serializers.CharField(source="rule.name")
    title = serializers.CharField(source="rule.title")
    remedy = serializers.CharField(source="rule.remedy")
    broken = serializers.IntegerField()
    dated = serializers.IntegerField(help_text="Of models that were taken over: promised by a day that has not passed.")
    asked = serializers.IntegerField(help_text="How many models the rule is about; of 0 nothing is known.")


class HygieneOut(serializers.Serializer):
    results = StandingOut(many=True)


class HygieneQuery(ModelQuery):
    """As the register of today is chosen from."""

    as_of = known_on = None

    dated = serializers.BooleanField(default=False, help_text="Those whose debt is dated instead.")


class BrokenOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    tier = serializers.IntegerField()
    status = serializers.CharField()
    owner = PersonOut()
    baselined_until = serializers.DateField(allow_null=True)
