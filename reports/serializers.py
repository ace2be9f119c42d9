"""The shapes of the REST API: `…In` what is sent, `…Out` what is answered, `…Query` what a list may be narrowed to."""

from inventory.serializers import PersonOut, StrictQuery
from mrm import serializers
from reports.models import Report

STATES = Report.State.values


class ReportIn(serializers.Serializer):
    """A monitoring report of one model; both days of the period are included."""

    model = serializers.SlugField(max_length=100)
    period_start = serializers.DateField()
    period_end = serializers.DateField()


class ReportQuery(StrictQuery):
    model = serializers.SlugField(max_length=100, required=False)
    state = serializers.ChoiceField(STATES, required=False)


class ReportOut(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    kind = serializers.CharField()
    model = serializers.CharField(source="model.slug")
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    state = serializers.ChoiceField(STATES)
    step = serializers.CharField(help_text="What is being done while it is made.")
    reason = serializers.CharField(help_text="Why it failed.")
    requested_by = PersonOut(allow_null=True)
    requested_at = serializers.DateTimeField()
    sealed_at = serializers.DateTimeField(allow_null=True)
    pdf_sha256 = serializers.CharField()
    pdf_bytes = serializers.IntegerField(allow_null=True)
    evidence_sha256 = serializers.CharField()


class CheckOut(serializers.Serializer):
    name = serializers.CharField()
    holds = serializers.BooleanField(allow_null=True, help_text="null: an earlier failure left it unexamined.")
    explanation = serializers.CharField()


class VerificationOut(serializers.Serializer):
    holds = serializers.BooleanField(help_text="Whether every single check holds.")
    checks = CheckOut(many=True)
    sha256 = serializers.CharField(help_text="Of the file.")
    signer = serializers.CharField(help_text="Whose seal it is.")
    sealed_at = serializers.DateTimeField(allow_null=True, help_text="By the time-stamp.")
    report = serializers.CharField(allow_null=True, help_text="Reference of the report of ours that this file is.")
